//! Normalisation of each row by its own mean and variance, and its gradients.
//!
//! `y = (x − mean) · r · weight + bias` with `r = 1 / √(variance + ε)`, mean and (biased) variance of
//! each row. Source: Ba, Kiros and Hinton, "Layer normalization" (2016). Without the mean it is
//! the root mean square's: Zhang and Sennrich, "Root mean square layer normalization" (2019).
//!
//! A row is read again while it is in the first cache, so that memory is read and written once. The
//! weight's gradient is a sum over all rows: each task adds up its own, then the tasks' are added
//! in order.

pub(crate) mod naive;
mod rows;

use crate::element::Float;
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, Shared};

/// Tasks of the gradient: each has sums of its own.
const TASKS: usize = 16;

/// A normalisation of the last axes of a tensor `[…, N]`: each row by its own mean and variance, or by its root mean
/// square.
///
/// Sources: Ba, Kiros and Hinton, "Layer normalization" (2016); Zhang and Sennrich, "Root mean square layer
/// normalization" (2019).
///
/// ```
/// use plywood_tensor::{LayerNorm, Tensor};
///
/// let (weight, bias) = (Tensor::from([1.0, 2.0]), Tensor::from([0.0, 5.0]));
/// let norm = LayerNorm { weight: &weight, bias: Some(&bias), epsilon: 0.0, centered: true };
/// let (y, _statistics) = norm.forward(&Tensor::from([[1.0, 3.0]]))?; // mean 2, variance 1
/// assert_eq!(y, Tensor::from([[-1.0, 7.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm<'a, T: Float> {
    /// The scale of each element of a row; its shape says which axes are normalised.
    pub weight: &'a Tensor<T>,
    /// The shift of each element of a row.
    pub bias: Option<&'a Tensor<T>>,
    /// What is added to the variance, so that it is never 0.
    pub epsilon: T,
    /// Whether the mean is subtracted; without that, the variance is the mean square.
    pub centered: bool,
}

/// What the gradient needs to know of each row.
///
/// ```
/// use plywood_tensor::{LayerNorm, Tensor};
///
/// let weight = Tensor::from([1.0, 1.0]);
/// let norm = LayerNorm { weight: &weight, bias: None, epsilon: 0.0, centered: true };
/// let (_y, statistics) = norm.forward(&Tensor::from([[1.0, 3.0], [1.0, 5.0]]))?;
/// assert_eq!(statistics.mean, Tensor::from([2.0, 3.0]));
/// assert_eq!(statistics.reciprocal, Tensor::from([1.0, 0.5])); // variances 1 and 4
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RowStatistics<T: Float> {
    /// The mean, or 0 where it isn't subtracted.
    pub mean: Tensor<T>,
    /// 1 / √(variance + ε)
    pub reciprocal: Tensor<T>,
}

/// Checks that the last axes of an input are those of the weight and the bias.
///
/// # Errors
/// When they aren't, or there is none.
pub fn layer_norm_shape(x: Shape, weight: Shape, bias: Option<Shape>) -> Result<Shape> {
    if weight.rank() == 0 {
        return Err(Error::shape("the weight is a single number, it should have the last axes"));
    }
    if !x.ends_with(&weight) {
        return Err(Error::shape(format!(
            "the last axes of the input {x} should be those of the weight {weight}"
        )));
    }
    match bias {
        Some(bias) if bias != weight => {
            Err(Error::shape(format!("the bias {bias} should be {weight}, as the weight")))
        }
        _ => Ok(x),
    }
}

