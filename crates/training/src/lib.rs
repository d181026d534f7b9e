//! The training loop: metrics, early stopping, checkpoints, progress, pictures.
//!
//! [`Trainer`] has the settings, [`Trainer::fit`] trains, the [`Run`] that it gives tells what came
//! of it. The bits of the result depend on the seed, the settings and the data, and on nothing
//! else: not on the number of threads, nor on how often the run was interrupted.

mod batches;
mod checkpoint;
mod evaluation;
mod fit;
mod history;
mod meter;
mod metrics;
mod objective;
pub mod pictures;
mod progress;
mod run;
mod signals;
mod trainer;

pub use evaluation::Evaluation;
pub use history::{EpochRecord, Scores};
pub use metrics::{Accuracy, CloneMetric, ConfusionMatrix, MeanAbsoluteError, Metric, RSquared};
pub use objective::{Objective, Step, StepOutput, Supervised};
pub use run::Run;
pub use trainer::Trainer;
