//! From scores to weights: scale, mask, softmax and dropout, a row at a time.

use std::ops::Range;

use super::Attention;
use super::layout::Sizes;
use crate::element::Float;
use crate::error::Result;
use crate::matmul::batch_places;
use crate::reduce::sum_slice;
use crate::rng::Rng;
use crate::simd::{add_lanes, vectorized};
use crate::storage::Storage;

/// What is done to the scores of any block.
pub(super) struct Scores<'a, T: Float> {
    causal: bool,
    mask: Option<Mask<'a, T>>,
    pub(super) scale: T,
    dropout: Option<Dropout<'a, T>>,
    l: usize,
    s: usize,
}

struct Mask<'a, T> {
    elements: &'a [T],
    /// Where the mask of each matrix begins.
    firsts: Vec<usize>,
    /// From one row to the next: 0 where all have the same.
    step: usize,
}

struct Dropout<'a, T> {
    rng: &'a Rng,
    keep: f64,
    /// What the kept weights are multiplied by.
    scale: T,
}

impl<'a, T: Float> Scores<'a, T> {
    pub(super) fn new(attention: &'a Attention<T>, sizes: &Sizes) -> Result<Self> {
        let options = &attention.options;
        let mask = match &options.mask {
            None => None,
            Some(mask) => {
                let rows = mask.shape()[mask.rank() - 2];
                let front = crate::shape::Shape::new(&mask.shape()[..mask.rank() - 2])?;
                let firsts = batch_places(front, sizes.scores)?;
                Some(Mask {
                    elements: mask.as_slice(),
                    firsts: firsts.into_iter().map(|matrix| matrix * rows * sizes.s).collect(),
                    step: if rows == 1 { 0 } else { sizes.s },
                })
            }
        };
        let p = options.dropout;
        let dropout = (p > 0.0).then(|| Dropout {
            rng: &attention.rng,
            keep: 1.0 - p,
            scale: if p < 1.0 { T::of(1.0 / (1.0 - p)) } else { T::ZERO },
        });
        let scale = options.scale.unwrap_or(1.0 / (sizes.e.max(1) as f64).sqrt());
        let (causal, scale) = (options.causal, T::of(scale));
        Ok(Self { causal, mask, scale, dropout, l: sizes.l, s: sizes.s })
    }

    /// The keys that the queries before `end` see.
    pub(super) fn keys(&self, end: usize) -> usize {
        if self.causal { self.s.min(end) } else { self.s }
    }

    /// Turns the products of a block into weights, and writes down the logarithms of the sums.
    pub(super) fn softmax(
        &self,
        matrix: usize,
        queries: Range<usize>,
        block: &mut [T],
        log_sums: &mut [T],
    ) {
        for (row, log_sum) in self.rows(matrix, queries, block).zip(log_sums) {
            *log_sum = softmax(row);
        }
    }

    /// Turns the products of a block into weights again.
    pub(super) fn softmax_again(
        &self,
        matrix: usize,
        queries: Range<usize>,
        block: &mut [T],
        log_sums: &[T],
    ) {
        for (row, &log_sum) in self.rows(matrix, queries, block).zip(log_sums) {
            exponentials(row, log_sum);
        }
    }

    /// The part of each row that its query sees, masked; the rest is 0 from here on.
    fn rows<'b>(
        &'b self,
        matrix: usize,
        queries: Range<usize>,
        block: &'b mut [T],
    ) -> impl Iterator<Item = &'b mut [T]> {
        let stride = stride(&queries, block);
        queries.zip(block.chunks_mut(stride)).map(move |(query, row)| {
            let (seen, rest) = row.split_at_mut(self.keys(query + 1));
            rest.fill(T::ZERO);
            match &self.mask {
                None => scaled(seen, self.scale),
                Some(mask) => {
                    let first = mask.firsts[matrix] + query * mask.step;
                    masked(seen, self.scale, &mask.elements[first..]);
                }
            }
            seen
        })
    }

    /// Multiplies the rows of a block by 0 where dropout says so, the others by what makes up for it.
    pub(super) fn drop_some(&self, matrix: usize, queries: Range<usize>, block: &mut [T]) {
        let Some(dropout) = &self.dropout else { return };
        let columns = stride(&queries, block);
        let mut kept = Storage::stale(columns);
        for (query, row) in queries.zip(block.chunks_mut(columns)) {
            let first = (matrix * self.l + query) * self.s.next_multiple_of(4);
            dropout.rng.bernoulli_part(first, dropout.keep, &mut kept);
            multiply(row, &kept, dropout.scale);
        }
    }

    /// Whether weights are dropped.
    pub(super) fn drops(&self) -> bool {
        self.dropout.is_some()
    }
}

/// How far the rows of a block are apart.
fn stride<T>(queries: &Range<usize>, block: &[T]) -> usize {
    block.len().checked_div(queries.len()).unwrap_or(0).max(1)
}

vectorized! {
    fn scaled<T: Float>(x: &mut [T], scale: T) {
        x.iter_mut().for_each(|x| *x *= scale);
    }
}

vectorized! {
    fn masked<T: Float>(x: &mut [T], scale: T, mask: &[T]) {
        x.iter_mut().zip(mask).for_each(|(x, &mask)| *x = *x * scale + mask);
    }
}

vectorized! {
    fn multiply<T: Float>(x: &mut [T], kept: &[T], scale: T) {
        x.iter_mut().zip(kept).for_each(|(x, &kept)| *x *= kept * scale);
    }
}

vectorized! {
    /// The softmax, and `ln Σ exp(x)`. Where nothing is to be seen, all are 0.
    fn softmax<T: Float>(x: &mut [T]) -> T {
        let largest = crate::softmax::largest(x);
        if largest == T::NEG_INFINITY {
            x.fill(T::ZERO);
            return -T::NEG_INFINITY;
        }
        x.iter_mut().for_each(|x| *x = (*x - largest).exp());
        let sum = sum_slice(x);
        let reciprocal = T::ONE / sum;
        x.iter_mut().for_each(|x| *x *= reciprocal);
        largest + sum.ln()
    }
}

vectorized! {
    /// `exp(x − log_sum)`
    fn exponentials<T: Float>(x: &mut [T], log_sum: T) {
        x.iter_mut().for_each(|x| *x = (*x - log_sum).exp());
    }
}

vectorized! {
    /// The gradient behind the softmax and the scale, from the weights and their gradient:
    /// `dx = w · (dw − Σ w · dw) · scale`, in the place of `dw`.
    pub(super) fn slopes<T: Float>(weights: &[T], dw: &mut [T], scale: T) {
        let mut lanes = [T::ZERO; 16];
        for (weights, dw) in weights.chunks(16).zip(dw.chunks(16)) {
            for (lane, (&w, &dw)) in lanes.iter_mut().zip(weights.iter().zip(dw)) {
                *lane += w * dw;
            }
        }
        let sum = add_lanes(lanes);
        for (dw, &w) in dw.iter_mut().zip(weights) {
            *dw = w * (*dw - sum) * scale;
        }
    }
}
