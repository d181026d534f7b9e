//! The part of the samples of a class that were found.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::Metric;
use super::averaging::Averaging;
use super::by_class::by_class;
use super::class_counts::{ClassCounts, Count};

/// The part of a class's samples that were found: of class 1 of two classes, or averaged over
/// several ([`Averaging`]). It is NaN without samples, and 0, as in scikit-learn, where the class has no
/// samples.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Metric, Recall};
///
/// let mut metric = Recall::new();
/// let scores = Tensor::from([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]]); // 1, 0, 1 and 1
/// metric.update(&scores, &Tensor::from([1_u32, 1, 0, 1]))?;
/// assert_eq!(metric.value(), 2.0 / 3.0);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recall {
    averaging: Averaging,
    counts: ClassCounts,
}

by_class!(Recall, "recall", recall);
