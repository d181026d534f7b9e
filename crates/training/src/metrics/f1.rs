//! Precision and recall in one number.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::Metric;
use super::averaging::Averaging;
use super::by_class::by_class;
use super::class_counts::{ClassCounts, Count};

/// The harmonic mean of [`Precision`](crate::Precision) and [`Recall`](crate::Recall): of class 1 of two
/// classes, or averaged over several ([`Averaging`]). It is NaN without samples, and 0, as in scikit-learn, where
/// nothing was found.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Metric, F1};
///
/// let mut metric = F1::new();
/// let scores = Tensor::from([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]]); // 1, 0, 1 and 1
/// metric.update(&scores, &Tensor::from([1_u32, 1, 0, 1]))?;
/// assert_eq!(metric.value(), 2.0 * 2.0 / (3.0 + 3.0));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct F1 {
    averaging: Averaging,
    counts: ClassCounts,
}

by_class!(F1, "F1", f1);
