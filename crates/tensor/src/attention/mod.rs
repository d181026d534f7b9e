//! Scaled dot-product attention: `softmax(q · kᵀ · scale + mask) · v`, and its gradients.
//!
//! ```text
//!                keys s                          features e
//!            ┌─────────────┐                    ┌─────────┐
//!  queries l │ block       │ softmax of   keys  │    v    │    block of the result
//!            │ of scores   │ each row  ·     s  │         │ =  ┌─────────┐
//!            └─────────────┘                    └─────────┘    └─────────┘
//! ```
//!
//! The scores of a block of queries exist at a time, never all of them: the gradient computes them
//! again, from one number that is kept for each row, the logarithm of its sum of exponentials. Heads
//! are read where a projection has left them, side by side in the rows of one matrix, and so are
//! their gradients written: nothing is moved for their sake.
//!
//! A task has a block of queries of one head; that of the gradient has all blocks of one head,
//! because each adds to the gradients of all keys and values.
//!
//! Sources: Vaswani et al., "Attention is all you need" (2017); Dao et al., "FlashAttention" (2022).
#![allow(unsafe_code, reason = "tasks write disjoint rows of one result")]

mod gradient;
mod layout;
pub(crate) mod naive;

mod scores;

pub use layout::Heads;

use std::ops::Range;

use self::layout::Sizes;
use self::scores::Scores;
use crate::element::Float;
use crate::error::{Error, Result};
use crate::panels::{COLUMNS, Left, multiply};
use crate::rng::Rng;
use crate::settings::check_setting;
use crate::shape::Shape;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, Shared};

/// Scores of a block, which stay in the second-level cache together with those of their gradient.
const BLOCK: usize = 24 * 1024;
/// Queries of a block at least, and at most.
const QUERIES: [usize; 2] = [12, 96];

/// What may be set of an attention.
///
/// ```
/// use plywood_tensor::{Attention, AttentionOptions, Heads, Rng, Seed, Tensor};
///
/// let options = AttentionOptions { causal: true, ..AttentionOptions::default() };
/// let attention = Attention { heads: Heads::Apart, options, rng: Rng::new(Seed(7)) };
/// let q = Tensor::zeros([1, 2, 1]); // [B, L, E]: queries that fit all keys alike
/// let k = Tensor::zeros([1, 2, 1]); // [B, S, E]
/// let v = Tensor::from([[[2.0], [4.0]]]); // [B, S, V]
/// let (y, _log_sums) = attention.forward(&[&q, &k, &v])?;
/// // The first query sees the first key alone, the second one both.
/// assert_eq!(y, Tensor::from([[[2.0], [3.0]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AttentionOptions<T: Float> {
    /// Whether a query sees the keys up to its own place only.
    pub causal: bool,
    /// What is added to the scores, −∞ where a key isn't to be seen: `[…, L, S]` or `[…, 1, S]`,
    /// which broadcasts to the batch's axes and the heads in front.
    pub mask: Option<Tensor<T>>,
    /// What scores are multiplied by; 1 / √E if nothing else is said.
    pub scale: Option<f64>,
    /// The probability with which a weight is set to 0, the others being scaled up.
    pub dropout: f64,
}

impl<T: Float> Default for AttentionOptions<T> {
    fn default() -> Self {
        Self { causal: false, mask: None, scale: None, dropout: 0.0 }
    }
}

/// An attention: how its operands lie, its settings, and the generator of its dropout.
///
/// Source: Vaswani et al., "Attention is all you need" (2017).
///
/// ```
/// use plywood_tensor::{Attention, AttentionOptions, Heads, Rng, Seed, Tensor};
///
/// let options = AttentionOptions::default();
/// let attention = Attention { heads: Heads::Apart, options, rng: Rng::new(Seed(7)) };
/// let q = Tensor::zeros([1, 2, 1]); // [B, L, E]: queries that fit all keys alike
/// let k = Tensor::zeros([1, 2, 1]); // [B, S, E]
/// let v = Tensor::from([[[2.0], [4.0]]]); // [B, S, V]
/// let (y, _log_sums) = attention.forward(&[&q, &k, &v])?;
/// assert_eq!(y, Tensor::from([[[3.0], [3.0]]])); // the mean of the values
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Attention<T: Float> {
    /// How the operands lie.
    pub heads: Heads,
    /// The settings.
    pub options: AttentionOptions<T>,
    /// Where dropout comes from: a generator that nothing was drawn from. The weight of query `i` and
    /// key `j` of matrix `m` is its element `[m, i, j]` of `[matrices, L, S]`, `S` rounded up to a
    /// multiple of four.
    pub rng: Rng,
}

