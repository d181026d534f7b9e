//! How good a model's outputs are, in numbers that people read.

mod accuracy;
mod confusion;
mod errors;

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

pub use accuracy::Accuracy;
pub use confusion::ConfusionMatrix;
pub use errors::{MeanAbsoluteError, RSquared};

/// Something that is measured over the batches of an epoch. Whatever implements [`Clone`] can be one:
/// each evaluation measures with a clone of its own.
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

    /// The value over all batches since the last reset.
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
