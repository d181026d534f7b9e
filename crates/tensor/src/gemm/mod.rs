//! The matrix product under everything: `C = A · B`, by blocks that stay in the caches.
//!
//! ```text
//!            depth k                columns n                 columns n
//!         ┌──────────┐            ┌───┬───┬───┐             ┌───┬───┬───┐
//!  rows m │ panels   │   depth k  │   │   │   │     rows m  │ a task    │
//!         │ of MR    │            │panels of NR│             │ each tile │
//!         └──────────┘            └───┴───┴───┘             └───┴───┴───┘
//! ```
//!
//! A task computes one [tile](block) of `C`: a block of the depth at a time, it [packs](pack) one panel
//! of `B` after the other, and the [kernel] multiplies the panels of `A` with them. Where many tiles
//! need the same rows of `A`, these are packed once for all; elsewhere each task packs its own. Where
//! there are few tiles and the depth is great (the gradient of a convolution's weight), the depth is
//! split among tasks too, and the partial sums are added in order. The [plan] follows from `m`, `k` and
//! `n`, so the bits don't depend on the number of threads.
//!
//! Products of [one to four](skinny) and of [up to 64](few_rows) rows whose `B` lies along the depth, as
//! the weight of a fully connected layer does, read `B` where it lies.

mod block;
#[cfg(target_arch = "x86_64")]
mod few_rows;
pub(crate) mod kernel;
mod matrix;
pub(crate) mod naive;
mod offsets;
mod pack;
mod plan;
#[cfg(target_arch = "x86_64")]
mod skinny;
#[cfg(target_arch = "x86_64")]
pub(crate) mod strided;

pub(crate) use matrix::{Matrix, Output};
pub(crate) use offsets::Offsets;

use self::block::{Block, Left};
use self::pack::Depth;
use self::plan::Plan;
use crate::element::Float;
use crate::storage::Storage;
use crate::threads;

/// What is added to the product.
#[derive(Clone, Copy)]
pub(crate) enum Bias<'a, T> {
    None,
    /// One number for each row.
    Rows(&'a [T]),
    /// One number for each column.
    Columns(&'a [T]),
}

impl<T: Float> Bias<'_, T> {
    /// What is added to one element.
    #[cfg(target_arch = "x86_64")]
    fn at(&self, row: usize, column: usize) -> T {
        match self {
            Self::None => T::ZERO,
            Self::Rows(bias) => bias[row],
            Self::Columns(bias) => bias[column],
        }
    }
}

/// Computes `out = a · b + bias`.
pub(crate) fn multiply<T: Float>(a: &Matrix<T>, b: &Matrix<T>, bias: Bias<T>, out: &Output<T>) {
    let kernel = kernel::best();
    let sizes @ [m, k, n] = [a.lines.len(), a.depth.len(), b.lines.len()];
    debug_assert_eq!(k, b.depth.len());
    debug_assert_eq!([m, n], [out.rows.len(), out.columns.len()]);
    if m == 0 || n == 0 {
        return;
    }
    #[cfg(target_arch = "x86_64")]
    if skinny::multiply(a, b, bias, out) || few_rows::multiply(a, b, bias, out) {
        return;
    }
    let plan = Plan::new(sizes, [kernel.rows, kernel.columns]);
    let cost = m * n * k.max(1);
    let packed = plan.packs_once().then(|| {
        let chunk = plan.rows * plan.deepest;
        let mut packed = Storage::stale(plan.blocks_of(0).len() * plan.down * chunk);
        threads::chunks_mut(&mut packed, chunk, m * k, |index, out| {
            let depth = Depth::new(&a.depth, plan.depth_of(index / plan.down));
            a.pack(plan.rows_of(index % plan.down), &depth, kernel.rows, out);
        });
        packed
    });
    let left = match &packed {
        Some(packed) => Left::Packed(packed),
        None => Left::Matrix(a),
    };
    if plan.splits == 1 {
        threads::for_each(plan.tiles(), cost, |tile| {
            let mut block = Block::new(&kernel, &plan, tile);
            block.start(bias);
            block.accumulate(&kernel, left, b, 0);
            block.store(out);
        });
        return;
    }
    let blocks = threads::map(plan.tiles() * plan.splits, cost, |task| {
        let (tile, split) = (task / plan.splits, task % plan.splits);
        let mut block = Block::new(&kernel, &plan, tile);
        block.start(if split == 0 { bias } else { Bias::None });
        block.accumulate(&kernel, left, b, split);
        block
    });
    let mut blocks = blocks.into_iter();
    while let Some(mut sum) = blocks.next() {
        for block in blocks.by_ref().take(plan.splits - 1) {
            sum.add(&block);
        }
        sum.store(out);
    }
}