impl<T: Float> LayerNorm<'_, T> {
    /// The result for `[…, N]`, where `N` stands for the weight's axes, and each row's statistics.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn forward(&self, x: &Tensor<T>) -> Result<(Tensor<T>, RowStatistics<T>)> {
        let n = self.check(x)?;
        let count = x.numel().checked_div(n).unwrap_or(0);
        let [weight, elements] = [self.weight, x].map(Tensor::as_slice);
        let bias = self.bias.map(Tensor::as_slice);
        let task = (threads::CHUNK / n.max(1)).max(1);
        let mut means = Storage::try_stale(count)?;
        let mut reciprocal = Storage::try_stale(count)?;
        let y = Tensor::build(x.shape(), |out| {
            let reciprocals = Shared::new(&mut reciprocal);
            let chunks = [task * n, task];
            threads::chunks_of_two_mut(
                out,
                &mut means,
                chunks,
                4 * x.numel(),
                |index, out, mean| {
                    let first = index * task;
                    // SAFETY: each task has rows of its own.
                    #[expect(unsafe_code, reason = "tasks write disjoint parts of one slice")]
                    let reciprocals = unsafe { reciprocals.part(first..first + mean.len()) };
                    let rows = elements[first * n..].chunks(n).zip(out.chunks_mut(n));
                    for ((x, y), (mean, r)) in rows.zip(mean.iter_mut().zip(reciprocals)) {
                        [*mean, *r] = rows::statistics(x, self.epsilon, self.centered);
                        rows::normalise(x, [*mean, *r], weight, bias, y);
                    }
                },
            );
        })?;
        let [mean, reciprocal] = [means, reciprocal].map(|storage| Tensor::own(storage, [count]));
        Ok((y, RowStatistics { mean, reciprocal }))
    }

    /// The gradients of the input, the weight and the bias.
    ///
    /// With `x̂ = (x − mean) · r` and `g = dy · weight`, and because mean and variance depend on `x`
    /// too, `dx = r · (g − Σ g / n − x̂ · Σ g · x̂ / n)`; over all rows, `dweight = Σ dy · x̂` and
    /// `dbias = Σ dy`. Where the mean isn't subtracted, `Σ g / n` isn't either.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn gradient(
        &self,
        dy: &Tensor<T>,
        x: &Tensor<T>,
        statistics: &RowStatistics<T>,
    ) -> Result<[Tensor<T>; 3]> {
        let n = self.check(x)?;
        let count = x.numel().checked_div(n).unwrap_or(0);
        let RowStatistics { mean, reciprocal } = statistics;
        if dy.shape() != x.shape() || [mean, reciprocal].iter().any(|of| of.numel() != count) {
            return Err(Error::shape(format!(
                "dy {} should be {}, the mean {} and the reciprocal {} [{count}]",
                dy.shape(),
                x.shape(),
                mean.shape(),
                reciprocal.shape()
            ))
            .operation("layer_norm_grad"));
        }
        let task = count.div_ceil(TASKS).max(1);
        let tasks = count.div_ceil(task);
        let mut sums = Storage::try_stale(tasks * 2 * n)?;
        let [xs, dys, weight] = [x, dy, self.weight].map(Tensor::as_slice);
        let [means, reciprocals] = [mean, reciprocal].map(Tensor::as_slice);
        let dx = Tensor::build(x.shape(), |out| {
            let chunks = [task * n, 2 * n];
            threads::chunks_of_two_mut(
                out,
                &mut sums,
                chunks,
                4 * x.numel(),
                |index, out, sums| {
                    let (of_weight, of_bias) = sums.split_at_mut(n);
                    of_weight.fill(T::ZERO);
                    of_bias.fill(T::ZERO);
                    let first = index * task;
                    for (row, dx) in (first..).zip(out.chunks_mut(n)) {
                        let [x, dy] = [xs, dys].map(|of| &of[row * n..][..n]);
                        let known = [means[row], reciprocals[row]];
                        let both = rows::sums(dy, x, known, weight, [of_weight, of_bias]);
                        rows::input_grad(dy, x, known, weight, self.terms(both, n), dx);
                    }
                },
            );
        })?;
        let sums = Tensor::own(sums, [tasks, 2 * n]).sum_axes(&[0])?;
        let part = |index| sums.narrow(0, index * n, n)?.reshape(self.weight.shape());
        Ok([dx, part(0)?, part(1)?])
    }

    /// What is subtracted from the gradient in front of the normalisation: a number, and a multiple
    /// of the normalised input.
    fn terms(&self, [plain, products]: [T; 2], n: usize) -> [T; 2] {
        let n = T::of(n as f64);
        [if self.centered { plain / n } else { T::ZERO }, products / n]
    }

    /// The length of a row.
    fn check(&self, x: &Tensor<T>) -> Result<usize> {
        layer_norm_shape(x.shape(), self.weight.shape(), self.bias.map(Tensor::shape))
            .map_err(|error| error.operation("layer_norm"))?;
        Ok(self.weight.numel())
    }
}
