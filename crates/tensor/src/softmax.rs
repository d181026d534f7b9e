//! Softmax, its logarithm, and their gradients.
//!
//! `softmax(x)ᵢ = exp(xᵢ − m) / Σ exp(xⱼ − m)`: subtracting the maximum `m` changes nothing in
//! exact arithmetic, and keeps `exp` from overflowing.

use crate::element::Float;
use crate::error::{Error, Result};
use crate::reduce::sum_slice;
use crate::simd::vectorized;
use crate::tensor::Tensor;
use crate::threads;

/// Elements of a task's lines, each of which costs as much as some ten others.
const LINES: usize = threads::CHUNK / 4;

impl<T: Float> Tensor<T> {
    /// Turns scores into probabilities along an axis: positive, with sum 1.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let probabilities = Tensor::from([[0.0, 0.0], [1000.0, 0.0]]).softmax(-1)?;
    /// assert_eq!(probabilities, Tensor::from([[0.5, 0.5], [1.0, 0.0]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such axis.
    pub fn softmax(&self, axis: isize) -> Result<Self> {
        along(self, self, axis, |x, _, y| {
            exponentials(x, y);
            divide(y, sum_slice(y));
        })
        .map_err(|error| error.operation("softmax"))
    }

    /// The logarithm of [`softmax`](Self::softmax), exact also where that rounds to 0:
    /// `x − m − ln Σ exp(xⱼ − m)`.
    ///
    /// # Errors
    /// When there is no such axis.
    pub fn log_softmax(&self, axis: isize) -> Result<Self> {
        along(self, self, axis, |x, _, y| {
            let largest = exponentials(x, y);
            subtract(x, [largest, sum_slice(y).ln()], y);
        })
        .map_err(|error| error.operation("log_softmax"))
    }

    /// The gradient of [`softmax`](Self::softmax) from its result, this tensor:
    /// `dxᵢ = yᵢ · (dyᵢ − Σ dyⱼ · yⱼ)`.
    ///
    /// # Errors
    /// When there is no such axis, or `dy` has another shape.
    pub fn softmax_grad(&self, dy: &Self, axis: isize) -> Result<Self> {
        along(self, dy, axis, |y, dy, dx| {
            multiply(y, dy, dx);
            scale_by_output(y, sum_slice(dx), dx);
        })
        .map_err(|error| error.operation("softmax_grad"))
    }

    /// The gradient of [`log_softmax`](Self::log_softmax) from its result, this tensor:
    /// `dxᵢ = dyᵢ − exp(yᵢ) · Σ dyⱼ`.
    ///
    /// # Errors
    /// When there is no such axis, or `dy` has another shape.
    pub fn log_softmax_grad(&self, dy: &Self, axis: isize) -> Result<Self> {
        along(self, dy, axis, |y, dy, dx| scale_by_exponential(y, dy, sum_slice(dy), dx))
            .map_err(|error| error.operation("log_softmax_grad"))
    }
}

/// Makes each line along an axis from the lines of two tensors.
fn along<T: Float>(
    a: &Tensor<T>,
    b: &Tensor<T>,
    axis: isize,
    make: impl Fn(&[T], &[T], &mut [T]) + Sync,
) -> Result<Tensor<T>> {
    let axis = a.shape().axis(axis)?;
    if b.shape() != a.shape() {
        return Err(Error::shape(format!("dy {} should be {}", b.shape(), a.shape())));
    }
    let last = a.rank() - 1;
    if axis != last {
        let [axis, last] = [axis as isize, last as isize];
        let (a, b) = (a.transpose(axis, last)?, b.transpose(axis, last)?);
        return along(&a, &b, last, make)?.transpose(axis, last);
    }
    let n = a.shape()[axis];
    let shape = a.shape();
    let (a, b) = (a.as_slice(), b.as_slice());
    Tensor::build(shape, |out| {
        let chunk = (LINES / n.max(1)).max(1) * n;
        let cost = out.len() * 8;
        threads::chunks_mut(out, chunk, cost, |task, out| {
            let lines = task * chunk..task * chunk + out.len();
            let lines = a[lines.clone()].chunks(n).zip(b[lines].chunks(n));
            for ((a, b), out) in lines.zip(out.chunks_mut(n)) {
                make(a, b, out);
            }
        });
    })
}

/// The largest of some numbers; NaN if there is one. Eight at a time: the order doesn't matter.
#[inline(always)]
pub(crate) fn largest<T: Float>(x: &[T]) -> T {
    let mut lanes = [T::NEG_INFINITY; 16];
    let groups = x.chunks_exact(lanes.len());
    let rest = groups.remainder().iter().copied();
    for group in groups {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane = x.maximum(*lane);
        }
    }
    lanes.into_iter().chain(rest).fold(T::NEG_INFINITY, |largest, x| x.maximum(largest))
}

vectorized! {
    /// `y = exp(x − m)` for the largest, `m`, which it gives.
    pub(crate) fn exponentials<T: Float>(x: &[T], y: &mut [T]) -> T {
        let largest = largest(x);
        for (y, &x) in y.iter_mut().zip(x) {
            *y = (x - largest).exp();
        }
        largest
    }
}

vectorized! {
    /// `y = y / divisor`, as products with its reciprocal: rounded twice, and several times quicker.
    pub(crate) fn divide<T: Float>(y: &mut [T], divisor: T) {
        let reciprocal = T::ONE / divisor;
        for y in y {
            *y *= reciprocal;
        }
    }
}

vectorized! {
    /// `y = x − m − l`, one after the other: the sum of a large `m` and a small `l` would lose the
    /// digits that are left when the scores are near `m`.
    pub(crate) fn subtract<T: Float>(x: &[T], shifts: [T; 2], y: &mut [T]) {
        let [largest, logarithm] = shifts;
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = x - largest - logarithm);
    }
}

vectorized! {
    fn multiply<T: Float>(a: &[T], b: &[T], product: &mut [T]) {
        for (product, (&a, &b)) in product.iter_mut().zip(a.iter().zip(b)) {
            *product = a * b;
        }
    }
}

vectorized! {
    /// `dx = y · dy − y · sum`, where `dx` holds the products.
    fn scale_by_output<T: Float>(y: &[T], sum: T, dx: &mut [T]) {
        dx.iter_mut().zip(y).for_each(|(dx, &y)| *dx -= y * sum);
    }
}

vectorized! {
    /// `dx = dy − exp(y) · sum`
    fn scale_by_exponential<T: Float>(y: &[T], dy: &[T], sum: T, dx: &mut [T]) {
        for (dx, (&y, &dy)) in dx.iter_mut().zip(y.iter().zip(dy)) {
            *dx = dy - y.exp() * sum;
        }
    }
}
