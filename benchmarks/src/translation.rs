//! Training steps of a Transformer that translates.

use plywood_autodiff::{Grads, Pass};
use plywood_layers::{Module, cross_entropy, load_state_dict, state_dict};
use plywood_tensor::{Result, Rng, Seed, Tensor};
use plywood_zoo::{
    SentencePairs, TranslationTransformer, TranslationTransformerConfig, translation_transformer,
};

use crate::network::{optimizer_of, weights};
use crate::operation::draw_indices;
use crate::work::{Optimizer, TransformerSizes, Workload};

/// A Transformer in training, always on the same sentences.
pub(crate) struct Training {
    sizes: TransformerSizes,
    model: TranslationTransformer,
    optimizer: Box<dyn plywood_optimizers::Optimizer>,
    pairs: SentencePairs,
    /// The words that follow those of the target, `[B, L]`.
    next: Tensor<u32>,
    rng: Rng,
}

fn config(sizes: &TransformerSizes) -> TranslationTransformerConfig {
    let &TransformerSizes { dim, heads, layers, feedforward, words, .. } = sizes;
    translation_transformer(words, words)
        .dim(dim)
        .heads(heads)
        .layers(layers)
        .feedforward(feedforward)
}

fn sentences(sizes: &TransformerSizes, rng: &mut Rng) -> Result<Tensor<u32>> {
    let &TransformerSizes { batch, length, words, .. } = sizes;
    draw_indices(rng, batch * length, words).reshape([batch, length])
}

/// The multiply-adds of a training step: each of the two gradients of an operation takes as much as
/// its way forward.
pub(crate) fn training_multiply_adds(sizes: &TransformerSizes) -> Result<u64> {
    let model = config(sizes).init(&mut Rng::new(Seed(7)))?;
    let words = Tensor::full([sizes.batch, sizes.length], 0);
    let pairs = SentencePairs { source: words.clone(), target: words, source_padding: None };
    let mut pass = Pass::dry_run(&model);
    model.forward(&pairs, &mut pass)?;
    Ok(3 * pass.trace().into_iter().map(|row| row.multiply_adds).sum::<u64>())
}

impl Training {
    pub(crate) fn new(sizes: TransformerSizes, optimizer: Optimizer, rate: f64) -> Result<Self> {
        let mut rng = Rng::new(Seed(8));
        let mut sentences = || sentences(&sizes, &mut rng);
        let (source, target, next) = (sentences()?, sentences()?, sentences()?);
        Ok(Self {
            sizes,
            model: config(&sizes).init(&mut Rng::new(Seed(7)))?,
            optimizer: optimizer_of(optimizer, rate),
            pairs: SentencePairs { source, target, source_padding: None },
            next,
            rng,
        })
    }

    /// The loss of a batch, and every gradient of it.
    fn gradients(
        model: &TranslationTransformer,
        pairs: &SentencePairs,
        next: &Tensor<u32>,
        rng: &mut Rng,
    ) -> Result<(Tensor, Grads)> {
        let mut pass = Pass::train(model, rng);
        let scores = model.forward(pairs, &mut pass)?;
        let words = scores.shape()[2];
        let scores = scores.reshape([next.numel(), words])?;
        let loss = cross_entropy(&scores, &next.reshape([next.numel()])?)?;
        let value = loss.value()?.clone();
        Ok((value, pass.backward(&loss)?))
    }
}

impl Workload for Training {
    fn tensors(&self) -> Vec<(String, Tensor)> {
        let mut tensors = weights(&self.model);
        let SentencePairs { source, target, .. } = &self.pairs;
        for (name, words) in [("source", source), ("target", target), ("next", &self.next)] {
            tensors.push((name.to_owned(), words.map(|word| word as f32)));
        }
        tensors
    }

    fn run(&mut self) -> Result<()> {
        let (_, grads) = Self::gradients(&self.model, &self.pairs, &self.next, &mut self.rng)?;
        self.optimizer.step(&mut self.model, &grads)
    }

    fn check(&mut self) -> Result<Vec<(String, Tensor)>> {
        let config = config(&self.sizes).dropout(0.0);
        let mut model = config.init(&mut Rng::new(Seed(7)))?;
        load_state_dict(&mut model, &state_dict(&self.model))?;
        let (loss, grads) = Self::gradients(&model, &self.pairs, &self.next, &mut self.rng)?;
        let mut checked = vec![("loss".to_owned(), loss)];
        checked.extend(grads.iter().map(|(name, gradient)| (name.to_owned(), gradient.clone())));
        Ok(checked)
    }
}
