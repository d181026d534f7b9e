//! Batch normalisation over a batch, alone or followed by ReLU, and its gradients.
//!
//! A task has one channel, and goes over it until it is done: what it reads again comes from the
//! cache, so that memory is read and written once.
#![allow(unsafe_code, reason = "tasks write disjoint planes of one result")]

use std::ops::Range;

use super::{ChannelStatistics, check_channels, sizes};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::memory;
use crate::reduce::{sum_slice, sum_squares};
use crate::simd::{add_lanes, vectorized};
use crate::tensor::Tensor;
use crate::threads::{self, Shared};

/// A batch normalisation of `[N, C, …]` in training: each channel by its own mean and variance over the batch and its
/// pixels.
///
/// Source: Ioffe and Szegedy, "Batch normalization" (2015).
///
/// ```
/// use plywood_tensor::{BatchNorm, Tensor};
///
/// let (weight, bias) = (&Tensor::from([2.0]), &Tensor::from([10.0]));
/// let norm = BatchNorm { weight, bias, epsilon: 0.0, relu: false };
/// let x = Tensor::from([[1.0], [3.0]]); // [N, C]: mean 2, variance 1
/// let (y, statistics) = norm.forward(&x)?;
/// assert_eq!(y, Tensor::from([[8.0], [12.0]])); // 10 ∓ 2
/// assert_eq!(statistics.mean, Tensor::from([2.0]));
/// // Two samples are at ∓1 whatever their values are.
/// let [dx, dweight, dbias] = norm.gradient(&Tensor::from([[0.0], [1.0]]), &x, &statistics)?;
/// assert_eq!(dx, Tensor::from([[0.0], [0.0]]));
/// assert_eq!((dweight, dbias), (Tensor::from([1.0]), Tensor::from([1.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BatchNorm<'a, T: Float> {
    /// The scale of each channel, `[C]`.
    pub weight: &'a Tensor<T>,
    /// The shift of each channel, `[C]`.
    pub bias: &'a Tensor<T>,
    /// What is added to the variance, so that it is never 0.
    pub epsilon: T,
    /// Whether ReLU follows: negative results become 0, and get no gradient.
    pub relu: bool,
}

impl<T: Float> BatchNorm<'_, T> {
    /// The result for images `[N, C, …]`, and the batch's statistics.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn forward(&self, x: &Tensor<T>) -> Result<(Tensor<T>, ChannelStatistics<T>)> {
        let [n, c, pixels] = sizes(x)?;
        check_channels(x, &[("weight", self.weight), ("bias", self.bias)])
            .map_err(|e| e.operation("batch_norm"))?;
        let elements = x.as_slice();
        let count = n * pixels;
        let mut both = memory::try_filled((T::ZERO, T::ZERO), c)?;
        let y = Tensor::build(x.shape(), |out| {
            let out = Shared::new(out);
            threads::chunks_mut(&mut both, 1, 4 * x.numel(), |channel, both| {
                let (mean, variance) = moments(elements, planes(channel, [n, c, pixels]), count);
                let [scale, shift] = self.folded(channel, mean, variance);
                for plane in planes(channel, [n, c, pixels]) {
                    let x = &elements[plane.clone()];
                    // SAFETY: each channel has one task.
                    let out = unsafe { out.part(plane) };
                    if self.relu {
                        scale_shift_relu(x, scale, shift, out);
                    } else {
                        scale_shift(x, scale, shift, out);
                    }
                }
                both[0] = (mean, variance);
            });
        })?;
        let (mean, variance): (Vec<T>, Vec<T>) = both.into_iter().unzip();
        Ok((y, ChannelStatistics { mean: mean.into(), variance: variance.into(), count }))
    }

    /// The gradients of the input, the weight and the bias.
    ///
    /// With `x̂ = (x − mean) · r` and `r = 1 / √(variance + ε)`:
    /// `dbias = Σ dy`, `dweight = Σ dy · x̂`, and because mean and variance depend on `x` too,
    /// `dx = weight · r · (dy − dbias / n − x̂ · dweight / n)`.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn gradient(
        &self,
        dy: &Tensor<T>,
        x: &Tensor<T>,
        statistics: &ChannelStatistics<T>,
    ) -> Result<[Tensor<T>; 3]> {
        let [n, c, pixels] = sizes(x)?;
        if dy.shape() != x.shape() {
            return Err(Error::shape(format!("dy {} should be {}", dy.shape(), x.shape()))
                .operation("batch_norm_grad"));
        }
        let ChannelStatistics { mean, variance, count } = statistics;
        let numbers =
            [("weight", self.weight), ("bias", self.bias), ("mean", mean), ("variance", variance)];
        check_channels(x, &numbers).map_err(|e| e.operation("batch_norm_grad"))?;
        let (xs, dys, n_values) = (x.as_slice(), dy.as_slice(), T::of(*count as f64));
        let mut both = memory::try_filled((T::ZERO, T::ZERO), c)?;
        let dx = Tensor::build(x.shape(), |out| {
            let out = Shared::new(out);
            threads::chunks_mut(&mut both, 1, 4 * x.numel(), |channel, both| {
                let (mean, variance) = (mean.as_slice()[channel], variance.as_slice()[channel]);
                let [scale, shift] = self.folded(channel, mean, variance);
                let reciprocal = T::ONE / (variance + self.epsilon).sqrt();
                // Without ReLU, the mask lets everything through.
                let mask = if self.relu { (scale, shift) } else { (T::ZERO, T::ONE) };
                let (mut bias, mut weight) = (T::ZERO, T::ZERO);
                for plane in planes(channel, [n, c, pixels]) {
                    let [sum, products] = sums(&dys[plane.clone()], &xs[plane], mean, mask);
                    bias += sum;
                    weight += products;
                }
                weight *= reciprocal;
                let from_variance = weight / n_values * reciprocal;
                for plane in planes(channel, [n, c, pixels]) {
                    // SAFETY: each channel has one task.
                    let out = unsafe { out.part(plane.clone()) };
                    let terms = [scale, bias / n_values, mean, from_variance];
                    input_grad(&dys[plane.clone()], &xs[plane], terms, mask, out);
                }
                both[0] = (weight, bias);
            });
        })?;
        let (weight, bias): (Vec<T>, Vec<T>) = both.into_iter().unzip();
        Ok([dx, weight.into(), bias.into()])
    }

    /// The normalisation of a channel as one multiplication and one addition.
    fn folded(&self, channel: usize, mean: T, variance: T) -> [T; 2] {
        let scale = self.weight.as_slice()[channel] / (variance + self.epsilon).sqrt();
        [scale, self.bias.as_slice()[channel] - mean * scale]
    }
}

