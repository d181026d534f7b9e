//! Precision against recall at every threshold.

use plywood_tensor::{Error, Result};

use super::ranking::{Step, average_precision, steps, totals};
use super::two_kinds::{check_part, check_samples};

/// What part of the answers is right, and what part of the positive samples is found, at every threshold of a
/// score.
///
/// ```
/// use plywood_training::PrecisionRecallCurve;
///
/// let scores = [0.1, 0.4, 0.35, 0.8];
/// let curve = PrecisionRecallCurve::new(&scores, &[false, false, true, true])?;
/// assert_eq!(curve.average_precision(), (1.0 + 2.0 / 3.0) / 2.0);
/// let point = curve.at_recall(0.9)?; // to find 90 % of the positive ones
/// assert_eq!((point.threshold, point.precision), (0.35, 2.0 / 3.0));
/// assert_eq!(curve.best_f1().threshold, 0.35);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PrecisionRecallCurve {
    points: Vec<PrecisionRecallPoint>,
    average_precision: f64,
    positive_rate: f64,
}

/// What comes of answering "positive" from a threshold up, as [`PrecisionRecallCurve::points`] gives it.
///
/// ```
/// use plywood_training::{PrecisionRecallCurve, PrecisionRecallPoint};
///
/// let curve = PrecisionRecallCurve::new(&[0.2, 0.7], &[true, true])?;
/// let PrecisionRecallPoint { threshold, precision, recall } = curve.points()[1];
/// assert_eq!((threshold, precision, recall), (0.7, 1.0, 0.5));
/// assert_eq!(curve.points()[1].f1(), 2.0 / 3.0);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionRecallPoint {
    /// Scores from this one up are taken for positive; ∞ at the curve's first point, where none is.
    pub threshold: f64,
    /// The part of those that is positive; 1 where there are none.
    pub precision: f64,
    /// The part of the positive samples that is found.
    pub recall: f64,
}

impl PrecisionRecallPoint {
    /// The harmonic mean of precision and recall; 0 where both are.
    pub fn f1(&self) -> f64 {
        let sum = self.precision + self.recall;
        if sum > 0.0 { 2.0 * self.precision * self.recall / sum } else { 0.0 }
    }
}

impl PrecisionRecallCurve {
    /// Of a score for each sample, such as the probability of a class, and whether it is positive.
    ///
    /// # Errors
    /// When there are no samples, not as many of one as of the other, a score is NaN, or no sample is
    /// positive.
    pub fn new(scores: &[f64], positive: &[bool]) -> Result<Self> {
        let steps = steps(check_samples("precision–recall curve", scores, positive)?);
        let (positives, negatives) = totals(&steps);
        let samples = positives + negatives;
        let Some(average_precision) = average_precision(&steps) else {
            return Err(Error::value(format!(
                "of {samples} samples none is positive: recall is undefined"
            ))
            .operation("precision–recall curve"));
        };
        let first = PrecisionRecallPoint { threshold: f64::INFINITY, precision: 1.0, recall: 0.0 };
        let point = |step: &Step| PrecisionRecallPoint {
            threshold: step.threshold,
            precision: step.true_positives as f64
                / (step.true_positives + step.false_positives) as f64,
            recall: step.true_positives as f64 / positives as f64,
        };
        Ok(Self {
            points: std::iter::once(first).chain(steps.iter().map(point)).collect(),
            average_precision,
            positive_rate: positives as f64 / samples as f64,
        })
    }

    /// A point for each different score, from the highest threshold to the lowest, so that recall grows from 0 to
    /// 1. The first, at precision 1, is of no threshold.
    pub fn points(&self) -> &[PrecisionRecallPoint] {
        &self.points
    }

    /// `Σ (recallₙ − recallₙ₋₁)·precisionₙ`: the area below the curve, as scikit-learn defines it.
    pub fn average_precision(&self) -> f64 {
        self.average_precision
    }

    /// The part of the samples that is positive: the precision of chance.
    pub fn positive_rate(&self) -> f64 {
        self.positive_rate
    }

    /// The most precise point that finds at least this part of the positive samples.
    ///
    /// # Errors
    /// When it is not from 0 to 1.
    pub fn at_recall(&self, recall: f64) -> Result<PrecisionRecallPoint> {
        check_part("precision–recall curve", "recall", recall)?;
        Ok(self.best_by(|point| match point.recall >= recall - 1e-12 {
            true => point.precision,
            false => f64::NEG_INFINITY,
        }))
    }

    /// The point of the largest F1, the one of the highest threshold if several have it.
    pub fn best_f1(&self) -> PrecisionRecallPoint {
        self.best_by(PrecisionRecallPoint::f1)
    }

    /// The first of the best points.
    fn best_by(&self, value: impl Fn(&PrecisionRecallPoint) -> f64) -> PrecisionRecallPoint {
        let better = |a: PrecisionRecallPoint, b: &PrecisionRecallPoint| {
            if value(b) > value(&a) { *b } else { a }
        };
        self.points.iter().fold(self.points[0], better)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_positive_samples_there_is_no_recall() {
        assert_eq!(
            PrecisionRecallCurve::new(&[0.1, 0.2], &[false, false]).unwrap_err().to_string(),
            "precision–recall curve: of 2 samples none is positive: recall is undefined",
        );
        let curve = PrecisionRecallCurve::new(&[0.1, 0.2], &[true, false]).unwrap();
        assert_eq!(curve.positive_rate(), 0.5);
        assert_eq!(
            curve.at_recall(1.5).unwrap_err().to_string(),
            "precision–recall curve: a recall of 1.5; it goes from 0 to 1",
        );
    }
}
