//! Accuracy in which each class counts the same.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::Metric;
use super::class_counts::ClassCounts;
use super::kept_in::kept_in;

/// The mean of the classes' recalls, so that a rare class counts as much as a frequent one. Classes
/// without samples are left out.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{BalancedAccuracy, Metric};
///
/// let mut accuracy = BalancedAccuracy::new();
/// let scores = Tensor::from([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]]); // always 0
/// accuracy.update(&scores, &Tensor::from([0_u32, 0, 0, 1]))?; // three of four are right
/// assert_eq!(accuracy.display(accuracy.value()), "50.00 %");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct BalancedAccuracy {
    counts: ClassCounts,
}

impl BalancedAccuracy {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for BalancedAccuracy {
    fn name(&self) -> String {
        "balanced accuracy".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        self.counts.update(&self.name(), None, output, target)
    }

    fn value(&self) -> f64 {
        self.counts.balanced_accuracy().unwrap_or(f64::NAN)
    }

    fn larger_is_better(&self) -> bool {
        true
    }

    fn display(&self, value: f64) -> String {
        format!("{:.2} %", value * 100.0)
    }

    kept_in!(counts);
}
