//! Local response normalisation: each channel is divided by the size of its neighbours.
//!
//! `y = x · d^−β`, `d = k + α / size · Σ x²` over the `size` channels around, at the same pixel.
//! Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
//! networks" (2012), where α is not divided by the size.

use std::ops::Range;

use crate::element::Float;
use crate::error::{Error, Result};
use crate::settings::check_setting;
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::threads;

/// The settings of a local response normalisation; PyTorch's definition and defaults: each channel is divided by
/// `(k + α · mean square)^β`, the mean square being that of the channels around it.
///
/// Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks"
/// (2012).
///
/// ```
/// use plywood_tensor::{LocalResponseOptions, Tensor, local_response_norm};
///
/// let options = LocalResponseOptions { size: 3, alpha: 3.0, beta: 0.5, k: 2.0 };
/// let y = local_response_norm(&Tensor::from([[1.0, 1.0]]), &options)?; // [N, C]
/// assert_eq!(y, Tensor::from([[0.5, 0.5]])); // 1 / √(2 + 3 · (1 + 1) / 3)
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalResponseOptions {
    /// How many channels count, the own one in the middle; of an even number one more before it
    /// than after it.
    pub size: usize,
    /// The weight of their mean square.
    pub alpha: f64,
    /// The exponent.
    pub beta: f64,
    /// What is added to the mean square.
    pub k: f64,
}

impl Default for LocalResponseOptions {
    fn default() -> Self {
        Self { size: 5, alpha: 1e-4, beta: 0.75, k: 1.0 }
    }
}

impl LocalResponseOptions {
    /// `[N, C, …]` as the channels, and the pixels of the rest.
    ///
    /// # Errors
    /// When there is no channel axis, or a setting makes no sense.
    pub fn check(&self, x: Shape) -> Result<[usize; 2]> {
        check_setting("size", self.size, 1.0..)?;
        for (name, number) in [("α", self.alpha), ("β", self.beta), ("k", self.k)] {
            check_setting(name, number, ..)?;
        }
        match &x[..] {
            [_, c, rest @ ..] => Ok([*c, rest.iter().product()]),
            _ => Err(Error::shape(format!("input {x} should have axes (N, C, …)"))),
        }
    }

    /// The channels that count for one.
    fn around(&self, channel: usize, channels: usize) -> Range<usize> {
        let after = (self.size - 1) / 2;
        channel.saturating_sub(self.size / 2)..channel.saturating_add(after + 1).min(channels)
    }

    /// The channels that one counts for.
    fn reached_by(&self, channel: usize, channels: usize) -> Range<usize> {
        let before = (self.size - 1) / 2;
        channel.saturating_sub(before)..channel.saturating_add(self.size / 2 + 1).min(channels)
    }
}

/// The planes of one channel after another: `of` gives those that are summed for a channel, `f` what
/// of each element, and `finish` makes an element of a sum.
fn sums<T: Float>(
    shape: Shape,
    [c, pixels]: [usize; 2],
    size: usize,
    of: impl Fn(usize) -> Range<usize> + Sync,
    f: impl Fn(usize) -> T + Sync,
    finish: impl Fn(usize, T) -> T + Sync,
) -> Result<Tensor<T>> {
    let cost = shape.numel().saturating_mul(size.min(c) + 8);
    Tensor::build(shape, |out| {
        threads::chunks_mut(out, pixels, cost, |plane, out| {
            out.fill(T::ZERO);
            let first = plane - plane % c;
            for channel in of(plane % c) {
                let start = (first + channel) * pixels;
                for (place, out) in out.iter_mut().enumerate() {
                    *out += f(start + place);
                }
            }
            for (place, out) in out.iter_mut().enumerate() {
                *out = finish(plane * pixels + place, *out);
            }
        });
    })
}

/// `d` of each element.
fn divisors<T: Float>(x: &Tensor<T>, options: &LocalResponseOptions) -> Result<Tensor<T>> {
    let sizes = options.check(x.shape())?;
    let share = T::of(options.alpha / options.size as f64);
    let k = T::of(options.k);
    let elements = x.as_slice();
    sums(
        x.shape(),
        sizes,
        options.size,
        |channel| options.around(channel, sizes[0]),
        |place| elements[place] * elements[place],
        |_, sum| k + share * sum,
    )
}

/// Normalises `[N, C, …]` across neighbouring channels.
///
/// # Errors
/// When there is no channel axis, or a setting makes no sense.
pub fn local_response_norm<T: Float>(
    x: &Tensor<T>,
    options: &LocalResponseOptions,
) -> Result<Tensor<T>> {
    let divisors = divisors(x, options).map_err(|e| e.operation("local_response_norm"))?;
    let exponent = T::of(-options.beta);
    divisors.zip_into(x, |d, x| x * d.powf(exponent))
}

/// The gradient with respect to the input:
/// `dx = dy · d^−β − 2αβ / size · x · Σ dy · x · d^(−β − 1)`, the sum over the channels that this one
/// counts for.
///
/// # Errors
/// When the shapes differ, or as [`local_response_norm`].
pub fn local_response_norm_grad<T: Float>(
    dy: &Tensor<T>,
    x: &Tensor<T>,
    options: &LocalResponseOptions,
) -> Result<Tensor<T>> {
    let refuse = |error: Error| error.operation("local_response_norm_grad");
    let sizes = options.check(x.shape()).map_err(refuse)?;
    if dy.shape() != x.shape() {
        return Err(refuse(Error::shape(format!("dy {} should be {}", dy.shape(), x.shape()))));
    }
    let divisors = divisors(x, options).map_err(refuse)?;
    let exponent = T::of(-options.beta);
    let factor = T::of(2.0 * options.alpha * options.beta / options.size as f64);
    let powers = divisors.map(|d| d.powf(exponent));
    let (ds, powers) = (divisors.as_slice(), powers.as_slice());
    let (xs, dys) = (x.as_slice(), dy.as_slice());
    sums(
        x.shape(),
        sizes,
        options.size,
        |channel| options.reached_by(channel, sizes[0]),
        |place| dys[place] * xs[place] * powers[place] / ds[place],
        |place, sum| dys[place] * powers[place] - factor * xs[place] * sum,
    )
}

pub(crate) mod naive {
    //! The same, one element after another.

    use super::*;

    /// As [`local_response_norm`](super::local_response_norm).
    ///
    /// # Errors
    /// When there is no channel axis, or a setting makes no sense.
    pub fn local_response_norm<T: Float>(
        x: &Tensor<T>,
        options: &LocalResponseOptions,
    ) -> Result<Tensor<T>> {
        let [channels, _] = options.check(x.shape())?;
        Ok(Tensor::from_fn(x.shape(), |index| {
            let squares = (0..options.size).filter_map(|offset| {
                let mut index = index.to_vec();
                index[1] = (index[1] + offset).checked_sub(options.size / 2)?;
                let x = (index[1] < channels).then(|| x.get(&index).expect("inside"))?;
                Some(x * x)
            });
            let mean = squares.sum::<T>() / T::of(options.size as f64);
            let divisor = T::of(options.k) + T::of(options.alpha) * mean;
            x.get(index).expect("inside") / divisor.powf(T::of(options.beta))
        }))
    }
}
