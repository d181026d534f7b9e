//! What a GPT learns: the letter that comes next.

use plywood_autodiff::Pass;
use plywood_datasets::TextBatch;
use plywood_layers::{Module, cross_entropy};
use plywood_tensor::{Error, Result};
use plywood_training::{Objective, StepOutput};

use super::Gpt;

/// The mean over the letters that windows ask for of −ln(probability of the letter): divided by ln 2 it is the bits
/// that a letter takes.
///
/// ```
/// use plywood_datasets::{Characters, TextWindows};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_training::Evaluator;
/// use plywood_zoo::{NextLetter, gpt};
///
/// let characters = Characters::of("banana")?;
/// let windows = TextWindows::new(characters.encode("banana")?, 4)?;
/// let model = gpt(3, 4).dim(16).heads(2).layers(1).init(&mut Rng::new(Seed(7)))?;
/// let nats = Evaluator::new().objective(NextLetter).evaluate(&model, &windows)?.scores.loss;
/// let bits = nats / 2_f64.ln();
/// assert!((bits - 3_f64.log2()).abs() < 0.1); // it has learnt nothing of three letters yet
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NextLetter;

impl Objective<Gpt, TextBatch> for NextLetter {
    fn forward(&self, model: &Gpt, batch: &TextBatch, pass: &mut Pass) -> Result<StepOutput> {
        let scores = model.forward(&batch.input, pass)?; // [B, L, letters]
        let [b, l, letters] = [0, 1, 2].map(|axis| scores.shape()[axis]);
        let asked = batch.target.numel().checked_div(b).unwrap_or(0);
        let whole = asked > 0 && asked * b == batch.target.numel();
        let context = l.checked_sub(asked).filter(|_| whole);
        let context = context.ok_or_else(|| {
            Error::shape(format!(
                "{} letters to learn don't fit {b} windows of {l}",
                batch.target.numel()
            ))
            .operation("next letter")
        })?;
        let scores = scores.narrow(1, context, asked)?.reshape([b * asked, letters])?;
        Ok(cross_entropy(&scores, &batch.target)?.into())
    }
}