impl<T: Float> Attention<T> {
    /// The shape of the result, and the multiply-adds.
    ///
    /// # Errors
    /// When the operands or the mask don't fit, or the dropout is no probability.
    pub fn shape(&self, operands: &[Shape]) -> Result<(Shape, u64)> {
        let sizes = Sizes::new(self.heads, operands)?;
        check_setting("dropout", self.options.dropout, 0.0..=1.0)?;
        if let Some(mask) = &self.options.mask {
            let (shape, scores) = (mask.shape(), sizes.scores);
            let fits = shape.rank() >= 2 && {
                let [l, s] = [shape[shape.rank() - 2], shape[shape.rank() - 1]];
                (l == 1 || l == sizes.l) && s == sizes.s
            };
            let broadcast = shape.broadcast(&scores);
            if !fits || broadcast.map_or(true, |broadcast| broadcast != scores) {
                return Err(Error::shape(format!(
                    "the mask {shape} should be (…, L, S) or (…, 1, S) that broadcasts to \
                     {scores}"
                )));
            }
        }
        Ok((sizes.result, sizes.multiply_adds()))
    }

    /// The result, and of each row of scores the logarithm of its sum of exponentials, `[matrices,
    /// L]`.
    ///
    /// # Errors
    /// As for [`shape`](Self::shape).
    pub fn forward(&self, operands: &[&Tensor<T>]) -> Result<(Tensor<T>, Tensor<T>)> {
        let sizes = self.sizes(operands)?;
        let scores = Scores::new(self, &sizes)?;
        let Sizes { matrices, l, e, ev, .. } = sizes;
        let rows = block_rows(&sizes);
        let blocks = l.div_ceil(rows);
        let mut log_sums = Storage::try_stale(matrices * l)?;
        let result = Tensor::build(sizes.result, |out| {
            let (out, log_sums) = (Shared::new(out), Shared::new(&mut log_sums));
            threads::for_each(matrices * blocks, sizes.multiply_adds() as usize, |task| {
                let (matrix, first) = (task / blocks, task % blocks * rows);
                let queries = first..l.min(first + rows);
                let [q, k, v] = sizes.of_matrix(operands, matrix);
                let keys = scores.keys(queries.end);
                let stride = keys.next_multiple_of(COLUMNS);
                let mut weights = Storage::stale(queries.len() * stride);
                let product = [queries.len(), e];
                multiply(product, q.from(first), &k.as_columns(keys, e), &mut weights, false);
                let sums = matrix * l + queries.start..matrix * l + queries.end;
                // SAFETY: each row of scores belongs to one task.
                let sums = unsafe { log_sums.part(sums) };
                scores.softmax(matrix, queries.clone(), &mut weights, sums);
                scores.drop_some(matrix, queries.clone(), &mut weights);
                let values = v.as_rows(keys, ev);
                let mut y = Storage::stale(queries.len() * ev.next_multiple_of(COLUMNS));
                let left = Left { elements: &weights, row: stride, depth: 1 };
                multiply([queries.len(), keys], left, &values, &mut y, false);
                store(&y, ev, queries, |row| {
                    let at = sizes.y.at(matrix, row);
                    // SAFETY: each row of a head's result belongs to one task.
                    unsafe { out.part(at..at + ev) }
                });
            });
        })?;
        Ok((result, Tensor::own(log_sums, [matrices, l])))
    }

    /// How the operands lie, if they fit.
    fn sizes(&self, operands: &[&Tensor<T>]) -> Result<Sizes> {
        let shapes: Vec<Shape> = operands.iter().map(|operand| operand.shape()).collect();
        self.shape(&shapes)?;
        Sizes::new(self.heads, &shapes)
    }
}

/// The queries of a block.
fn block_rows(sizes: &Sizes) -> usize {
    (BLOCK / sizes.s.max(1)).clamp(QUERIES[0], QUERIES[1])
}

/// Copies rows of `width` elements, padded to whole panels, to where they belong.
fn store<'a, T: Float>(
    padded: &[T],
    width: usize,
    rows: Range<usize>,
    place: impl Fn(usize) -> &'a mut [T],
) {
    let padded = padded.chunks(width.next_multiple_of(COLUMNS).max(1));
    for (row, padded) in rows.zip(padded) {
        place(row).copy_from_slice(&padded[..width]);
    }
}
