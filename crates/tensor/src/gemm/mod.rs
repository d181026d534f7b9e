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
//! A task computes one tile of `C`: a block of the depth at a time, it packs the panels of `A`,
//! then one panel of `B` after the other, and the [kernel] multiplies them from there. Where there
//! are few tiles and the depth is great (the gradient of a convolution's weight), the depth is
//! split among tasks too, and the partial sums are added in order. All of these sizes follow from
//! `m`, `k` and `n`, so the bits don't depend on the number of threads.

pub(crate) mod kernel;
mod matrix;
pub(crate) mod naive;
mod offsets;
mod pack;
#[cfg(target_arch = "x86_64")]
pub(crate) mod strided;

pub(crate) use matrix::{Matrix, Output};
pub(crate) use offsets::Offsets;

use self::pack::Depth;
use crate::element::Float;
use crate::storage::Storage;
use crate::threads;

/// Depth of a block: a panel of `B` this deep fills half of a 32 KiB first-level cache.
const DEPTH: usize = 256;
/// Rows and columns of a tile at most: the packed rows stay in the second-level cache.
const ROWS: usize = 144;
const COLUMNS: usize = 192;
/// The number of tasks to aim at: enough for the threads of a large machine to share.
const TASKS: usize = 16;
/// The multiply-adds below which a task isn't split further.
const SMALL: usize = 1 << 18;

