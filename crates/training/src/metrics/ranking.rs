//! How many samples are right at each threshold of a score: what ROC and precision–recall curves are
//! made of.

/// What is answered when everything from a threshold up is taken for positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) threshold: f64,
    pub(super) true_positives: u64,
    pub(super) false_positives: u64,
}

/// A step for each different score, from the highest down. The last has all samples.
pub(super) fn steps(samples: impl Iterator<Item = (f64, bool)>) -> Vec<Step> {
    let mut samples: Vec<(f64, bool)> = samples.collect();
    samples.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut steps: Vec<Step> = Vec::new();
    let (mut true_positives, mut false_positives) = (0, 0);
    for (threshold, positive) in samples {
        true_positives += u64::from(positive);
        false_positives += u64::from(!positive);
        let step = Step { threshold, true_positives, false_positives };
        match steps.last_mut().filter(|last| last.threshold == threshold) {
            Some(last) => *last = step,
            None => steps.push(step),
        }
    }
    steps
}

/// The number of positive and negative samples.
pub(super) fn totals(steps: &[Step]) -> (u64, u64) {
    steps.last().map_or((0, 0), |last| (last.true_positives, last.false_positives))
}

/// The area below the ROC curve, by trapezoids; nothing where all samples are of one kind.
pub(super) fn roc_area(steps: &[Step]) -> Option<f64> {
    let (positives, negatives) = totals(steps);
    let (mut twice, mut right, mut left) = (0_u128, 0, 0);
    for step in steps {
        let across = u128::from(step.false_positives - left);
        twice += across * u128::from(step.true_positives + right);
        (right, left) = (step.true_positives, step.false_positives);
    }
    let all = u128::from(positives) * u128::from(negatives);
    (all > 0).then(|| twice as f64 / 2.0 / all as f64)
}

/// The mean precision over the positive samples, each at the threshold that finds it; nothing where no
/// sample is positive.
pub(super) fn average_precision(steps: &[Step]) -> Option<f64> {
    let (positives, _) = totals(steps);
    let (mut sum, mut before) = (0.0, 0);
    for step in steps {
        let found = step.true_positives;
        let precision = found as f64 / (found + step.false_positives) as f64;
        sum += (found - before) as f64 * precision;
        before = found;
    }
    (positives > 0).then(|| sum / positives as f64)
}
