//! How far predicted numbers are from the true ones.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Tensor};

use super::Metric;

/// The numbers that go with predictions of the same shape.
fn values<'t>(metric: &str, predictions: &Tensor, target: &'t dyn Target) -> Result<&'t Tensor> {
    let values = target.values().ok_or_else(|| {
        Error::value("the target is classes, not numbers")
            .operation(metric)
            .hint("`Accuracy` compares classes")
    })?;
    if values.shape() != predictions.shape() {
        return Err(Error::shape(format!(
            "the predictions are {}, the targets {}",
            predictions.shape(),
            values.shape()
        ))
        .operation(metric));
    }
    Ok(values)
}

/// The mean of |prediction − target|, in the target's unit.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{MeanAbsoluteError, Metric};
///
/// let mut error = MeanAbsoluteError::new();
/// error.update(&Tensor::from([1.0, 3.0]), &Tensor::from([1.5_f32, 1.5]))?;
/// assert_eq!(error.value(), 1.0); // 0.5 and 1.5
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MeanAbsoluteError {
    sum: f64,
    count: f64,
}

impl MeanAbsoluteError {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for MeanAbsoluteError {
    fn name(&self) -> String {
        "mean absolute error".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let values = values(&self.name(), output, target)?;
        let pairs = output.as_slice().iter().zip(values.as_slice());
        self.sum += pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs()).sum::<f64>();
        self.count += output.numel() as f64;
        Ok(())
    }

    fn value(&self) -> f64 {
        self.sum / self.count
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn larger_is_better(&self) -> bool {
        false
    }

    fn sums(&self) -> Vec<f64> {
        vec![self.sum, self.count]
    }

    fn restore(&mut self, sums: &[f64]) {
        if let &[sum, count] = sums {
            *self = Self { sum, count };
        }
    }
}

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
        for (&prediction, &value) in output.as_slice().iter().zip(values.as_slice()) {
            let (prediction, value) = (f64::from(prediction), f64::from(value));
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
    fn against_the_definitions() {
        let (predictions, targets) = (Tensor::from([1.0, 2.0, 4.0]), Tensor::from([1.0, 3.0, 5.0]));
        let mut mae = MeanAbsoluteError::new();
        mae.update(&predictions, &targets).unwrap();
        assert!((mae.value() - 2.0 / 3.0).abs() < 1e-12);
        let mut r2 = RSquared::new();
        r2.update(&predictions, &targets).unwrap();
        assert!((r2.value() - (1.0 - 2.0 / 8.0)).abs() < 1e-12);
        assert_eq!(
            r2.update(&predictions, &Tensor::from([1_u32])).unwrap_err().to_string(),
            "R²: the target is classes, not numbers; `Accuracy` compares classes",
        );
    }
}
