//! How much of the target the predictions explain.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::Metric;
use super::targets::{pairs, values};

/// The part of the target's variance that the predictions explain: `R² = 1 − Σ (prediction −
/// target)² / Σ (target − mean)²`.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Metric, RSquared};
///
/// let mut explained = RSquared::new();
/// explained.update(&Tensor::from([1.0, 3.0]), &Tensor::from([0.0_f32, 4.0]))?;
/// assert_eq!(explained.value(), 0.75); // 1 − (1 + 1) / (4 + 4)
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct RSquared {
    residual: f64,
    sum: f64,
    squares: f64,
    count: f64,
    /// The first target: sums of distances from it don't lose digits to a large mean.
    origin: f64,
}

impl RSquared {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for RSquared {
    fn name(&self) -> String {
        "R²".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let values = values(&self.name(), output, target)?;
        for (prediction, value) in pairs(output, values) {
            if self.count == 0.0 {
                self.origin = value;
            }
            self.residual += (prediction - value).powi(2);
            self.sum += value - self.origin;
            self.squares += (value - self.origin).powi(2);
            self.count += 1.0;
        }
        Ok(())
    }

    fn value(&self) -> f64 {
        1.0 - self.residual / (self.squares - self.sum * self.sum / self.count)
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn larger_is_better(&self) -> bool {
        true
    }

    fn sums(&self) -> Vec<f64> {
        vec![self.residual, self.sum, self.squares, self.count, self.origin]
    }

    fn restore(&mut self, sums: &[f64]) {
        if let &[residual, sum, squares, count, origin] = sums {
            *self = Self { residual, sum, squares, count, origin };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn against_the_definition() {
        let (predictions, targets) = (Tensor::from([1.0, 2.0, 4.0]), Tensor::from([1.0, 3.0, 5.0]));
        let mut r2 = RSquared::new();
        r2.update(&predictions, &targets).unwrap();
        assert!((r2.value() - (1.0 - 2.0 / 8.0)).abs() < 1e-12);
        assert_eq!(
            r2.update(&predictions, &Tensor::from([1_u32])).unwrap_err().to_string(),
            "R²: the target is classes, not numbers; `Accuracy` compares classes",
        );
    }
}
