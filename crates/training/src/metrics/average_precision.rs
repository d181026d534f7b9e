//! The area below the precision–recall curve as a metric.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::kept::Kept;
use super::kept_in::kept_in;
use super::one_against_rest::{keep, mean_over_classes};
use super::ranking::average_precision;
use super::{Metric, or_dash};

/// The area below the precision–recall curve, `Σ (recallₙ − recallₙ₋₁)·precisionₙ` over the thresholds, without
/// interpolation, of class 1 of two: scikit-learn's `average_precision_score`. Of more classes it is the mean over each
/// class against the rest, by the softmax of the scores.
///
/// It is undefined where a class has no samples: then it is NaN, which is shown as `–` (scikit-learn
/// takes 0 and warns). Chance is the class's part of the samples, 1 is perfect.
///
/// It keeps all samples until the end: 8 bytes a sample of two classes, 4·(C + 1) of C classes, and up to
/// 2²⁶ numbers in all. A checkpoint in the middle of an epoch has them, too, twice as large.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{AveragePrecision, Metric};
///
/// let mut precision = AveragePrecision::new();
/// let scores = Tensor::from([[0.0, 0.1], [0.0, 0.4], [0.0, 0.3], [0.0, 0.8]]);
/// precision.update(&scores, &Tensor::from([0_u32, 0, 1, 1]))?;
/// let expected = (1.0 + 2.0 / 3.0) / 2.0; // the first 1 is found at once, the second as third
/// assert_eq!(precision.value(), expected);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AveragePrecision {
    kept: Kept,
}

impl AveragePrecision {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for AveragePrecision {
    fn name(&self) -> String {
        "average precision".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let name = self.name();
        keep(&mut self.kept, &name, output, target)
    }

    fn value(&self) -> f64 {
        mean_over_classes(&self.kept, average_precision)
    }

    fn larger_is_better(&self) -> bool {
        true
    }

    fn display(&self, value: f64) -> String {
        or_dash(value)
    }

    kept_in!(kept);
}
