//! How far predictions are off, large mistakes above all.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::Metric;
use super::kept_in::kept_in;
use super::mean::Mean;
use super::targets::{pairs, values};

/// The root of the mean of (prediction − target)², in the target's unit. It is taken once, over all samples
/// and outputs. NaN among them makes it NaN.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Metric, RootMeanSquaredError};
///
/// let mut error = RootMeanSquaredError::new();
/// error.update(&Tensor::from([1.0, 3.0]), &Tensor::from([8.0_f32, 4.0]))?;
/// assert_eq!(error.value(), 5.0); // √((49 + 1) / 2)
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RootMeanSquaredError {
    mean: Mean,
}

impl RootMeanSquaredError {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for RootMeanSquaredError {
    fn name(&self) -> String {
        "root mean squared error".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let values = values(&self.name(), output, target)?;
        pairs(output, values).for_each(|(prediction, value)| {
            self.mean.add((prediction - value).powi(2));
        });
        Ok(())
    }

    fn value(&self) -> f64 {
        self.mean.value().sqrt()
    }

    fn larger_is_better(&self) -> bool {
        false
    }

    kept_in!(mean);
}
