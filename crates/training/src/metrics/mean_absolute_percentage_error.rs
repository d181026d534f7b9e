//! How far predictions are off, as a part of what is true.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::Metric;
use super::kept_in::kept_in;
use super::mean::Mean;
use super::targets::{pairs, values};

/// The mean of |prediction − target| / |target|: 0.1 is 10 %, and shown so. A target of 0 counts as 2.2·10⁻¹⁶, as in
/// scikit-learn: one of them that isn't met makes the mean huge. NaN among the numbers makes it NaN.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{MeanAbsolutePercentageError, Metric};
///
/// let mut error = MeanAbsolutePercentageError::new();
/// error.update(&Tensor::from([75.0, 300.0]), &Tensor::from([100.0_f32, 200.0]))?;
/// assert_eq!(error.value(), 0.375); // 25 % and 50 %
/// assert_eq!(error.display(error.value()), "37.50 %");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MeanAbsolutePercentageError {
    mean: Mean,
}

impl MeanAbsolutePercentageError {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for MeanAbsolutePercentageError {
    fn name(&self) -> String {
        "mean absolute percentage error".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let values = values(&self.name(), output, target)?;
        pairs(output, values).for_each(|(prediction, value)| {
            self.mean.add((prediction - value).abs() / value.abs().max(f64::EPSILON));
        });
        Ok(())
    }

    fn value(&self) -> f64 {
        self.mean.value()
    }

    fn larger_is_better(&self) -> bool {
        false
    }

    fn display(&self, value: f64) -> String {
        format!("{:.2} %", value * 100.0)
    }

    kept_in!(mean);
}
