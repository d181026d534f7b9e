//! Whether predictions have the order of the truth.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Row, Tensor};

use super::kept::Kept;
use super::kept_in::kept_in;
use super::targets::values;
use super::{Metric, or_dash};

/// Spearman's rank correlation: the correlation of the ranks of predictions and targets, from −1 to 1, where
/// equal numbers have the mean of their ranks. It compares one number a sample, `[N]` or `[N, 1]`.
///
/// It is undefined where all predictions or all targets are equal: then it is NaN, which is shown as
/// `–`. It keeps all samples until the end, 8 bytes each, and up to 2²⁵ of them; a checkpoint in the middle of an epoch
/// has them, too, 16 bytes each.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Metric, Spearman};
///
/// let mut spearman = Spearman::new();
/// spearman.update(&Tensor::from([1.0, 2.0, 30.0]), &Tensor::from([0.1_f32, 0.2, 0.3]))?;
/// assert_eq!(spearman.value(), 1.0); // the order is right, however far off the numbers are
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Spearman {
    kept: Kept,
}

impl Spearman {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for Spearman {
    fn name(&self) -> String {
        "Spearman".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let name = self.name();
        let values = values(&name, output, target)?;
        let rows = output.shape().first().copied().unwrap_or(1);
        if output.numel() != rows {
            return Err(Error::shape(format!(
                "the predictions {} should be of one number a sample, (N) or (N, 1)",
                output.shape()
            ))
            .operation(name));
        }
        let pairs = || output.as_slice().iter().zip(values.as_slice());
        if let Some(place) = pairs().position(|(a, b)| a.is_nan() || b.is_nan()) {
            return Err(Error::value("NaN among predictions or targets has no rank")
                .in_row(Row { place, rows })
                .operation(name));
        }
        self.kept.reserve(&name, 2, rows)?;
        self.kept.push(pairs().flat_map(|(&prediction, &value)| [prediction, value]));
        Ok(())
    }

    fn value(&self) -> f64 {
        let column = |at: usize| -> Vec<f32> {
            self.kept.samples().filter_map(|sample| sample.get(at).copied()).collect()
        };
        correlation(&ranks(&column(0)), &ranks(&column(1)))
    }

    fn larger_is_better(&self) -> bool {
        true
    }

    fn display(&self, value: f64) -> String {
        or_dash(value)
    }

    kept_in!(kept);
}

/// Twice the rank of each number, counted from 0: whole numbers also where equal ones share the mean.
fn ranks(numbers: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_unstable_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    let mut ranks = vec![0.0; numbers.len()];
    let mut first = 0;
    // −0 and 0 are equal, and stand beside each other.
    for equal in order.chunk_by(|&a, &b| numbers[a] == numbers[b]) {
        let last = first + equal.len() - 1;
        equal.iter().for_each(|&place| ranks[place] = (first + last) as f64);
        first = last + 1;
    }
    ranks
}

/// Pearson's correlation of two lists as long as each other; NaN where one of them is constant.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        both += a * b;
        of_a += a * a;
        of_b += b * b;
    }
    // The root of the product: where both are the same, it is exact.
    (both / (of_a * of_b).sqrt()).clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_share_their_mean_rank() {
        assert_eq!(ranks(&[3.0, -0.0, 0.0, 5.0, 0.0]), [6.0, 2.0, 2.0, 8.0, 2.0]);
        assert_eq!(ranks(&[]), [0.0; 0]);
    }

    #[test]
    fn what_has_no_rank() {
        let mut spearman = Spearman::new();
        let mut text = |predictions: &Tensor, values: Tensor| {
            spearman.update(predictions, &values).unwrap_err().to_string()
        };
        assert_eq!(
            text(&Tensor::from([0.0, f32::NAN]), Tensor::zeros([2])),
            "row 1 of 2: Spearman: NaN among predictions or targets has no rank",
        );
        assert_eq!(
            text(&Tensor::zeros([2, 3]), Tensor::zeros([2, 3])),
            "Spearman: the predictions [2, 3] should be of one number a sample, (N) or (N, 1)",
        );
        let labels = Tensor::from([1_u32]);
        assert_eq!(
            spearman.update(&Tensor::zeros([1]), &labels).unwrap_err().to_string(),
            "Spearman: the target is classes, not numbers; `Accuracy` compares classes",
        );
        assert!(spearman.value().is_nan());
        spearman.update(&Tensor::zeros([3]), &Tensor::from([1.0, 2.0, 3.0])).unwrap();
        assert_eq!(spearman.display(spearman.value()), "–");
    }
}
