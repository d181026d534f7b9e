//! What one step of training computes: the loss, and the output that metrics look at.

use std::any::type_name;

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{Batch, TableInput};
use plywood_layers::{Loss, Module};
use plywood_tensor::{Error, Result, Tensor};

/// The result of the forward half of a step.
///
/// ```
/// use plywood_autodiff::Var;
/// use plywood_tensor::Tensor;
/// use plywood_training::StepOutput;
///
/// let (loss, output) = (Var::constant(Tensor::scalar(0.5)), Var::constant(Tensor::ones([3, 2])));
/// let step = StepOutput::from((loss.clone(), output)); // what a closure of `Trainer::step` may return
/// assert!(step.output.is_some());
/// let step = StepOutput::from(loss); // this, too: then there is nothing for metrics to look at
/// assert!(step.output.is_none());
/// ```
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

/// Turns a batch of type `B` into a loss of a model of type `M`. [`Trainer::loss`](crate::Trainer::loss) and
/// [`Trainer::step`](crate::Trainer::step) make one, [`Trainer::objective`](crate::Trainer::objective) takes one's
/// own; what takes any trainer has it as a bound.
///
/// ```
/// use plywood_datasets::{RowBatch, Rows};
/// use plywood_layers::{Init, Linear, mse_loss};
/// use plywood_optimizers::SGD;
/// use plywood_tensor::{Result, Rng, Seed, Tensor};
/// use plywood_training::{Objective, Trainer};
///
/// /// The loss that a trainer brings a linear layer to, from zeros.
/// fn reached<S>(trainer: Trainer<S>, data: &Rows<Tensor>) -> Result<f64>
/// where
///     S: Objective<Linear, RowBatch<Tensor>>,
/// {
///     let zero = Linear::config(1, 1).weight_init(Init::Zeros).bias(false);
///     let mut model = zero.init(&mut Rng::new(Seed(7)))?;
///     let run = trainer.fit(&mut model, data, None)?;
///     Ok(run.evaluate(&model, data)?.scores.loss)
/// }
///
/// let data = Rows::new(Tensor::from([[1.0]]), Tensor::from([[2.0]]))?;
/// let trainer = |rate| Trainer::new(SGD::new(rate)).loss(mse_loss).epochs(1).quiet(true);
/// assert_eq!(reached(trainer(0.25), &data)?, 1.0);
/// assert_eq!(reached(trainer(0.5), &data)?, 0.0);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
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

/// A batch's input that a model can be given: a tensor, the numbers and categories of a table's rows. A program's own
/// input that is one makes `.loss(…)` work for its data sets.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::ModelInput;
///
/// let given = Tensor::from([1.0, 2.0]).given(); // a constant `Var`
/// assert_eq!(given.value()?, &Tensor::from([1.0, 2.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait ModelInput {
    /// What the model's [`forward`](Module::forward) takes.
    type Given;

    /// The input as the model takes it; it should copy no numbers.
    fn given(&self) -> Self::Given;
}

impl ModelInput for Tensor {
    type Given = Var;

    fn given(&self) -> Var {
        Var::constant(self.clone())
    }
}

impl ModelInput for TableInput {
    type Given = Self;

    fn given(&self) -> Self {
        self.clone()
    }
}

/// The model's output for the batch's input, compared with its target by a loss function: what
/// [`Trainer::loss`](crate::Trainer::loss) and [`Evaluator::loss`](crate::Evaluator::loss) make. It is named where a
/// trainer or an evaluator is kept.
///
/// ```
/// use plywood_datasets::Rows;
/// use plywood_layers::{CrossEntropy, Init, Linear};
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::{Evaluator, Supervised};
///
/// struct Experiment {
///     evaluator: Evaluator<Supervised<CrossEntropy>>,
/// }
///
/// let experiment = Experiment { evaluator: Evaluator::new().loss(CrossEntropy::new()) };
/// let data = Rows::new(Tensor::from([[1.0]]), Tensor::from([1_u32]))?;
/// let zero = Linear::config(1, 2).weight_init(Init::Zeros).bias(false);
/// let model = zero.init(&mut Rng::new(Seed(7)))?; // equal scores for both classes
/// let loss = experiment.evaluator.evaluate(&model, &data)?.scores.loss;
/// assert!((loss - 2.0_f64.ln()).abs() < 1e-6);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Supervised<L>(pub(crate) L);

impl<M, B, L> Objective<M, B> for Supervised<L>
where
    B: Batch,
    B::Input: ModelInput,
    M: Module<<B::Input as ModelInput>::Given>,
    L: Loss<B::Target>,
{
    fn forward(&self, model: &M, batch: &B, pass: &mut Pass) -> Result<StepOutput> {
        let output = model.forward(&batch.input().given(), pass)?;
        let loss = self.0.loss(&output, batch.target())?;
        Ok(StepOutput { loss, output: Some(output) })
    }

    fn settings(&self) -> String {
        self.0.settings()
    }
}

/// A closure that does it all: what [`Trainer::step`](crate::Trainer::step) and
/// [`Evaluator::step`](crate::Evaluator::step) make.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_datasets::{RowBatch, Rows};
/// use plywood_layers::{Init, Linear, Module};
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::{Evaluator, MeanAbsoluteError};
///
/// let data = Rows::new(Tensor::from([[1.0]]), Tensor::from([[5.0]]))?;
/// let twice = Linear::config(1, 1).weight_init(Init::Constant(2.0)).bias(false);
/// let model = twice.init(&mut Rng::new(Seed(7)))?;
///
/// let step = |model: &Linear, batch: &RowBatch<Tensor>, pass: &mut Pass| {
///     let output = model.forward(&Var::constant(batch.input.clone()), pass)?;
///     let loss = output.sub(&Var::constant(batch.target.clone()))?.square().mean();
///     Ok((loss, output))
/// };
/// let evaluator = Evaluator::new().step(step).metric(MeanAbsoluteError::new());
/// let result = evaluator.evaluate(&model, &data)?;
/// assert_eq!(result.scores.loss, 9.0); // (2 − 5)²
/// assert_eq!(result.metric("mean absolute error"), Some(3.0));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
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
