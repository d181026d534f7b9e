//! Layer normalisation as its definition says: the reference for the fast kernel.

use super::LayerNorm;
use crate::element::Float;
use crate::error::Result;
use crate::tensor::Tensor;

/// As [`LayerNorm::forward`], without the statistics.
///
/// # Errors
/// When the shapes don't fit.
pub fn layer_norm<T: Float>(x: &Tensor<T>, norm: &LayerNorm<T>) -> Result<Tensor<T>> {
    let length = norm.check(x)?;
    let n = T::of(length as f64);
    let mut y = Vec::with_capacity(x.numel());
    for row in x.as_slice().chunks(length.max(1)) {
        let mean = if norm.centered { row.iter().copied().sum::<T>() / n } else { T::ZERO };
        let variance = row.iter().map(|&x| (x - mean) * (x - mean)).sum::<T>() / n;
        let deviation = (variance + norm.epsilon).sqrt();
        for (place, &x) in row.iter().enumerate() {
            let shift = norm.bias.map_or(T::ZERO, |bias| bias.as_slice()[place]);
            y.push((x - mean) / deviation * norm.weight.as_slice()[place] + shift);
        }
    }
    Tensor::from_vec(y, x.shape())
}
