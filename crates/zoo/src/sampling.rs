//! How the next letter or word is chosen: the most probable one, or one that is drawn.

use plywood_layers::Settings;
use plywood_tensor::{Error, POSITIVE, Result, Rng};

/// How the next letter or word is chosen by the scores of all.
///
/// ```
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::Sampling;
///
/// let scores = [0.0, 3.0, 2.9, -1.0]; // of four letters
/// let rng = &mut Rng::new(Seed(7));
/// assert_eq!(Sampling::new().top_k(1).choose(&scores, rng)?, 1); // greedy
/// let drawn: Vec<u32> =
///     (0..50).map(|_| Sampling::new().top_k(2).choose(&scores, rng)).collect::<Result<_, _>>()?;
/// assert!(drawn.contains(&1) && drawn.contains(&2) && drawn.iter().all(|letter| [1, 2].contains(letter)));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Settings)]
pub struct Sampling {
    /// What scores are divided by: below 1 what is probable becomes more so, above 1 all become alike.
    #[setting(default = 1.0, range = POSITIVE)]
    temperature: f64,
    /// Only so many of the most probable are drawn from; 1 takes the most probable, which is greedy. By default all
    /// are.
    #[setting(default = usize::MAX, range = 1.0.., called = "top_k")]
    top_k: usize,
}

impl Sampling {
    /// The letter or word that is chosen by these scores, logits or logarithms of probabilities.
    ///
    /// # Errors
    /// When a setting is out of range, there are no scores, or one is NaN.
    pub fn choose(&self, scores: &[f32], rng: &mut Rng) -> Result<u32> {
        let refuse = |error: Error| error.operation("sampling");
        self.check().map_err(refuse)?;
        if scores.is_empty() {
            return Err(refuse(Error::value("no scores to choose by")));
        }
        if scores.iter().any(|score| score.is_nan()) {
            return Err(refuse(Error::value("a score is NaN")));
        }
        Ok(self.drawn(scores, rng))
    }

    /// As [`choose`](Self::choose), where the settings are known to be in range.
    pub(crate) fn drawn(&self, scores: &[f32], rng: &mut Rng) -> u32 {
        // Of equal scores the first comes first: greedy is the same everywhere.
        let best: Vec<(u32, f32)> = match self.top_k < scores.len() {
            true => largest(scores, self.top_k),
            false => (0..).zip(scores.iter().copied()).collect(),
        };
        let top = largest(scores, 1).first().copied().unwrap_or((0, 0.0));
        if best.len() == 1 || top.1 == f32::INFINITY {
            return top.0;
        }
        let weight = |score: f32| (f64::from(score - top.1) / self.temperature).exp();
        let mut left = rng.unit() * best.iter().map(|&(_, score)| weight(score)).sum::<f64>();
        let drawn = best.iter().find(|&&(_, score)| {
            left -= weight(score);
            left < 0.0
        });
        drawn.map_or(top.0, |&(place, _)| place)
    }
}

/// The `count` largest of a row, largest first, of equal ones the first.
pub(crate) fn largest(row: &[f32], count: usize) -> Vec<(u32, f32)> {
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(count + 1);
    for (token, &value) in row.iter().enumerate() {
        if best.len() == count && best.last().is_some_and(|&(_, least)| value <= least) {
            continue;
        }
        let place = best.partition_point(|&(_, other)| other >= value);
        best.insert(place, (token as u32, value));
        best.truncate(count);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_come_first_and_of_equal_ones_the_first() {
        assert_eq!(largest(&[1.0, 3.0, 2.0, 3.0], 3), [(1, 3.0), (3, 3.0), (2, 2.0)]);
        assert_eq!(largest(&[1.0], 4), [(0, 1.0)]);
    }
}
