//! What a callback sees of a run under way.

use std::any::Any;

use plywood_autodiff::Params;
use plywood_optimizers::Optimizer;

use crate::history::EpochRecord;

/// A model of any type, which can be told by its own.
pub(crate) trait AnyModel: Params + Any {
    fn as_params(&self) -> &dyn Params;
    fn params(&mut self) -> &mut dyn Params;
    fn any(&mut self) -> &mut dyn Any;
}

impl<M: Params + Any> AnyModel for M {
    fn as_params(&self) -> &dyn Params {
        self
    }

    fn params(&mut self) -> &mut dyn Params {
        self
    }

    fn any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Where a run is, with the model and the optimizer as they are: what a
/// [`Callback`](crate::Callback) sees, and may change.
///
/// ```
/// use plywood_datasets::Rows;
/// use plywood_layers::{Init, Linear, mse_loss};
/// use plywood_optimizers::SGD;
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::{Flow, Trainer, TrainerState};
///
/// let data = Rows::new(Tensor::from([[1.0]]), Tensor::from([[2.0]]))?;
/// let zero = Linear::config(1, 1).weight_init(Init::Zeros).bias(false);
/// let mut model = zero.init(&mut Rng::new(Seed(7)))?;
///
/// let trainer = Trainer::new(SGD::new(0.5)).loss(mse_loss).epochs(1);
/// # let trainer = trainer.quiet(true);
/// let look = |run: &mut TrainerState<'_>| {
///     assert_eq!((run.epoch(), run.epochs(), run.batch(), run.batches()), (1, 1, 1, 1));
///     assert_eq!((run.step(), run.loss()), (1, 4.0)); // (0 − 2)², before the step
///     assert_eq!(run.model().parameter_count(), 1);
///     assert_eq!(run.model_as::<Linear>().unwrap().weight.value(), &Tensor::from([[2.0]]));
///     run.optimizer().set_learning_rate(0.1); // of the steps that follow
///     Ok(Flow::Continue)
/// };
/// trainer.callback(look).fit(&mut model, &data, None)?;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct TrainerState<'a> {
    pub(crate) model: &'a mut dyn AnyModel,
    pub(crate) optimizer: &'a mut dyn Optimizer,
    pub(crate) history: &'a [EpochRecord],
    pub(crate) best_epoch: usize,
    pub(crate) epoch: usize,
    pub(crate) epochs: usize,
    pub(crate) batch: usize,
    pub(crate) batches: usize,
    pub(crate) step: u64,
    pub(crate) loss: f64,
}

impl TrainerState<'_> {
    /// The model: its parameters and buffers, to look at, freeze or change. Where the trainer
    /// [averages](crate::Trainer::average), it is the model that learns, not the average.
    pub fn model(&mut self) -> &mut dyn Params {
        self.model.params()
    }

    /// The model as what it is, to run it; nothing if it is of another type.
    pub fn model_as<M: 'static>(&mut self) -> Option<&mut M> {
        self.model.any().downcast_mut()
    }

    /// The optimizer. A learning rate that is set here stays, unless a schedule owns it.
    pub fn optimizer(&mut self) -> &mut dyn Optimizer {
        self.optimizer
    }

    /// What the epochs that are over came to, the one that has just ended included.
    pub fn history(&self) -> &[EpochRecord] {
        self.history
    }

    /// The best epoch so far by what is monitored, counted from 1; 0 before there is one.
    pub fn best_epoch(&self) -> usize {
        self.best_epoch
    }

    /// The epoch under way, or the one that has just ended, counted from 1.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// The epochs of the whole run. A decision by this number is another one where a finished run is given
    /// more epochs.
    pub fn epochs(&self) -> usize {
        self.epochs
    }

    /// The batches of this epoch that are done.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The batches of an epoch.
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// The optimizer's steps so far, in all epochs.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The mean training loss of this epoch so far; NaN before its first batch.
    pub fn loss(&self) -> f64 {
        self.loss
    }
}
