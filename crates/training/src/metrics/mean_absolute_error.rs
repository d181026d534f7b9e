//! How far predictions are off.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::Metric;
use super::kept_in::kept_in;
use super::mean::Mean;
use super::targets::{pairs, values};

/// The mean of |prediction − target|, in the target's unit. NaN among them makes it NaN.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{MeanAbsoluteError, Metric};
///
/// let mut error = MeanAbsoluteError::new();
/// error.update(&Tensor::from([1.0, 3.0]), &Tensor::from([1.5_f32, 1.5]))?;
/// assert_eq!(error.value(), 1.0); // 0.5 and 1.5
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MeanAbsoluteError {
    mean: Mean,
}

impl MeanAbsoluteError {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for MeanAbsoluteError {
    fn name(&self) -> String {
        "mean absolute error".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let values = values(&self.name(), output, target)?;
        pairs(output, values).for_each(|(prediction, value)| {
            self.mean.add((prediction - value).abs());
        });
        Ok(())
    }

    fn value(&self) -> f64 {
        self.mean.value()
    }

    fn larger_is_better(&self) -> bool {
        false
    }

    kept_in!(mean);
}
