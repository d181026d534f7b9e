//! Ending a run that gets no better.

use plywood_tensor::Result;

use crate::Settings;
use crate::callback::{Callback, Flow};
use crate::trainer_state::TrainerState;

/// Ends a run when some epochs in a row are no better than the best before, by what the trainer
/// [monitors](crate::Trainer::monitor): [`Trainer::early_stopping`](crate::Trainer::early_stopping).
///
/// It needs no state: how the epochs were is in the history.
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
            true => Flow::stop(format!("{worse} epochs no better than epoch {best}")),
            false => Flow::Continue,
        })
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}
