//! What a network that translates learns: the next token of each translation.

use plywood_autodiff::Pass;
use plywood_datasets::PairBatch;
use plywood_layers::{CrossEntropy, Loss, Module};
use plywood_tensor::Result;
use plywood_training::{Objective, StepOutput};

use super::TranslationTransformer;

/// The cross-entropy of each token that a translation goes on with. Where translations are filled up nothing is computed,
/// so there is nothing to ignore: metrics get the scores `[K, words]` of the `K` tokens that are to be written.
///
/// ```
/// use plywood_datasets::{BytePairEncoding, EncodedPairs, TextPairs};
/// use plywood_layers::CrossEntropy;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_training::Evaluator;
/// use plywood_zoo::{TranslationLoss, translation_transformer};
///
/// let pairs = TextPairs::read(&b"one\ntwo\n"[..], &b"un\ndeux\n"[..])?;
/// let encoding = BytePairEncoding::learn(pairs.targets(), 259)?;
/// let data = EncodedPairs::new(&pairs, &encoding)?;
/// let config = translation_transformer(259, 259).dim(16).heads(2).layers(1).feedforward(32);
/// let model = config.tied(true).init(&mut Rng::new(Seed(7)))?;
/// let evaluator = Evaluator::new().objective(TranslationLoss::new(CrossEntropy::new()));
/// let loss = evaluator.evaluate(&model, &data)?.scores.loss;
/// assert!((loss - 259.0_f64.ln()).abs() < 2.0); // it has learnt nothing
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TranslationLoss {
    loss: CrossEntropy,
}

impl TranslationLoss {
    /// With the loss of each token.
    pub fn new(loss: CrossEntropy) -> Self {
        Self { loss }
    }
}

impl Objective<TranslationTransformer, PairBatch> for TranslationLoss {
    fn forward(
        &self,
        model: &TranslationTransformer,
        batch: &PairBatch,
        pass: &mut Pass,
    ) -> Result<StepOutput> {
        let states = model.states(&batch.input, pass)?; // [B, L, D]
        let &[samples, length, dim] = &states.shape()[..] else {
            unreachable!("states have three axes")
        };
        let states = states.reshape([samples * length, dim])?;
        let written = match batch.places.numel() == samples * length {
            true => states,
            false => states.index_select(0, &batch.places)?, // [K, D]
        };
        let scores = model.generator.forward(&written, pass)?; // [K, words]
        let loss = self.loss.loss(&scores, &batch.labels)?;
        Ok(StepOutput { loss, output: Some(scores) })
    }

    fn settings(&self) -> String {
        format!("translation by {}", Loss::settings(&self.loss))
    }
}
