//! Scores of samples that are positive or negative, checked.

use plywood_tensor::{Error, Result};

/// Each score with whether its sample is positive.
pub(super) fn check_samples<'s>(
    what: &str,
    scores: &'s [f64],
    positive: &'s [bool],
) -> Result<impl Iterator<Item = (f64, bool)> + 's> {
    let refuse = |message: String| Err(Error::value(message).operation(what));
    if scores.len() != positive.len() || scores.is_empty() {
        return refuse(format!(
            "{} scores for {} samples that are positive or negative: there should be as many, and at \
             least one",
            scores.len(),
            positive.len()
        ));
    }
    if let Some(place) = scores.iter().position(|score| score.is_nan()) {
        return refuse(format!("the score of sample {place} is NaN"));
    }
    Ok(scores.iter().copied().zip(positive.iter().copied()))
}

/// Refuses what is no part of a whole.
pub(super) fn check_part(what: &str, name: &str, part: f64) -> Result<()> {
    match (0.0..=1.0).contains(&part) {
        true => Ok(()),
        false => {
            Err(Error::value(format!("a {name} of {part}; it goes from 0 to 1")).operation(what))
        }
    }
}
