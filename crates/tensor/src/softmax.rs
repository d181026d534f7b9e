//! Softmax and its logarithm.
//!
//! `softmax(x)ᵢ = exp(xᵢ − m) / Σ exp(xⱼ − m)`: subtracting the maximum `m` changes nothing in
//! exact arithmetic, and keeps `exp` from overflowing.

use crate::element::Float;
use crate::error::Result;
use crate::reduce::sum_slice;
use crate::tensor::Tensor;
use crate::threads;

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
        self.along(axis, |line| {
            let largest = line.iter().copied().fold(T::NEG_INFINITY, T::maximum);
            line.iter_mut().for_each(|x| *x = (*x - largest).exp());
            let sum = sum_slice(line);
            line.iter_mut().for_each(|x| *x /= sum);
        })
        .map_err(|error| error.operation("softmax"))
    }

    /// The logarithm of [`softmax`](Self::softmax), exact also where that rounds to 0:
    /// `x − m − ln Σ exp(xⱼ − m)`.
    ///
    /// # Errors
    /// When there is no such axis.
    pub fn log_softmax(&self, axis: isize) -> Result<Self> {
        self.along(axis, |line| {
            let largest = line.iter().copied().fold(T::NEG_INFINITY, T::maximum);
            let terms: Vec<T> = line.iter().map(|&x| (x - largest).exp()).collect();
            let shift = largest + sum_slice(&terms).ln();
            line.iter_mut().for_each(|x| *x -= shift);
        })
        .map_err(|error| error.operation("log_softmax"))
    }

    /// Changes each line along an axis.
    fn along(&self, axis: isize, change: impl Fn(&mut [T]) + Sync) -> Result<Self> {
        let axis = self.shape().axis(axis)?;
        let last = self.rank() - 1;
        if axis != last {
            return self
                .transpose(axis as isize, last as isize)?
                .along(last as isize, change)?
                .transpose(axis as isize, last as isize);
        }
        let n = self.shape()[axis];
        let mut result = self.clone();
        let lines = (threads::CHUNK / 16 / n.max(1)).max(1);
        let cost = self.numel() * 16;
        threads::chunks_mut(result.as_mut_slice(), lines * n, cost, |_, lines| {
            lines.chunks_mut(n).for_each(&change);
        });
        Ok(result)
    }
}
