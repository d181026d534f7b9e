//! Attention as its definition says, with all scores at once: the reference for the fast kernel.

use super::{Attention, Heads};
use crate::element::Float;
use crate::error::Result;
use crate::tensor::Tensor;

/// The heads of a part of a row, `[B, L, …]` to `[B, H, L, E]`.
fn heads_of<T: Float>(x: &Tensor<T>, part: usize, parts: usize, heads: usize) -> Result<Tensor<T>> {
    let [b, l, width] = [0, 1, 2].map(|axis: usize| x.shape()[axis]);
    let inner = width / parts;
    let part = x.narrow(2, part * inner, inner)?;
    part.reshape([b, l, heads, inner / heads])?.permute(&[0, 2, 1, 3])
}

/// As [`Attention::forward`], without the sums.
///
/// # Errors
/// When the shapes don't fit.
pub fn attention<T: Float>(attention: &Attention<T>, operands: &[&Tensor<T>]) -> Result<Tensor<T>> {
    let Attention { heads, options, rng } = attention;
    let [q, k, v] = match (*heads, operands) {
        (Heads::Packed(heads), [x]) => {
            [heads_of(x, 0, 3, heads)?, heads_of(x, 1, 3, heads)?, heads_of(x, 2, 3, heads)?]
        }
        (Heads::Crossed(heads), [q, kv]) => {
            [heads_of(q, 0, 1, heads)?, heads_of(kv, 0, 2, heads)?, heads_of(kv, 1, 2, heads)?]
        }
        (_, operands) => [0, 1, 2].map(|which: usize| operands[which].clone()),
    };
    let axes = q.rank();
    let (l, s, e) = (q.shape()[axes - 2], k.shape()[axes - 2], q.shape()[axes - 1]);
    let scale = options.scale.unwrap_or(1.0 / (e as f64).sqrt());
    let mut scores = q.matmul(k.t())?.into_map(|x| x * T::of(scale));
    if let Some(mask) = &options.mask {
        scores = scores.add(mask)?;
    }
    if options.causal {
        let later = |index: &[usize]| if index[1] > index[0] { T::NEG_INFINITY } else { T::ZERO };
        scores = scores.add(&Tensor::from_fn([l, s], later))?;
    }
    // Where nothing is to be seen, softmax divides 0 by 0.
    let mut weights = scores.softmax(-1)?.into_map(|w| if w.finite() { w } else { T::ZERO });
    if options.dropout > 0.0 {
        let matrices = q.numel() / (l * e).max(1);
        let keep = 1.0 - options.dropout;
        let kept = rng.clone().bernoulli([matrices, l, s.next_multiple_of(4)], keep);
        let kept = kept.narrow(2, 0, s)?.reshape(weights.shape())?;
        weights = weights.zip(&kept, |w, kept| w * kept * T::of(1.0 / keep))?;
    }
    let y = weights.matmul(&v)?;
    if *heads == Heads::Apart {
        return Ok(y);
    }
    let [b, h, l, e] = [0, 1, 2, 3].map(|axis: usize| y.shape()[axis]);
    y.permute(&[0, 2, 1, 3])?.reshape([b, l, h * e])
}
