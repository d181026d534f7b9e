//! An average of the weights, and when it takes in the model.

use plywood_autodiff::Params;
use plywood_optimizers::Average;
use plywood_tensor::{Error, Result};

/// The average of a run.
pub(crate) struct Averaging {
    pub(crate) average: Average,
    /// The first epoch, from 1, at the end of which it takes in the model; at each step where there is none.
    first_epoch: Option<usize>,
}

impl Averaging {
    pub(crate) fn by_steps(average: Average) -> Self {
        Self { average, first_epoch: None }
    }

    pub(crate) fn by_epochs(first_epoch: usize, average: Average) -> Self {
        Self { average, first_epoch: Some(first_epoch) }
    }

    /// Refuses an average that would never begin.
    pub(crate) fn check(&self, epochs: usize) -> Result<()> {
        match self.first_epoch {
            Some(first) if !(1..=epochs).contains(&first) => Err(Error::value(format!(
                "the average should begin with epoch {first}, the epochs are 1 to {epochs}"
            ))
            .operation("trainer")),
            _ => Ok(()),
        }
    }

    /// What a checkpoint compares.
    pub(crate) fn settings(&self) -> String {
        match self.first_epoch {
            None => format!("{:?}", self.average),
            Some(first) => format!("{:?}, of epochs from {first} on", self.average),
        }
    }

    /// Takes in the model after a step of an epoch, counted from 1, if it is time.
    pub(crate) fn take_in(
        &mut self,
        model: &dyn Params,
        epoch: usize,
        is_last_step: bool,
    ) -> Result<()> {
        match self.first_epoch {
            Some(first) if epoch < first || !is_last_step => Ok(()),
            _ => self.average.update(model),
        }
    }

    /// Gives the model the average, or its own weights back. As long as there is no average it has its own.
    pub(crate) fn swap(&mut self, model: &mut dyn Params) -> Result<()> {
        if self.average.models() == 0 { Ok(()) } else { self.average.swap(model) }
    }
}
