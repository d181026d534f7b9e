//! What a model came to on samples that it didn't learn from.

use std::fmt;

use crate::history::Scores;
use crate::metrics::ConfusionMatrix;

/// What a model came to on samples that it didn't learn from.
///
/// ```
/// use plywood_datasets::Rows;
/// use plywood_layers::{Init, Linear, mse_loss};
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::{Evaluator, MeanAbsoluteError};
///
/// let data = Rows::new(Tensor::from([[1.0], [2.0]]), Tensor::from([[3.0], [4.0]]))?;
/// let twice = Linear::config(1, 1).weight_init(Init::Constant(2.0)).bias(false);
/// let model = twice.init(&mut Rng::new(Seed(7)))?; // 2 and 4, where 3 and 4 are right
///
/// let evaluator = Evaluator::new().loss(mse_loss).metric(MeanAbsoluteError::new());
/// let result = evaluator.evaluate(&model, &data)?;
/// assert_eq!((result.samples, result.scores.loss), (2, 0.5));
/// assert_eq!(result.metric("mean absolute error"), Some(0.5));
/// assert!(result.confusion.is_none()); // it is no classifier
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
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
