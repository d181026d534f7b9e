//! What one step of training computes: the loss, and the output that metrics look at.

use std::any::type_name;

use plywood_autodiff::{Pass, Var};
use plywood_datasets::Batch;
use plywood_layers::{Loss, Module};
use plywood_tensor::{Error, Result, Tensor};

/// The result of the forward half of a step.
#[derive(Clone, Debug)]
pub struct StepOutput {
    /// What training makes small: a single number.
    pub loss: Var,
    /// What metrics compare with the batch's target.
    pub output: Option<Var>,
}

impl StepOutput {
    /// The loss as a number.
    pub(crate) fn loss(&self) -> Result<f64> {
        if self.loss.shape().numel() != 1 {
            return Err(Error::shape(format!(
                "the loss {} is not a single number",
                self.loss.shape()
            ))
            .hint("`mean` or `sum` makes it one"));
        }
        self.loss.item().map(f64::from)
    }
}

/// A loss alone: metrics have nothing to look at.
impl From<Var> for StepOutput {
    fn from(loss: Var) -> Self {
        Self { loss, output: None }
    }
}

/// A loss and an output.
impl From<(Var, Var)> for StepOutput {
    fn from((loss, output): (Var, Var)) -> Self {
        Self { loss, output: Some(output) }
    }
}

/// Turns a batch into a loss. [`Trainer::loss`](crate::Trainer::loss) and
/// [`Trainer::step`](crate::Trainer::step) make one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` makes no loss of a model `{M}` and batches `{B}`",
    note = "`.loss(…)` or `.step(…)` says what is learnt; a loss compares what the data have, classes or numbers"
)]
pub trait Objective<M, B>: Send + Sync {
    /// Runs the model on a batch.
    ///
    /// # Errors
    /// When something doesn't fit.
    fn forward(&self, model: &M, batch: &B, pass: &mut Pass) -> Result<StepOutput>;

    /// The settings in one line: what a checkpoint compares. The type's name by default, which says where
    /// a closure was written.
    fn settings(&self) -> String {
        type_name::<Self>().to_owned()
    }
}

/// The model's output for the batch's input, compared with its target by a loss function.
#[derive(Clone, Debug)]
pub struct Supervised<L>(pub(crate) L);

impl<M, B, L> Objective<M, B> for Supervised<L>
where
    M: Module,
    B: Batch<Input = Tensor>,
    L: Loss<B::Target>,
{
    fn forward(&self, model: &M, batch: &B, pass: &mut Pass) -> Result<StepOutput> {
        let output = model.forward(&Var::constant(batch.input().clone()), pass)?;
        let loss = self.0.loss(&output, batch.target())?;
        Ok(StepOutput { loss, output: Some(output) })
    }

    fn settings(&self) -> String {
        self.0.settings()
    }
}

/// A closure that does it all.
#[derive(Clone, Debug)]
pub struct Step<F>(pub(crate) F);

impl<M, B, F, S> Objective<M, B> for Step<F>
where
    F: Fn(&M, &B, &mut Pass) -> Result<S> + Send + Sync,
    S: Into<StepOutput>,
{
    fn forward(&self, model: &M, batch: &B, pass: &mut Pass) -> Result<StepOutput> {
        (self.0)(model, batch, pass).map(Into::into)
    }

    fn settings(&self) -> String {
        type_name::<F>().to_owned()
    }
}
