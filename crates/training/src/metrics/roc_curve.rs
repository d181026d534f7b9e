//! True against false positives at every threshold.

use plywood_tensor::{Error, Result};

use super::ranking::{Step, roc_area, steps, totals};
use super::two_kinds::{check_part, check_samples};

/// The receiver operating characteristic of a score: how many positive samples are found, and how many
/// negative ones taken for positive, at every threshold.
///
/// ```
/// use plywood_training::RocCurve;
///
/// let scores = [0.1, 0.4, 0.35, 0.8];
/// let roc = RocCurve::new(&scores, &[false, false, true, true])?;
/// assert_eq!(roc.area(), 0.75);
/// let point = roc.at_specificity(0.95)?; // no more than 5 % of the negative ones taken for positive
/// assert_eq!((point.threshold, point.true_positive_rate), (0.8, 0.5));
/// assert_eq!(roc.youden().threshold, 0.8);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RocCurve {
    points: Vec<RocPoint>,
    area: f64,
}

/// What comes of answering "positive" from a threshold up, as [`RocCurve::points`] gives it.
///
/// ```
/// use plywood_training::{RocCurve, RocPoint};
///
/// let roc = RocCurve::new(&[0.2, 0.7], &[false, true])?;
/// let RocPoint { threshold, true_positive_rate, false_positive_rate } = roc.points()[1];
/// assert_eq!((threshold, true_positive_rate, false_positive_rate), (0.7, 1.0, 0.0));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RocPoint {
    /// Scores from this one up are taken for positive; ∞ at the curve's first point, where none is.
    pub threshold: f64,
    /// The part of the positive samples that is found: recall, or sensitivity.
    pub true_positive_rate: f64,
    /// The part of the negative samples that is taken for positive: 1 − specificity.
    pub false_positive_rate: f64,
}

impl RocCurve {
    /// Of a score for each sample, such as the probability of a class, and whether it is positive.
    ///
    /// # Errors
    /// When there are no samples, not as many of one as of the other, a score is NaN, or all samples are of
    /// one kind.
    pub fn new(scores: &[f64], positive: &[bool]) -> Result<Self> {
        let samples = check_samples("ROC curve", scores, positive)?;
        let steps = steps(samples);
        let (positives, negatives) = totals(&steps);
        let Some(area) = roc_area(&steps) else {
            let kind = if positives == 0 { "positive" } else { "negative" };
            return Err(Error::value(format!(
                "of {} samples none is {kind}: the curve is undefined",
                positives + negatives
            ))
            .operation("ROC curve")
            .hint("it compares samples of both kinds"));
        };
        let first = Step { threshold: f64::INFINITY, true_positives: 0, false_positives: 0 };
        let point = |step: Step| RocPoint {
            threshold: step.threshold,
            true_positive_rate: step.true_positives as f64 / positives as f64,
            false_positive_rate: step.false_positives as f64 / negatives as f64,
        };
        let points = std::iter::once(first).chain(steps).map(point).collect();
        Ok(Self { points, area })
    }

    /// A point for each different score, from the highest threshold to the lowest: from (0, 0) to (1, 1).
    pub fn points(&self) -> &[RocPoint] {
        &self.points
    }

    /// The area below the curve: 0.5 is chance, 1 perfect.
    pub fn area(&self) -> f64 {
        self.area
    }

    /// The point that finds most where at least this part of the negative samples is left alone.
    ///
    /// # Errors
    /// When it is not from 0 to 1.
    pub fn at_specificity(&self, specificity: f64) -> Result<RocPoint> {
        check_part("ROC curve", "specificity", specificity)?;
        // Rates are quotients, of which 1 − 0.95 needn't be one.
        let most = 1.0 - specificity + 1e-12;
        Ok(self.best_by(|point| match point.false_positive_rate <= most {
            true => point.true_positive_rate,
            false => f64::NEG_INFINITY,
        }))
    }

    /// What comes of a threshold that was chosen elsewhere, such as on validation samples.
    ///
    /// # Errors
    /// When it is NaN.
    pub fn at_threshold(&self, threshold: f64) -> Result<RocPoint> {
        if threshold.is_nan() {
            return Err(Error::value("a threshold of NaN").operation("ROC curve"));
        }
        // Thresholds fall, from one that nothing reaches.
        let last = self.points.partition_point(|point| point.threshold >= threshold).max(1);
        Ok(RocPoint { threshold, ..self.points[last - 1] })
    }

    /// The point where true positive rate − false positive rate is largest (Youden's index), and with it the
    /// balanced accuracy: the one of the highest threshold if several are.
    pub fn youden(&self) -> RocPoint {
        self.best_by(|point| point.true_positive_rate - point.false_positive_rate)
    }

    /// The first of the best points.
    fn best_by(&self, value: impl Fn(&RocPoint) -> f64) -> RocPoint {
        let better = |a: RocPoint, b: &RocPoint| if value(b) > value(&a) { *b } else { a };
        self.points.iter().fold(self.points[0], better)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_kind_has_no_curve() {
        let text = |scores: &[f64], positive: &[bool]| {
            RocCurve::new(scores, positive).unwrap_err().to_string()
        };
        assert_eq!(
            text(&[0.1, 0.2], &[false, false]),
            "ROC curve: of 2 samples none is positive: the curve is undefined; \
             it compares samples of both kinds",
        );
        assert_eq!(
            text(&[0.1], &[true]),
            "ROC curve: of 1 samples none is negative: the curve is undefined; \
             it compares samples of both kinds",
        );
        assert_eq!(
            text(&[0.1, f64::NAN], &[true, false]),
            "ROC curve: the score of sample 1 is NaN",
        );
        assert_eq!(
            text(&[], &[true]),
            "ROC curve: 0 scores for 1 samples that are positive or negative: there should be as \
             many, and at least one",
        );
    }

    #[test]
    fn a_threshold_takes_scores_from_it_up() {
        let roc = RocCurve::new(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]).unwrap();
        let rates = |threshold| {
            let point = roc.at_threshold(threshold).unwrap();
            (point.true_positive_rate, point.false_positive_rate)
        };
        assert_eq!(
            [0.9, 0.8, 0.5, 0.4, 0.36].map(rates).map(|r| r.0 + r.1),
            [0.0, 0.5, 0.5, 1.0, 1.0]
        );
        assert_eq!((rates(f64::INFINITY), rates(0.0)), ((0.0, 0.0), (1.0, 1.0)));
        assert_eq!(
            roc.at_threshold(f64::NAN).unwrap_err().to_string(),
            "ROC curve: a threshold of NaN",
        );
    }

    #[test]
    fn a_specificity_is_met_exactly() {
        // 20 negative samples: one of them is 5 %.
        let scores: Vec<f64> = (0..40).map(f64::from).collect();
        let positive: Vec<bool> = (0..40).map(|place| place % 2 == 0).collect();
        let roc = RocCurve::new(&scores, &positive).unwrap();
        assert_eq!(roc.at_specificity(0.95).unwrap().false_positive_rate, 0.05);
        assert_eq!(roc.at_specificity(1.0).unwrap().threshold, f64::INFINITY);
        assert_eq!(roc.at_specificity(0.0).unwrap().true_positive_rate, 1.0);
        assert_eq!(
            roc.at_specificity(f64::NAN).unwrap_err().to_string(),
            "ROC curve: a specificity of NaN; it goes from 0 to 1",
        );
    }
}
