//! Matrices whose elements lie at the sum of a row's and a column's offset.
//!
//! Rows of a tensor, its transposed, the columns of im2col, the pixels of a whole batch, one group
//! of channels: in each of them, element `(i, j)` is found at `rows[i] + columns[j]`. So one
//! packing routine serves every product here, and im2col is never written to memory.
#![allow(unsafe_code, reason = "tasks write disjoint tiles of one output")]

use std::ops::Range;

use super::offsets::{Offsets, runs};
use crate::element::{Element, Float};
use crate::past_caches::Writer;
use crate::threads::Shared;

/// An operand: `lines` are the rows of a left or the columns of a right one, `depth` is what the
/// product sums over.
pub(crate) struct Matrix<'a, T: Element> {
    pub(crate) elements: &'a [T],
    pub(crate) lines: Offsets,
    pub(crate) depth: Offsets,
}

/// Where a product goes. Every element is written at most once for each product.
pub(crate) struct Output<'a, T: Element> {
    elements: Shared<'a, T>,
    len: usize,
    pub(crate) rows: Offsets,
    pub(crate) columns: Offsets,
}

impl<'a, T: Float> Output<'a, T> {
    /// # Panics
    /// When an offset lies outside `out`, or offsets don't increase.
    pub(crate) fn new(out: &'a mut [T], rows: Offsets, columns: Offsets) -> Self {
        if rows.len() > 0 && columns.len() > 0 {
            assert!(rows.increasing() && columns.increasing(), "an element would be written twice");
            assert!(rows.at(rows.len() - 1) + columns.at(columns.len() - 1) < out.len());
        }
        let len = rows.len() * columns.len();
        Self { elements: Shared::new(out), len, rows, columns }
    }

    /// Writes a tile, whose rows are `stride` apart in `tile`.
    pub(super) fn store(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        tile: &[T],
        stride: usize,
    ) {
        let columns = self.columns.list(columns);
        let stretches: Vec<Range<usize>> = runs(&columns, 1).collect();
        let writer = Writer::of::<T>(self.len);
        let scattered = stretches.len() * 4 > columns.len();
        for (row, tile) in self.rows.list(rows).into_iter().zip(tile.chunks(stride)) {
            if scattered {
                for (column, &x) in columns.iter().zip(tile) {
                    // SAFETY: in this tile alone, which one task has.
                    unsafe { self.elements.at(row + column, 0).write(x) };
                }
                continue;
            }
            for stretch in &stretches {
                let (start, tile) = (row + columns[stretch.start], &tile[stretch.clone()]);
                // SAFETY: as above; no two elements of a tile have one place.
                writer.copy(tile, unsafe { self.elements.part(start..start + tile.len()) });
            }
        }
    }
}
