//! What a model came to on samples that it didn't learn from.

use std::fmt;

use crate::history::Scores;
use crate::metrics::ConfusionMatrix;

/// What a model came to on samples that it didn't learn from.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// How many samples there were.
    pub samples: usize,
    /// The loss and the metrics.
    pub scores: Scores,
    /// Which classes were taken for which, of a classifier.
    pub confusion: Option<ConfusionMatrix>,
    pub(crate) described: String,
}

impl Evaluation {
    /// The value of a metric.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.scores.metric(name)
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} samples  {}", self.samples, self.described)?;
        match &self.confusion {
            Some(confusion) => write!(f, "\n\n{confusion}"),
            None => Ok(()),
        }
    }
}
