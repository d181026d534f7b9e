//! What each epoch came to.

use serde::{Deserialize, Serialize};

/// The loss and metrics over one set of samples.
///
/// ```
/// use plywood_training::Scores;
///
/// let scores = Scores { loss: 0.25, metrics: vec![("accuracy".to_owned(), 0.9)] };
/// assert_eq!(scores.metric("accuracy"), Some(0.9));
/// assert_eq!(scores.metric("R²"), None);
/// ```
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
///
/// ```
/// use plywood_datasets::Rows;
/// use plywood_layers::{Init, Linear, mse_loss};
/// use plywood_optimizers::SGD;
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::Trainer;
///
/// let data = Rows::new(Tensor::from([[1.0]]), Tensor::from([[2.0]]))?;
/// let zero = Linear::config(1, 1).weight_init(Init::Zeros).bias(false);
/// let mut model = zero.init(&mut Rng::new(Seed(7)))?;
///
/// let trainer = Trainer::new(SGD::new(0.5)).loss(mse_loss).epochs(1);
/// # let trainer = trainer.quiet(true);
/// let run = trainer.fit(&mut model, &data, None)?;
/// let record = &run.history()[0];
/// assert_eq!((record.epoch, record.learning_rate), (1, 0.5));
/// assert_eq!(record.train.loss, 4.0); // (0 − 2)², before the step
/// assert_eq!(record.grad_norm, 4.0); // |2 · (0 − 2) · 1|
/// assert_eq!(record.scores(), &record.train); // there are no validation data
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
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