/// The planes of one channel, image by image.
pub(super) fn planes(
    channel: usize,
    [n, c, pixels]: [usize; 3],
) -> impl Iterator<Item = Range<usize>> + Clone {
    (0..n).map(move |image| {
        let start = (image * c + channel) * pixels;
        start..start + pixels
    })
}

/// The mean and the biased variance, in two passes.
pub(super) fn moments<T: Float>(
    elements: &[T],
    planes: impl Iterator<Item = Range<usize>> + Clone,
    count: usize,
) -> (T, T) {
    let divisor = T::of(count as f64);
    let mean = planes.clone().map(|plane| sum_slice(&elements[plane])).sum::<T>() / divisor;
    let squares = planes.map(|plane| sum_squares(&elements[plane], mean)).sum::<T>();
    (mean, squares / divisor)
}

/// Sums in flight: four vectors of eight `f32`.
const LANES: usize = 32;

vectorized! {
    fn scale_shift<T: Float>(x: &[T], scale: T, shift: T, out: &mut [T]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = x * scale + shift;
        }
    }
}

vectorized! {
    fn scale_shift_relu<T: Float>(x: &[T], scale: T, shift: T, out: &mut [T]) {
        for (out, &x) in out.iter_mut().zip(x) {
            let y = x * scale + shift;
            // NaN stays what it is.
            *out = if y <= T::ZERO { T::ZERO } else { y };
        }
    }
}

/// The gradient behind ReLU's: 0 where the result was cut off.
#[inline(always)]
fn through_mask<T: Float>(dy: T, x: T, (scale, shift): (T, T)) -> T {
    if x * scale + shift <= T::ZERO { T::ZERO } else { dy }
}

vectorized! {
    /// The sums of the gradient and of its product with what the input is above the mean.
    fn sums<T: Float>(dy: &[T], x: &[T], mean: T, mask: (T, T)) -> [T; 2] {
        let mut plain = [T::ZERO; LANES];
        let mut products = [T::ZERO; LANES];
        let ((dys, dy_rest), (xs, x_rest)) = (dy.as_chunks::<LANES>(), x.as_chunks::<LANES>());
        for (dys, xs) in dys.iter().zip(xs) {
            for lane in 0..LANES {
                let dy = through_mask(dys[lane], xs[lane], mask);
                plain[lane] += dy;
                products[lane] += dy * (xs[lane] - mean);
            }
        }
        for (lane, (&dy, &x)) in dy_rest.iter().zip(x_rest).enumerate() {
            let dy = through_mask(dy, x, mask);
            plain[lane] += dy;
            products[lane] += dy * (x - mean);
        }
        [add_lanes(plain), add_lanes(products)]
    }
}

vectorized! {
    fn input_grad<T: Float>(dy: &[T], x: &[T], terms: [T; 4], mask: (T, T), out: &mut [T]) {
        let [scale, from_mean, mean, from_variance] = terms;
        for (out, (&dy, &x)) in out.iter_mut().zip(dy.iter().zip(x)) {
            let dy = through_mask(dy, x, mask);
            *out = scale * (dy - from_mean - (x - mean) * from_variance);
        }
    }
}
