//! The area below the ROC curve as a metric.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::kept::Kept;
use super::kept_in::kept_in;
use super::one_against_rest::{keep, mean_over_classes};
use super::ranking::roc_area;
use super::{Metric, or_dash};

/// The area below the ROC curve: how probable it is that a sample of class 1 has a higher score for class 1 than one of
/// class 0. Of more than two classes, the mean over each class against the rest, by the softmax of the
/// scores: scikit-learn's `roc_auc_score(…, multi_class="ovr", average="macro")`. Equal scores count half.
///
/// It is undefined where a class has no samples, or all of them: then it is NaN, which is shown as `–`.
/// 0.5 is chance, 1 perfect. Scores are those before the softmax, as a cross-entropy takes them.
///
/// It keeps all samples until the end: 8 bytes a sample of two classes, 4·(C + 1) of C classes, and up to
/// 2²⁶ numbers in all. A checkpoint in the middle of an epoch has them, too, twice as large.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Metric, RocAuc};
///
/// let mut auc = RocAuc::new();
/// let scores = Tensor::from([[0.0, 0.1], [0.0, 0.4], [0.0, 0.3], [0.0, 0.8]]);
/// auc.update(&scores, &Tensor::from([0_u32, 0, 1, 1]))?;
/// assert_eq!(auc.value(), 0.75); // of four pairs of a 1 and a 0, the pair of 0.3 and 0.4 is wrong
/// auc.reset();
/// assert_eq!(auc.display(auc.value()), "–");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RocAuc {
    kept: Kept,
}

impl RocAuc {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for RocAuc {
    fn name(&self) -> String {
        "ROC AUC".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let name = self.name();
        keep(&mut self.kept, &name, output, target)
    }

    fn value(&self) -> f64 {
        mean_over_classes(&self.kept, roc_area)
    }

    fn larger_is_better(&self) -> bool {
        true
    }

    fn display(&self, value: f64) -> String {
        or_dash(value)
    }

    kept_in!(kept);
}