/// What is added to the product.
#[derive(Clone, Copy)]
pub(crate) enum Bias<'a, T> {
    None,
    /// One number for each row.
    Rows(&'a [T]),
    /// One number for each column.
    Columns(&'a [T]),
}

/// Computes `out = a · b + bias`.
pub(crate) fn multiply<T: Float>(a: &Matrix<T>, b: &Matrix<T>, bias: Bias<T>, out: &Output<T>) {
    let kernel = T::kernel();
    let (m, k, n) = (a.lines.len(), a.depth.len(), b.lines.len());
    debug_assert_eq!(k, b.depth.len());
    debug_assert_eq!([m, n], [out.rows.len(), out.columns.len()]);
    if m == 0 || n == 0 {
        return;
    }
    let plan = Plan::new(m, k, n, kernel.rows, kernel.columns);
    let cost = m * n * k.max(1);
    let tiles = m.div_ceil(plan.rows) * n.div_ceil(plan.columns);
    let tile = |index: usize| {
        let (row, column) = (
            index % m.div_ceil(plan.rows) * plan.rows,
            index / m.div_ceil(plan.rows) * plan.columns,
        );
        (row..m.min(row + plan.rows), column..n.min(column + plan.columns))
    };
    if plan.splits == 1 {
        threads::for_each(tiles, cost, |index| {
            let (rows, columns) = tile(index);
            let mut block = Block::new(&kernel, rows.len(), columns.len());
            block.start(bias, rows.start, columns.start);
            block.accumulate(&kernel, a, b, rows.start, columns.start, 0..k);
            out.store(rows, columns, &block.elements, block.stride);
        });
        return;
    }
    let part = k.div_ceil(plan.splits);
    let blocks = threads::map(tiles * plan.splits, cost, |task| {
        let (rows, columns) = tile(task / plan.splits);
        let split = task % plan.splits;
        let mut block = Block::new(&kernel, rows.len(), columns.len());
        let bias = if split == 0 { bias } else { Bias::None };
        block.start(bias, rows.start, columns.start);
        let depth = (split * part).min(k)..((split + 1) * part).min(k);
        block.accumulate(&kernel, a, b, rows.start, columns.start, depth);
        block
    });
    let mut blocks = blocks.into_iter();
    for index in 0..tiles {
        let (rows, columns) = tile(index);
        let mut sum = blocks.next().expect("a block for each split of each tile");
        for block in blocks.by_ref().take(plan.splits - 1) {
            sum.elements.iter_mut().zip(block.elements.iter()).for_each(|(sum, &x)| *sum += x);
        }
        out.store(rows, columns, &sum.elements, sum.stride);
    }
}

/// How the work is cut into tasks.
struct Plan {
    rows: usize,
    columns: usize,
    splits: usize,
}

impl Plan {
    fn new(m: usize, k: usize, n: usize, kernel_rows: usize, kernel_columns: usize) -> Self {
        let balanced = |size: usize, most: usize, unit: usize| {
            size.div_ceil(size.div_ceil(most)).next_multiple_of(unit)
        };
        let rows = balanced(m, ROWS, kernel_rows);
        let mut columns = balanced(n, COLUMNS, kernel_columns);
        let tiles = |columns: usize| m.div_ceil(rows) * n.div_ceil(columns);
        while tiles(columns) < TASKS && columns > 2 * kernel_columns && rows * columns * k > SMALL {
            columns = (columns / 2).next_multiple_of(kernel_columns);
        }
        let wanted = TASKS.div_ceil(tiles(columns));
        let worth = (rows * columns * k / SMALL).max(1);
        // A split shorter than two blocks would add up more than it multiplies.
        let splits = wanted.min(worth).min((k / (2 * DEPTH)).max(1));
        Self { rows, columns, splits }
    }
}

/// A tile of the result while it is computed, its sides rounded up to whole kernel tiles.
struct Block<T: crate::Element> {
    elements: Storage<T>,
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<T: Float> Block<T> {
    fn new(kernel: &kernel::Kernel<T>, rows: usize, columns: usize) -> Self {
        let stride = columns.next_multiple_of(kernel.columns);
        let elements = Storage::stale(rows.next_multiple_of(kernel.rows) * stride);
        Self { elements, rows, columns, stride }
    }

    fn start(&mut self, bias: Bias<T>, first_row: usize, first_column: usize) {
        let lines = self.elements.chunks_mut(self.stride).enumerate();
        for (row, line) in lines {
            match bias {
                Bias::Rows(bias) if row < self.rows => line.fill(bias[first_row + row]),
                Bias::Columns(bias) => {
                    line[..self.columns].copy_from_slice(&bias[first_column..][..self.columns]);
                    line[self.columns..].fill(T::ZERO);
                }
                _ => line.fill(T::ZERO),
            }
        }
    }

    /// Adds the product of `a`'s rows and `b`'s columns over a part of the depth.
    fn accumulate(
        &mut self,
        kernel: &kernel::Kernel<T>,
        a: &Matrix<T>,
        b: &Matrix<T>,
        row: usize,
        column: usize,
        depth: std::ops::Range<usize>,
    ) {
        let blocks = depth.len().div_ceil(DEPTH).max(1);
        let deepest = depth.len().div_ceil(blocks).max(1);
        let panel_rows = self.rows.next_multiple_of(kernel.rows);
        let mut packed_a = Storage::stale(panel_rows * deepest);
        let mut packed_b = Storage::stale(kernel.columns * deepest);
        let last_column = column + self.columns;
        for start in depth.clone().step_by(deepest) {
            let depth = start..depth.end.min(start + deepest);
            let deep = depth.len();
            let depth_a = Depth::new(&a.depth, depth.clone());
            let depth_b = Depth::new(&b.depth, depth);
            a.pack(row..row + self.rows, &depth_a, kernel.rows, &mut packed_a);
            // One panel of B at a time: it comes to the kernel from the first-level cache.
            for right in (0..self.stride).step_by(kernel.columns) {
                let first = column + right;
                let lines = first..last_column.min(first + kernel.columns);
                b.pack(lines, &depth_b, kernel.columns, &mut packed_b);
                let panels_a = packed_a.chunks_exact(kernel.rows * deep);
                for (down, a) in (0..panel_rows).step_by(kernel.rows).zip(panels_a) {
                    let tile = &mut self.elements[down * self.stride + right..];
                    kernel.run(deep, a, &packed_b, tile, self.stride);
                }
            }
        }
    }
}
