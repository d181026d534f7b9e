//! How good a model's outputs are, in numbers that people read.

mod accuracy;
mod average_precision;
mod averaging;
mod balanced_accuracy;
mod baseline;
mod bleu;
mod brier_score;
mod by_class;
mod calibration;
mod calibration_error;
mod class_counts;
mod class_report;
mod confusion;
mod f1;
mod kept;
mod kept_in;
mod log_loss;
mod mean;
mod mean_absolute_error;
mod mean_absolute_percentage_error;
mod one_against_rest;
mod pixels;
mod precision;
mod precision_recall_curve;
mod r_squared;
mod ranking;
mod recall;
mod roc_auc;
mod roc_curve;
mod root_mean_squared_error;
mod softmax;
mod spearman;
mod targets;
mod temperature;
mod two_kinds;

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

pub use accuracy::Accuracy;
pub use average_precision::AveragePrecision;
pub use averaging::Averaging;
pub use balanced_accuracy::BalancedAccuracy;
pub use baseline::Baseline;
pub use bleu::Bleu;
pub use brier_score::BrierScore;
pub use calibration::{Calibration, CalibrationBin};
pub use calibration_error::CalibrationError;
pub use class_report::{ClassReport, ClassScores};
pub use confusion::ConfusionMatrix;
pub use f1::F1;
pub use log_loss::LogLoss;
pub use mean_absolute_error::MeanAbsoluteError;
pub use mean_absolute_percentage_error::MeanAbsolutePercentageError;
pub use pixels::{MeanIou, PixelAccuracy, PixelCounts};
pub use precision::Precision;
pub use precision_recall_curve::{PrecisionRecallCurve, PrecisionRecallPoint};
pub use r_squared::RSquared;
pub use recall::Recall;
pub use roc_auc::RocAuc;
pub use roc_curve::{RocCurve, RocPoint};
pub use root_mean_squared_error::RootMeanSquaredError;
pub(crate) use softmax::for_each_sample;
pub use spearman::Spearman;
pub use temperature::TemperatureScaling;

/// How a value is shown that is NaN where it is undefined.
fn or_dash(value: f64) -> String {
    if value.is_nan() { "–".to_owned() } else { format!("{value:.4}") }
}

/// Something that is measured over the batches of an epoch. Whatever implements [`Clone`] can be one:
/// each evaluation measures with a clone of its own.
///
/// ```
/// use plywood_datasets::Target;
/// use plywood_tensor::{Error, Result, Tensor};
/// use plywood_training::Metric;
///
/// /// The largest distance of a prediction from the truth.
/// #[derive(Clone, Default)]
/// struct LargestError(f64);
///
/// impl Metric for LargestError {
///     fn name(&self) -> String {
///         "largest error".to_owned()
///     }
///
///     fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
///         let truth = target.values().ok_or_else(|| Error::value("the target is classes"))?;
///         let errors = output.sub(truth)?.map(f32::abs);
///         self.0 = errors.max().map_or(self.0, |largest| self.0.max(f64::from(largest)));
///         Ok(())
///     }
///
///     fn value(&self) -> f64 {
///         self.0
///     }
///
///     fn reset(&mut self) {
///         self.0 = 0.0;
///     }
///
///     fn larger_is_better(&self) -> bool {
///         false
///     }
///
///     fn sums(&self) -> Vec<f64> {
///         vec![self.0]
///     }
///
///     fn restore(&mut self, sums: &[f64]) {
///         self.0 = sums.first().copied().unwrap_or(0.0);
///     }
/// }
///
/// let mut metric = LargestError::default();
/// metric.update(&Tensor::from([1.0, 3.0]), &Tensor::from([1.5_f32, 1.0]))?;
/// metric.update(&Tensor::from([1.0]), &Tensor::from([0.0_f32]))?;
/// assert_eq!(metric.value(), 2.0);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait Metric: CloneMetric + Send + Sync {
    /// Its name, such as `accuracy`.
    fn name(&self) -> String;

    /// The settings in one line: what a checkpoint compares. The name by default, where that says them all.
    fn settings(&self) -> String {
        self.name()
    }

    /// Adds a batch: the model's output, and what it should have been.
    ///
    /// # Errors
    /// When they are not of the kind that this metric compares.
    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()>;

    /// The value over all batches since the last reset. NaN where it is undefined: an epoch of that value is never
    /// the best.
    fn value(&self) -> f64;

    /// Begins anew.
    fn reset(&mut self);

    /// Whether a larger value is better.
    fn larger_is_better(&self) -> bool;

    /// How people read the value.
    fn display(&self, value: f64) -> String {
        format!("{value:.4}")
    }

    /// The sums so far, so that an epoch can be taken up in its middle.
    fn sums(&self) -> Vec<f64>;

    /// Goes on from such sums.
    fn restore(&mut self, sums: &[f64]);
}

/// That a metric in a box can be cloned. It is there for every metric that implements [`Clone`].
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Metric, RSquared};
///
/// let metric: Box<dyn Metric> = Box::new(RSquared::new());
/// let mut copy = metric.clone_in_box(); // `metric.clone()` does the same
/// copy.update(&Tensor::from([0.0, 4.0]), &Tensor::from([0.0_f32, 4.0]))?;
/// assert_eq!(copy.value(), 1.0);
/// assert!(metric.value().is_nan()); // it has seen nothing
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait CloneMetric {
    /// A clone in a box of its own.
    fn clone_in_box(&self) -> Box<dyn Metric>;
}

impl<M: Metric + Clone + 'static> CloneMetric for M {
    fn clone_in_box(&self) -> Box<dyn Metric> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Metric> {
    fn clone(&self) -> Self {
        // Of the metric, not of the box.
        (**self).clone_in_box()
    }
}
