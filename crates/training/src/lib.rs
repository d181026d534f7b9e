//! The training loop: metrics, callbacks, checkpoints, progress, plots, the report.
//!
//! [`Trainer`] has the settings, [`Trainer::fit`] trains, the [`Run`] that it gives tells what came
//! of it, and its [`Report`] shows it. What else happens meanwhile is a [`Callback`]; an [`Evaluator`] only looks. The bits of the result depend on the seed, the settings and the data, and on nothing
//! else: not on the number of threads, nor on how often the run was interrupted.

mod averaging;
mod batches;
mod callback;
mod callbacks;
mod checkpoint;
mod evaluation;
mod evaluator;
mod events;
mod fit;
mod history;
mod lines;
mod meter;
mod metrics;
mod mixup;
mod objective;
mod options;
mod order;
pub mod plots;
mod predictions;
mod progress;
mod report;
mod run;
mod signals;
mod steps;
mod trainer;
mod trainer_state;

pub use callback::{Callback, CallbackState, Flow};
pub use callbacks::{EarlyStopping, FreezeAfter};
pub use evaluation::Evaluation;
pub use evaluator::Evaluator;
pub use history::{EpochRecord, Scores};
pub use metrics::{
    Accuracy, AveragePrecision, Averaging, BalancedAccuracy, Baseline, Bleu, BrierScore,
    Calibration, CalibrationBin, CalibrationError, ClassReport, ClassScores, CloneMetric,
    ConfusionMatrix, F1, LogLoss, MeanAbsoluteError, MeanAbsolutePercentageError, MeanIou, Metric,
    PixelAccuracy, PixelCounts, Precision, PrecisionRecallCurve, PrecisionRecallPoint, RSquared,
    Recall, RocAuc, RocCurve, RocPoint, RootMeanSquaredError, Spearman, TemperatureScaling,
};
pub use mixup::Mixup;
pub use objective::{ModelInput, Objective, Step, StepOutput, Supervised};
/// The trait, and the macro that derives it.
pub use plywood_derive::Settings;
pub use plywood_tensor::Settings;
pub use predictions::{Mistake, Predictions};
pub use report::{EmbeddedImage, Figure, Report, Sound};
pub use run::Run;
pub use steps::{Spread, StepRecord};
pub use trainer::Trainer;
pub use trainer_state::TrainerState;
