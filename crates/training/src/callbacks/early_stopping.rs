//! Ending a run that gets no better.

use plywood_tensor::Result;

use crate::Settings;
use crate::callback::{Callback, Flow};
use crate::trainer_state::TrainerState;

/// Ends a run when some epochs in a row are no better than the best before, by what the trainer
/// [monitors](crate::Trainer::monitor): [`Trainer::early_stopping`](crate::Trainer::early_stopping).
///
/// It needs no state: how the epochs were is in the history.
///
/// ```
/// use plywood_datasets::Rows;
/// use plywood_layers::{Init, Linear, mse_loss};
/// use plywood_optimizers::SGD;
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::{EarlyStopping, Trainer};
///
/// let data = Rows::new(Tensor::from([[1.0]]), Tensor::from([[2.0]]))?;
/// let zero = Linear::config(1, 1).weight_init(Init::Zeros).bias(false);
/// let mut model = zero.init(&mut Rng::new(Seed(7)))?;
///
/// let run = Trainer::new(SGD::new(0.5)) // it has learnt all after one step
///     .loss(mse_loss)
///     .callback(EarlyStopping::new(3))
/// #   .quiet(true)
///     .fit(&mut model, &data, None)?;
/// assert_eq!(run.stopped(), Some("EarlyStopping: 3 epochs no better than epoch 2"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct EarlyStopping {
    /// Stops when so many epochs in a row are no better.
    #[setting(range = 1.0..)]
    patience: usize,
}

impl Callback for EarlyStopping {
    fn on_train_begin(&mut self, _: &mut TrainerState<'_>) -> Result<()> {
        self.check()
    }

    fn on_epoch_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        let (worse, best) = (run.epoch() - run.best_epoch(), run.best_epoch());
        Ok(match worse >= self.patience {
            true if best == 0 => Flow::stop(format!("{worse} epochs, and each of them of NaN")),
            true => Flow::stop(format!("{worse} epochs no better than epoch {best}")),
            false => Flow::Continue,
        })
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}
