//! The probabilities that a classifier's scores stand for, in `f64`.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Row, Tensor, check_labels};

use super::targets::labels;

/// The softmax of a sample's scores, of which each class's probability is taken as it is needed.
#[derive(Clone, Copy)]
pub(crate) struct Softmax<'r> {
    scores: &'r [f32],
    largest: f64,
    sum: f64,
}

impl<'r> Softmax<'r> {
    /// Nothing where a score is NaN or +∞, or none is finite: those have no probabilities.
    pub(super) fn of(scores: &'r [f32]) -> Option<Self> {
        let scores64 = || scores.iter().map(|&score| f64::from(score));
        let largest = scores64().fold(f64::NEG_INFINITY, f64::max);
        // The maximum passes over NaN, the sum doesn't.
        let sum: f64 = scores64().map(|score| (score - largest).exp()).sum();
        (largest.is_finite() && !sum.is_nan()).then_some(Self { scores, largest, sum })
    }

    /// The probability of a class that there is.
    pub(crate) fn probability(&self, class: usize) -> f64 {
        (f64::from(self.scores[class]) - self.largest).exp() / self.sum
    }

    /// The logarithm of a class's probability, which is finite where the probability rounds to 0.
    pub(crate) fn log_probability(&self, class: usize) -> f64 {
        f64::from(self.scores[class]) - self.largest - self.sum.ln()
    }

    /// The most probable class, the first of several.
    pub(crate) fn answer(&self) -> usize {
        let is_largest = |&score: &f32| f64::from(score) == self.largest;
        self.scores.iter().position(is_largest).unwrap_or(0)
    }

    /// What it is the softmax of.
    pub(crate) fn scores(&self) -> &'r [f32] {
        self.scores
    }
}

/// Shows each sample's probabilities with its class, of scores `[N, C]` and labels `[N]`.
pub(crate) fn for_each_sample(
    metric: &str,
    scores: &Tensor,
    target: &dyn Target,
    mut look: impl FnMut(Softmax<'_>, usize),
) -> Result<()> {
    let labels = labels(metric, scores, target)?;
    let classes = scores.shape()[1];
    check_labels(labels, classes).map_err(|error| error.operation(metric))?;
    let rows = scores.as_slice().chunks(classes.max(1)).zip(labels.as_slice());
    for (place, (scores, &label)) in rows.enumerate() {
        let softmax = Softmax::of(scores).ok_or_else(|| {
            Error::value("scores with NaN or +∞ among them, or all −∞, have no probabilities")
                .in_row(Row { place, rows: labels.numel() })
                .operation(metric)
        })?;
        look(softmax, label as usize);
    }
    Ok(())
}
