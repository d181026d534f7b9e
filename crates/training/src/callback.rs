//! What happens beside learning, while a run is under way.

use std::any::type_name;
use std::collections::BTreeMap;

use plywood_tensor::{Result, Tensor};

use crate::trainer_state::TrainerState;

/// Whether a run goes on.
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
/// let run = Trainer::new(SGD::new(0.5))
///     .loss(mse_loss)
///     .callback(|run: &mut TrainerState<'_>| {
///         Ok(if run.loss() == 0.0 { Flow::stop("nothing is left to learn") } else { Flow::Continue })
///     })
/// #   .quiet(true)
///     .fit(&mut model, &data, None)?;
/// assert_eq!(run.history().len(), 2);
/// assert!(run.stopped().unwrap().ends_with(": nothing is left to learn"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It goes on.
    Continue,
    /// It ends with this epoch, and says why. After a step, the epoch ends with that step.
    Stop(String),
}

impl Flow {
    /// Ends the run, and says why.
    pub fn stop(why: impl Into<String>) -> Self {
        Self::Stop(why.into())
    }
}

/// What a callback has to remember when a run is interrupted: bytes and tensors by name.
///
/// ```
/// use plywood_tensor::{Error, Result};
/// use plywood_training::{Callback, CallbackState, Flow, TrainerState};
///
/// /// Counts the steps of a run, over all its interruptions.
/// #[derive(Default)]
/// struct Steps {
///     count: u64,
/// }
///
/// impl Callback for Steps {
///     fn on_step_end(&mut self, _: &mut TrainerState<'_>) -> Result<Flow> {
///         self.count += 1;
///         Ok(Flow::Continue)
///     }
///
///     fn settings(&self) -> String {
///         self.name()
///     }
///
///     fn state(&self) -> CallbackState {
///         let count = ("count".to_owned(), self.count.to_le_bytes().to_vec());
///         CallbackState { bytes: [count].into(), ..CallbackState::default() }
///     }
///
///     fn load_state(&mut self, mut state: CallbackState) -> Result<()> {
///         let count = state.bytes.remove("count").and_then(|bytes| bytes.try_into().ok());
///         self.count = u64::from_le_bytes(count.ok_or_else(|| Error::data("there is no count"))?);
///         Ok(())
///     }
/// }
///
/// let mut resumed = Steps::default();
/// resumed.load_state(Steps { count: 300 }.state())?;
/// assert_eq!(resumed.count, 300);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallbackState {
    /// Numbers as `to_le_bytes` has them, texts, or what else there is.
    pub bytes: BTreeMap<String, Vec<u8>>,
    /// Tensors of any shape.
    pub tensors: BTreeMap<String, Tensor>,
}

/// Something that happens beside learning: it looks at a run, changes the model or the optimizer, or ends
/// it. [`EarlyStopping`](crate::EarlyStopping) and [`FreezeAfter`](crate::FreezeAfter) are callbacks.
///
/// Callbacks are called in the order in which the trainer got them. What one can't finish ends the run with
/// an error that names it; the [checkpoint](crate::Trainer::checkpoint_in) before stays, and the run can go
/// on from there.
///
/// A run that is interrupted and taken up again ends with the same bits if everything that the callback
/// depends on is in what it sees or in its [`state`](Self::state).
///
/// ```
/// use plywood_datasets::{Digits, Split};
/// use plywood_layers::{Flatten, Linear, Sequential, cross_entropy};
/// use plywood_optimizers::SGD;
/// use plywood_tensor::{Result, Rng, Seed};
/// use plywood_training::{Callback, Flow, Trainer, TrainerState};
///
/// /// Ends a run that is good enough.
/// #[derive(Debug)]
/// struct GoodEnough {
///     loss: f64,
/// }
///
/// impl Callback for GoodEnough {
///     fn on_epoch_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
///         let loss = run.history().last().map_or(f64::NAN, |record| record.scores().loss);
///         Ok(if loss < self.loss { Flow::stop("good enough") } else { Flow::Continue })
///     }
///
///     fn settings(&self) -> String {
///         format!("{self:?}")
///     }
/// }
///
/// let [train, valid] = Digits::embedded()?.split([0.9, 0.1], Seed(7))?;
/// let linear = Linear::new(64, 10, &mut Rng::new(Seed(7)))?;
/// let mut model = Sequential::new().add(Flatten).add(linear);
/// let run = Trainer::new(SGD::new(0.5))
///     .loss(cross_entropy)
///     .callback(GoodEnough { loss: 0.4 })
///     .epochs(50)
/// #   .quiet(true)
///     .fit(&mut model, &train, &valid)?;
/// assert!(run.history().len() < 50);
/// assert_eq!(run.stopped(), Some("GoodEnough: good enough"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// A closure is a callback that is called at the end of each epoch. Its argument needs its type:
///
/// ```
/// # use plywood_optimizers::SGD;
/// # use plywood_training::{Flow, Trainer, TrainerState};
/// let trainer = Trainer::new(SGD::new(0.1)).callback(|run: &mut TrainerState<'_>| {
///     println!("epoch {} of {}: {:.3}", run.epoch(), run.epochs(), run.loss());
///     Ok(Flow::Continue)
/// });
/// # let _ = trainer;
/// ```
pub trait Callback: Send {
    /// Called before the first step of each call of [`fit`](crate::Trainer::fit): of a new run, of one that
    /// goes on, and of one that is finished and only loaded. What is no parameter, buffer or learning rate,
    /// such as that a layer is frozen, is set here again.
    ///
    /// # Errors
    /// When settings make no sense for this model.
    fn on_train_begin(&mut self, run: &mut TrainerState<'_>) -> Result<()> {
        let _ = run;
        Ok(())
    }

    /// Called when the optimizer has taken a step.
    ///
    /// # Errors
    /// When the run can't go on.
    fn on_step_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        let _ = run;
        Ok(Flow::Continue)
    }

    /// Called when an epoch is over and what it came to is the last of the
    /// [history](TrainerState::history).
    ///
    /// # Errors
    /// When the run can't go on.
    fn on_epoch_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        let _ = run;
        Ok(Flow::Continue)
    }

    /// What errors and the end of a run call it: its type's name by default.
    fn name(&self) -> String {
        short(type_name::<Self>()).to_owned()
    }

    /// The settings in one line, such as the struct's `Debug` text: what a checkpoint compares. State
    /// doesn't belong in here.
    fn settings(&self) -> String;

    /// What a checkpoint keeps of it; nothing by default.
    fn state(&self) -> CallbackState {
        CallbackState::default()
    }

    /// Goes on from such a state.
    ///
    /// # Errors
    /// When it is none of this callback's.
    fn load_state(&mut self, state: CallbackState) -> Result<()> {
        let _ = state;
        Ok(())
    }
}

impl<F> Callback for F
where
    F: FnMut(&mut TrainerState<'_>) -> Result<Flow> + Send,
{
    fn on_epoch_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        self(run)
    }

    fn name(&self) -> String {
        format!("the closure {}", type_name::<F>())
    }

    fn settings(&self) -> String {
        self.name()
    }
}

/// A type's name without its path and its parameters.
fn short(path: &str) -> &str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}
