//! The expected calibration error as a metric.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::calibration::Calibration;
use super::softmax::for_each_sample;
use super::{Metric, or_dash};
use crate::Settings;

/// How far the probability of a classifier's answer is from how often it is right: the expected calibration
/// error, in 15 bins of equal width by default (Guo et al. 2017, *On Calibration of Modern Neural
/// Networks*). 0 is perfect. [`Calibration`](crate::Calibration) is the same with its bins.
///
/// Scores are those before the softmax, as a cross-entropy takes them. It is NaN without samples,
/// which is shown as `–`.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{CalibrationError, Metric};
///
/// let mut error = CalibrationError::new().bins(10);
/// // It is sure of each answer, and half of them are wrong.
/// error.update(&Tensor::from([[90.0, 0.0], [90.0, 0.0]]), &Tensor::from([0_u32, 1]))?;
/// assert_eq!(error.value(), 0.5);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CalibrationError {
    settings: CalibrationSettings,
    /// Made by the first batch, when the settings have been checked.
    calibration: Option<Calibration>,
}

#[derive(Clone, Debug, Settings)]
#[settings(held_by(CalibrationError, settings))]
struct CalibrationSettings {
    /// The number of ranges of equal width that confidences are sorted into.
    #[setting(default = 15, range = 1.0..=10_000.0, called = "number of bins")]
    bins: usize,
}

impl CalibrationError {
    /// In 15 bins.
    pub fn new() -> Self {
        Self { settings: CalibrationSettings::default(), calibration: None }
    }
}

impl Default for CalibrationError {
    fn default() -> Self {
        Self::new()
    }
}

impl Metric for CalibrationError {
    fn name(&self) -> String {
        "calibration error".to_owned()
    }

    fn settings(&self) -> String {
        format!("calibration error in {} bins", self.settings.bins)
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let name = self.name();
        self.settings.check().map_err(|error| error.operation(&name))?;
        let empty = || Calibration::empty(self.settings.bins);
        let calibration = self.calibration.get_or_insert_with(empty);
        for_each_sample(&name, output, target, |softmax, label| {
            let answer = softmax.answer();
            calibration.add(softmax.probability(answer), answer == label);
        })
    }

    fn value(&self) -> f64 {
        self.calibration.as_ref().map_or(f64::NAN, Calibration::error)
    }

    fn reset(&mut self) {
        self.calibration = None;
    }

    fn larger_is_better(&self) -> bool {
        false
    }

    fn display(&self, value: f64) -> String {
        or_dash(value)
    }

    fn sums(&self) -> Vec<f64> {
        self.calibration.as_ref().map_or_else(Vec::new, Calibration::sums)
    }

    fn restore(&mut self, sums: &[f64]) {
        self.calibration = Calibration::from_sums(self.settings.bins, sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_that_make_no_sense() {
        let mut error = CalibrationError::new().bins(0);
        assert_eq!(
            error.update(&Tensor::zeros([1, 2]), &Tensor::from([1_u32])).unwrap_err().to_string(),
            "calibration error: the number of bins is 0; it should be between 1 and 10000",
        );
        assert_eq!(CalibrationError::new().settings(), "calibration error in 15 bins");
    }
}
