//! Batch normalisation over the channels of images.
//!
//! `y = (x − mean) / √(variance + ε) · weight + bias`, mean and (biased) variance of each channel
//! over the batch and its pixels. Source: Ioffe and Szegedy, "Batch Normalization" (2015).

mod training;

pub use training::BatchNorm;

use crate::element::Float;
use crate::error::{Error, Result};
use crate::tensor::Tensor;
use crate::threads;

/// The mean and variance of each channel, `[C]` each.
///
/// ```
/// use plywood_tensor::{Tensor, channel_statistics};
///
/// let x = Tensor::from([[1.0, 10.0], [3.0, 10.0]]); // [N, C]
/// let statistics = channel_statistics(&x)?;
/// assert_eq!(statistics.mean, Tensor::from([2.0, 10.0]));
/// assert_eq!(statistics.variance, Tensor::from([1.0, 0.0]));
/// assert_eq!(statistics.count, 2);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ChannelStatistics<T: Float> {
    /// The mean.
    pub mean: Tensor<T>,
    /// The biased variance: divided by the number of values.
    pub variance: Tensor<T>,
    /// How many values each channel has: `N · H · W`.
    pub count: usize,
}

/// `[N, C, …]` as images, channels and the pixels of the rest.
fn sizes<T: Float>(x: &Tensor<T>) -> Result<[usize; 3]> {
    match &x.shape()[..] {
        [n, c, rest @ ..] => Ok([*n, *c, rest.iter().product()]),
        _ => Err(Error::shape(format!("input {} should have axes (N, C, …)", x.shape()))
            .operation("batch_norm")),
    }
}

/// The mean and variance of each channel, in two passes.
///
/// # Errors
/// When `x` has not at least two axes.
pub fn channel_statistics<T: Float>(x: &Tensor<T>) -> Result<ChannelStatistics<T>> {
    let [n, c, pixels] = sizes(x)?;
    let count = n * pixels;
    let both = threads::map(c, x.numel(), |channel| {
        training::moments(x.as_slice(), training::planes(channel, [n, c, pixels]), count)
    });
    let (mean, variance): (Vec<T>, Vec<T>) = both.into_iter().unzip();
    Ok(ChannelStatistics { mean: mean.into(), variance: variance.into(), count })
}

/// Whether there is one number for each channel of `x`.
fn check_channels<T: Float>(x: &Tensor<T>, numbers: &[(&str, &Tensor<T>)]) -> Result<()> {
    let c = x.shape()[1];
    match numbers.iter().find(|(_, of)| of.shape()[..] != [c]) {
        None => Ok(()),
        Some((name, wrong)) => Err(Error::shape(format!(
            "input {} (N, C, …) has {c} channels, the {name} is {}",
            x.shape(),
            wrong.shape()
        ))),
    }
}

/// `x · scale + shift`, a number of each for each channel.
///
/// # Errors
/// When the shapes don't fit.
pub fn scale_shift<T: Float>(
    x: &Tensor<T>,
    scale: &Tensor<T>,
    shift: &Tensor<T>,
) -> Result<Tensor<T>> {
    let [_, c, pixels] = sizes(x)?;
    check_channels(x, &[("scale", scale), ("shift", shift)])
        .map_err(|e| e.operation("batch_norm"))?;
    let (elements, scale, shift) = (x.as_slice(), scale.as_slice(), shift.as_slice());
    Tensor::build(x.shape(), |out| {
        let cost = out.len();
        threads::chunks_mut(out, pixels, cost, |plane, out| {
            let (scale, shift) = (scale[plane % c], shift[plane % c]);
            for (out, &x) in out.iter_mut().zip(&elements[plane * pixels..]) {
                *out = x * scale + shift;
            }
        });
    })
}
