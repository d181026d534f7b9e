//! The part of the answers of a class that were right.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::Metric;
use super::averaging::Averaging;
use super::by_class::by_class;
use super::class_counts::{ClassCounts, Count};

/// The part of the samples taken for a class that are of it: of class 1 of two classes, or averaged over
/// several ([`Averaging`]). It is NaN without samples, and 0, as in scikit-learn, where the class was never
/// answered.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Metric, Precision};
///
/// let mut metric = Precision::new();
/// let scores = Tensor::from([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]]); // 1, 0, 1 and 1
/// metric.update(&scores, &Tensor::from([1_u32, 1, 0, 1]))?;
/// assert_eq!(metric.value(), 2.0 / 3.0);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Precision {
    averaging: Averaging,
    counts: ClassCounts,
}

by_class!(Precision, "precision", precision);
