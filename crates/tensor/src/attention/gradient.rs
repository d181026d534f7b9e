//! The gradients of an attention, from weights that are computed again.
//!
//! With the weights `P`, after dropout `D`: `dV = Dᵀ · dY`, `dD = dY · Vᵀ`, through the softmax
//! `dS = P ∘ (dP − Σ P ∘ dP) · scale`, and `dQ = dS · K`, `dK = dSᵀ · Q`.

use super::layout::{Rows, Sizes, padded};
use super::scores::{Scores, slopes};
use super::{Attention, block_rows, store};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::memory;
use crate::panels::{Left, multiply};
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, Shared};

impl<T: Float> Attention<T> {
    /// The gradient of each operand, from what [`forward`](Self::forward) has given beside the
    /// result.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn gradient(
        &self,
        dy: &Tensor<T>,
        operands: &[&Tensor<T>],
        log_sums: &Tensor<T>,
    ) -> Result<Vec<Tensor<T>>> {
        let sizes = self.sizes(operands)?;
        if dy.shape() != sizes.result || log_sums.numel() != sizes.matrices * sizes.l {
            return Err(Error::shape(format!(
                "dy {} should be {}, the logarithms of the sums {} [{}, {}]",
                dy.shape(),
                sizes.result,
                log_sums.shape(),
                sizes.matrices,
                sizes.l
            )));
        }
        let scores = Scores::new(self, &sizes)?;
        let mut all = operands
            .iter()
            .map(|operand| Storage::try_stale(operand.numel()))
            .collect::<Result<Vec<Storage<T>>>>()?;
        let outputs: Vec<Shared<T>> = all.iter_mut().map(|out| Shared::new(out)).collect();
        memory::guard(|| {
            threads::for_each(sizes.matrices, 3 * sizes.multiply_adds() as usize, |matrix| {
                let head = Head {
                    sizes: &sizes,
                    scores: &scores,
                    matrix,
                    operands: sizes.of_matrix(operands, matrix),
                    dy: Rows::new(dy, &sizes.y, matrix),
                    log_sums: &log_sums.as_slice()[matrix * sizes.l..][..sizes.l],
                };
                head.gradient(&outputs);
            });
            Ok(())
        })?;
        drop(outputs);
        let tensors = all.into_iter().zip(operands);
        Ok(tensors.map(|(storage, operand)| Tensor::own(storage, operand.shape())).collect())
    }
}

/// The gradient of one head of one sample.
struct Head<'a, T: Float> {
    sizes: &'a Sizes,
    scores: &'a Scores<'a, T>,
    matrix: usize,
    operands: [Rows<'a, T>; 3],
    dy: Rows<'a, T>,
    log_sums: &'a [T],
}

impl<T: Float> Head<'_, T> {
    fn gradient(&self, outputs: &[Shared<T>]) {
        let Sizes { l, s, e, ev, .. } = *self.sizes;
        let [q, k, v] = self.operands;
        let (all_keys, all_values) = (k.as_columns(s, e), v.as_columns(s, ev));
        let key_rows = k.as_rows(s, e);
        let (mut dk, mut dv) = (Storage::stale(s * padded(e)), Storage::stale(s * padded(ev)));
        dk.fill(T::ZERO);
        dv.fill(T::ZERO);
        let rows = block_rows(self.sizes);
        // Whole panels of keys, since all blocks share them: a causal block may have fewer keys.
        let stride = padded(s);
        let mut weights = Storage::stale(rows * stride);
        let mut slope = Storage::stale(rows * stride);
        let mut dropped = Storage::stale(if self.scores.drops() { rows * stride } else { 0 });
        let mut dq = Storage::stale(rows * padded(e));
        for first in (0..l).step_by(rows) {
            let queries = first..l.min(first + rows);
            let count = queries.len();
            let size = count * stride;
            let (weights, slope) = (&mut weights[..size], &mut slope[..size]);
            multiply([count, e], q.from(first), &all_keys, weights, false);
            self.scores.softmax_again(
                self.matrix,
                queries.clone(),
                weights,
                &self.log_sums[first..],
            );
            multiply([count, ev], self.dy.from(first), &all_values, slope, false);
            let dropped = if self.scores.drops() {
                let dropped = &mut dropped[..size];
                dropped.copy_from_slice(weights);
                self.scores.drop_some(self.matrix, queries.clone(), dropped);
                self.scores.drop_some(self.matrix, queries.clone(), slope);
                &*dropped
            } else {
                &*weights
            };
            let crossed = |elements| Left { elements, row: 1, depth: stride };
            let dy = self.dy.rows_from(first, count, ev);
            multiply([s, count], crossed(dropped), &dy, &mut dv, true);
            let lines = stride.max(1); // there may be no keys
            for (weights, slope) in weights.chunks(lines).zip(slope.chunks_mut(lines)) {
                slopes(weights, slope, self.scores.scale);
            }
            let left = Left { elements: slope, row: stride, depth: 1 };
            multiply([count, s], left, &key_rows, &mut dq, false);
            let queries_of_block = q.rows_from(first, count, e);
            multiply([s, count], crossed(slope), &queries_of_block, &mut dk, true);
            self.store(outputs, 0, queries, e, &dq);
        }
        self.store(outputs, 1, 0..s, e, &dk);
        self.store(outputs, 2, 0..s, ev, &dv);
    }

    /// Writes the gradient of queries, keys or values to its place.
    fn store(
        &self,
        outputs: &[Shared<T>],
        which: usize,
        rows: std::ops::Range<usize>,
        width: usize,
        padded: &[T],
    ) {
        let part = &self.sizes.parts[which];
        store(padded, width, rows, |row| {
            let at = part.at(self.matrix, row);
            // SAFETY: each head of each sample belongs to one task.
            unsafe { outputs[part.operand].part(at..at + width) }
        });
    }
}
