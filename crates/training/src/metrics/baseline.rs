//! What a model has to beat: an answer that doesn't look at the sample.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use plywood_datasets::Target;
use plywood_tensor::{Error, Result};

/// Always the same answer: of classes the most frequent one of the training labels, of numbers their
/// mean. What it comes to on other samples is what a model has to beat: scikit-learn's `DummyClassifier` and
/// `DummyRegressor`.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::Baseline;
///
/// let baseline = Baseline::of(&Tensor::from([2_u32, 1, 2]))?; // the training labels
/// assert_eq!(baseline, Baseline::Class(2));
/// assert_eq!(baseline.accuracy(&Tensor::from([2_u32, 0, 0, 2]))?, 0.5);
///
/// let baseline = Baseline::of(&Tensor::from([1.0_f32, 3.0]))?;
/// assert_eq!(baseline, Baseline::Mean(2.0));
/// assert_eq!(baseline.mean_absolute_error(&Tensor::from([1.0_f32, 4.0]))?, 1.5);
/// assert_eq!(baseline.r_squared(&Tensor::from([1.0_f32, 3.0]))?, 0.0); // on its own samples
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Baseline {
    /// Always this class.
    Class(u32),
    /// Always this number.
    Mean(f64),
}

impl Baseline {
    /// What is always answered after these targets: the most frequent class, the lowest of several, or the mean
    /// of the numbers.
    ///
    /// # Errors
    /// When there are none, or a number is NaN.
    pub fn of(target: &dyn Target) -> Result<Self> {
        if let Some(labels) = target.classes() {
            let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
            labels.as_slice().iter().for_each(|&label| *counts.entry(label).or_default() += 1);
            let most = counts.into_iter().max_by_key(|&(class, count)| (count, Reverse(class)));
            return most
                .map(|(class, _)| Self::Class(class))
                .ok_or_else(|| refused("there are no targets"));
        }
        let values = values(target)?;
        Ok(Self::Mean(mean(&values)))
    }

    /// The part of these labels that it meets.
    ///
    /// # Errors
    /// When there are none, they are numbers, or its answer is one.
    pub fn accuracy(&self, target: &dyn Target) -> Result<f64> {
        let Self::Class(class) = self else {
            return Err(refused("it answers a number, which has no accuracy"));
        };
        let labels =
            target.classes().ok_or_else(|| refused("the target is numbers, not classes"))?;
        let labels = labels.as_slice();
        if labels.is_empty() {
            return Err(refused("there are no targets"));
        }
        Ok(labels.iter().filter(|label| *label == class).count() as f64 / labels.len() as f64)
    }

    /// The mean of |answer − target|, in the target's unit.
    ///
    /// # Errors
    /// When there are no numbers, one is NaN, or its answer is a class.
    pub fn mean_absolute_error(&self, target: &dyn Target) -> Result<f64> {
        let (answer, values) = self.against(target)?;
        Ok(values.iter().map(|value| (answer - value).abs()).sum::<f64>() / values.len() as f64)
    }

    /// The part of the target's variance that it explains: 0 on the samples that it was made of, and less on
    /// others; NaN or −∞ where all targets are equal.
    ///
    /// # Errors
    /// As [`mean_absolute_error`](Self::mean_absolute_error).
    pub fn r_squared(&self, target: &dyn Target) -> Result<f64> {
        let (answer, values) = self.against(target)?;
        let squares = |from: f64| values.iter().map(|value| (value - from).powi(2)).sum::<f64>();
        Ok(1.0 - squares(answer) / squares(mean(&values)))
    }

    /// Its number, and those to compare it with.
    fn against(&self, target: &dyn Target) -> Result<(f64, Vec<f64>)> {
        match self {
            Self::Class(_) => Err(refused("it answers a class, which is no number")),
            Self::Mean(mean) => Ok((*mean, values(target)?)),
        }
    }
}

fn refused(message: &str) -> Error {
    Error::value(message).operation("baseline")
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The target's numbers, of which there are some.
fn values(target: &dyn Target) -> Result<Vec<f64>> {
    let values = target.values().ok_or_else(|| refused("the target is classes, not numbers"))?;
    let values = values.as_slice();
    if values.is_empty() {
        return Err(refused("there are no targets"));
    }
    match values.iter().position(|value| value.is_nan()) {
        Some(place) => Err(refused(&format!("target {place} is NaN"))),
        None => Ok(values.iter().map(|&value| f64::from(value)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plywood_tensor::Tensor;

    #[test]
    fn what_has_no_baseline() {
        let (labels, numbers) = (Tensor::from([1_u32, 0]), Tensor::from([0.5_f32, 1.5]));
        let text = |result: Result<f64>| result.unwrap_err().to_string();
        assert_eq!(Baseline::of(&labels).unwrap(), Baseline::Class(0));
        let empty = Baseline::of(&Tensor::full([0], 0_u32)).unwrap_err();
        assert_eq!(empty.to_string(), "baseline: there are no targets");
        let nan = Baseline::of(&Tensor::from([0.0, f32::NAN])).unwrap_err();
        assert_eq!(nan.to_string(), "baseline: target 1 is NaN");
        assert_eq!(
            text(Baseline::Class(0).accuracy(&numbers)),
            "baseline: the target is numbers, not classes",
        );
        assert_eq!(
            text(Baseline::Mean(0.0).accuracy(&labels)),
            "baseline: it answers a number, which has no accuracy",
        );
        assert_eq!(
            text(Baseline::Mean(0.0).r_squared(&labels)),
            "baseline: the target is classes, not numbers",
        );
        assert_eq!(
            text(Baseline::Class(0).mean_absolute_error(&numbers)),
            "baseline: it answers a class, which is no number",
        );
    }
}
