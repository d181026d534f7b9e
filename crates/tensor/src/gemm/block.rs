//! A tile of the result while a task computes it.

use std::ops::Range;

use super::kernel::Kernel;
use super::pack::Depth;
use super::plan::Plan;
use super::{Bias, Matrix, Output};
use crate::element::{Element, Float};
use crate::storage::Storage;

/// Panels of `B` that are packed at a time.
const PANELS: usize = 4;

/// The left operand.
#[derive(Clone, Copy)]
pub(super) enum Left<'a, T: Element> {
    /// Each task packs what it needs.
    Matrix(&'a Matrix<'a, T>),
    /// For each block of the depth, for each row of tiles, the panels: packed before.
    Packed(&'a [T]),
}

/// A tile, its sides rounded up to whole kernel tiles.
pub(super) struct Block<'a, T: Element> {
    plan: &'a Plan,
    tile: usize,
    elements: Storage<T>,
    rows: Range<usize>,
    columns: Range<usize>,
    stride: usize,
}

impl<'a, T: Float> Block<'a, T> {
    pub(super) fn new(kernel: &Kernel<T>, plan: &'a Plan, tile: usize) -> Self {
        let (rows, columns) = (plan.rows_of(tile), plan.columns_of(tile));
        let stride = columns.len().next_multiple_of(kernel.columns);
        let elements = Storage::stale(rows.len().next_multiple_of(kernel.rows) * stride);
        Self { plan, tile, elements, rows, columns, stride }
    }

    pub(super) fn start(&mut self, bias: Bias<T>) {
        let used = self.rows.len() * self.stride;
        match bias {
            Bias::None => self.elements.fill(T::ZERO),
            Bias::Rows(bias) => {
                let lines = self.elements.chunks_exact_mut(self.stride);
                lines.zip(&bias[self.rows.clone()]).for_each(|(line, &x)| line.fill(x));
                self.elements[used..].fill(T::ZERO);
            }
            Bias::Columns(bias) => {
                let columns = self.columns.len();
                for line in self.elements.chunks_exact_mut(self.stride) {
                    line[..columns].copy_from_slice(&bias[self.columns.clone()]);
                    line[columns..].fill(T::ZERO);
                }
            }
        }
    }

    /// Adds the product over a part of the depth.
    pub(super) fn accumulate(
        &mut self,
        kernel: &Kernel<T>,
        left: Left<T>,
        right: &Matrix<T>,
        split: usize,
    ) {
        let plan = self.plan;
        let panel_rows = self.rows.len().next_multiple_of(kernel.rows);
        let mut own = match left {
            Left::Matrix(_) => Storage::stale(panel_rows * plan.deepest),
            Left::Packed(_) => Storage::stale(0),
        };
        let group = kernel.columns * PANELS;
        let mut packed = Storage::stale(group * plan.deepest);
        for block in plan.blocks_of(split) {
            let depth = plan.depth_of(block);
            let deep = depth.len();
            if deep == 0 {
                break;
            }
            let a = match left {
                Left::Matrix(matrix) => {
                    let depth = Depth::new(&matrix.depth, depth.clone());
                    matrix.pack(self.rows.clone(), &depth, kernel.rows, &mut own);
                    &own
                }
                Left::Packed(all) => {
                    let chunk = block * plan.down + self.tile % plan.down;
                    &all[chunk * plan.rows * plan.deepest..][..panel_rows * deep]
                }
            };
            let depth = Depth::new(&right.depth, depth);
            // A few panels of B at a time: each comes to the kernel from the first-level cache.
            for start in (0..self.stride).step_by(group) {
                let column = self.columns.start + start;
                let lines = column..self.columns.end.min(column + group);
                right.pack(lines.clone(), &depth, kernel.columns, &mut packed);
                let panels = packed.chunks_exact(kernel.columns * deep);
                for (first, b) in (0..lines.len()).step_by(kernel.columns).zip(panels) {
                    let panels = a.chunks_exact(kernel.rows * deep);
                    for (row, a) in (0..panel_rows).step_by(kernel.rows).zip(panels) {
                        let tile = &mut self.elements[row * self.stride + start + first..];
                        kernel.run(deep, a, b, tile, self.stride);
                    }
                }
            }
        }
    }

    /// Adds the same tile, computed from another part of the depth.
    pub(super) fn add(&mut self, other: &Self) {
        self.elements.iter_mut().zip(other.elements.iter()).for_each(|(sum, &x)| *sum += x);
    }

    pub(super) fn store(&self, out: &Output<T>) {
        out.store(self.rows.clone(), self.columns.clone(), &self.elements, self.stride);
    }
}
