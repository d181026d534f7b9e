//! What each epoch came to.

use serde::{Deserialize, Serialize};

/// The loss and metrics over one set of samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// The mean loss of a sample.
    pub loss: f64,
    /// The metrics in the order in which the trainer has them: name and value.
    pub metrics: Vec<(String, f64)>,
}

impl Scores {
    /// The value of a metric.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }
}

/// What one epoch came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Its number, from 1.
    pub epoch: usize,
    /// The learning rate of its last step.
    pub learning_rate: f64,
    /// Over the training samples, while the model was changing.
    pub train: Scores,
    /// Over the validation samples, after the epoch; none without validation data.
    pub valid: Option<Scores>,
    /// The mean norm of the gradients, before clipping.
    pub grad_norm: f64,
    /// Steps whose gradients were clipped.
    pub clipped: u64,
}

impl EpochRecord {
    /// The scores that a run goes by: those of validation, or of training where there are no validation
    /// data.
    pub fn scores(&self) -> &Scores {
        self.valid.as_ref().unwrap_or(&self.train)
    }
}
