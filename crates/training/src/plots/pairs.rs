//! Numbers that were predicted and that are true, checked, and the range that they span.

use std::ops::Range;

use plywood_tensor::{Error, Result};

/// The largest number that is drawn: the difference of two beyond it, with its margin, may be infinite.
const LARGEST: f64 = 1e300;

/// Refuses numbers that aren't pairs, or that can't be drawn.
pub(super) fn check_pairs(plot: &str, predicted: &[f64], actual: &[f64]) -> Result<()> {
    let refuse = |message: String| Err(Error::value(message).operation(plot));
    if actual.len() != predicted.len() || actual.is_empty() {
        return refuse(format!(
            "{} predictions for {} true numbers: there should be as many, and at least one",
            predicted.len(),
            actual.len()
        ));
    }
    let wrong = |x: &&f64| x.is_nan() || x.abs() > LARGEST;
    match actual.iter().chain(predicted).find(wrong) {
        Some(wrong) => refuse(format!("{wrong:e} can't be drawn")),
        None => Ok(()),
    }
}

/// The smallest and the largest of some numbers.
pub(super) fn ends(numbers: impl Iterator<Item = f64>) -> [f64; 2] {
    let ends = (f64::MAX, f64::MIN);
    numbers.fold(ends, |(low, high), x| (low.min(x), high.max(x))).into()
}

/// All numbers and a margin, and never too little for an axis to have labels that differ.
pub(super) fn padded([low, high]: [f64; 2]) -> Range<f64> {
    let largest = low.abs().max(high.abs());
    let margin = 0.05 * (high - low).max(1e-6 * largest).max(f64::MIN_POSITIVE);
    low - margin..high + margin
}
