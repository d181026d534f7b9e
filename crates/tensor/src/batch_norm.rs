//! Batch normalisation over the channels of images.
//!
//! `y = (x − mean) / √(variance + ε) · weight + bias`, mean and (biased) variance of each channel
//! over the batch and its pixels. Source: Ioffe and Szegedy, "Batch Normalization" (2015).

use crate::element::Float;
use crate::error::{Error, Result};
use crate::reduce::sum_slice;
use crate::tensor::Tensor;
use crate::threads;

/// The mean and variance of each channel, `[C]` each.
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

/// Sums `f` over all images for each channel.
fn per_channel<T: Float, R: Send>(
    x: &Tensor<T>,
    f: impl Fn(usize, &mut dyn Iterator<Item = std::ops::Range<usize>>) -> R + Sync,
) -> Result<Vec<R>> {
    let [n, c, pixels] = sizes(x)?;
    Ok(threads::map(c, x.numel(), |channel| {
        f(
            channel,
            &mut (0..n).map(|image| {
                let start = (image * c + channel) * pixels;
                start..start + pixels
            }),
        )
    }))
}

/// The mean and variance of each channel, in two passes.
///
/// # Errors
/// When `x` has not at least two axes.
pub fn channel_statistics<T: Float>(x: &Tensor<T>) -> Result<ChannelStatistics<T>> {
    let [n, _, pixels] = sizes(x)?;
    let count = n * pixels;
    let divisor = T::of(count as f64);
    let elements = x.as_slice();
    let both = per_channel(x, |_, planes| {
        let planes: Vec<_> = planes.collect();
        let sums: Vec<T> = planes.iter().map(|plane| sum_slice(&elements[plane.clone()])).collect();
        let mean = sum_slice(&sums) / divisor;
        let mut squares = vec![T::ZERO; pixels];
        let sums: Vec<T> = planes
            .iter()
            .map(|plane| {
                for (square, &x) in squares.iter_mut().zip(&elements[plane.clone()]) {
                    *square = (x - mean) * (x - mean);
                }
                sum_slice(&squares)
            })
            .collect();
        (mean, sum_slice(&sums) / divisor)
    })?;
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
    Ok(Tensor::build(x.shape(), |out| {
        let cost = out.len();
        threads::chunks_mut(out, pixels, cost, |plane, out| {
            let (scale, shift) = (scale[plane % c], shift[plane % c]);
            for (out, &x) in out.iter_mut().zip(&elements[plane * pixels..]) {
                *out = x * scale + shift;
            }
        });
    }))
}

/// The gradients of a batch normalisation in training: of its input, weight and bias.
///
/// With `x̂ = (x − mean) · r` and `r = 1 / √(variance + ε)`:
/// `dbias = Σ dy`, `dweight = Σ dy · x̂`, and because mean and variance depend on `x` too,
/// `dx = weight · r · (dy − dbias / n − x̂ · dweight / n)`.
///
/// # Errors
/// When the shapes don't fit.
pub fn batch_norm_grad<T: Float>(
    dy: &Tensor<T>,
    x: &Tensor<T>,
    statistics: &ChannelStatistics<T>,
    weight: &Tensor<T>,
    epsilon: T,
) -> Result<[Tensor<T>; 3]> {
    let [_, c, pixels] = sizes(x)?;
    if dy.shape() != x.shape() {
        return Err(Error::shape(format!("dy {} should be {}", dy.shape(), x.shape()))
            .operation("batch_norm_grad"));
    }
    let ChannelStatistics { mean, variance, .. } = statistics;
    let numbers = [("weight", weight), ("mean", mean), ("variance", variance)];
    check_channels(x, &numbers).map_err(|e| e.operation("batch_norm_grad"))?;
    let (xs, dys) = (x.as_slice(), dy.as_slice());
    let mean = mean.as_slice();
    let reciprocal: Vec<T> =
        variance.as_slice().iter().map(|&v| T::ONE / (v + epsilon).sqrt()).collect();
    let sums = per_channel(x, |channel, planes| {
        let mut products = vec![T::ZERO; pixels];
        let (mut bias, mut weight) = (Vec::new(), Vec::new());
        for plane in planes {
            bias.push(sum_slice(&dys[plane.clone()]));
            let pairs = xs[plane.clone()].iter().zip(&dys[plane]);
            for (product, (&x, &dy)) in products.iter_mut().zip(pairs) {
                *product = (x - mean[channel]) * dy;
            }
            weight.push(sum_slice(&products));
        }
        (sum_slice(&bias), sum_slice(&weight) * reciprocal[channel])
    })?;
    let (bias, scale): (Vec<T>, Vec<T>) = sums.into_iter().unzip();
    let n = T::of(statistics.count as f64);
    let weight = weight.as_slice();
    let dx = Tensor::build(x.shape(), |out| {
        let cost = out.len();
        threads::chunks_mut(out, pixels, cost, |plane, out| {
            let channel = plane % c;
            let r = reciprocal[channel];
            let factor = weight[channel] * r;
            let (from_mean, from_variance) = (bias[channel] / n, scale[channel] / n * r);
            let start = plane * pixels;
            let pairs = xs[start..].iter().zip(&dys[start..]);
            for (out, (&x, &dy)) in out.iter_mut().zip(pairs) {
                *out = factor * (dy - from_mean - (x - mean[channel]) * from_variance);
            }
        });
    });
    Ok([dx, scale.into(), bias.into()])
}
