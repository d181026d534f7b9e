//! The mean cross-entropy as a metric.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::Metric;
use super::kept_in::kept_in;
use super::mean::Mean;
use super::softmax::for_each_sample;

/// The mean of −ln p over the samples, p the probability of the true class: the plain cross-entropy, whatever the loss
/// is (label smoothing and class weights change that). Scores are those before the softmax, so that no
/// probability has to be kept from 0.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{LogLoss, Metric};
///
/// let mut loss = LogLoss::new();
/// loss.update(&Tensor::from([[0.0, 0.0]]), &Tensor::from([1_u32]))?; // p = ½
/// assert_eq!(loss.value(), 2.0_f64.ln());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LogLoss {
    mean: Mean,
}

impl LogLoss {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for LogLoss {
    fn name(&self) -> String {
        "log loss".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let name = self.name();
        for_each_sample(&name, output, target, |softmax, label| {
            self.mean.add(-softmax.log_probability(label));
        })
    }

    fn value(&self) -> f64 {
        self.mean.value()
    }

    fn larger_is_better(&self) -> bool {
        false
    }

    kept_in!(mean);
}
