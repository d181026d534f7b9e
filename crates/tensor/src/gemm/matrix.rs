//! Matrices whose elements lie at the sum of a row's and a column's offset.
//!
//! Rows of a tensor, its transposed, the columns of im2col, the pixels of a whole batch, one group
//! of channels: in each of them, element `(i, j)` is found at `rows[i] + columns[j]`. So one
//! packing routine serves every product here, and im2col is never written to memory.
#![allow(unsafe_code, reason = "tasks write disjoint tiles of one output")]

use std::marker::PhantomData;
use std::ops::Range;

use crate::element::{Element, Float};

/// Where the lines of a matrix begin, or how far along them each element lies.
pub(crate) enum Offsets {
    Strided { len: usize, stride: usize },
    Table { offsets: Vec<usize>, increasing: bool },
}

impl Offsets {
    pub(crate) fn table(offsets: Vec<usize>) -> Self {
        let increasing = offsets.is_sorted_by(|a, b| a < b);
        Self::Table { offsets, increasing }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Strided { len, .. } => *len,
            Self::Table { offsets, .. } => offsets.len(),
        }
    }

    fn at(&self, index: usize) -> usize {
        match self {
            Self::Strided { stride, .. } => index * stride,
            Self::Table { offsets, .. } => offsets[index],
        }
    }

    fn increasing(&self) -> bool {
        match self {
            Self::Strided { len, stride } => *stride > 0 || *len <= 1,
            Self::Table { increasing, .. } => *increasing,
        }
    }

    /// Whether a range of them counts up by ones.
    fn contiguous(&self, range: Range<usize>) -> bool {
        self.increasing()
            && !range.is_empty()
            && self.at(range.end - 1) - self.at(range.start) == range.len() - 1
    }
}

/// An operand: `lines` are the rows of a left or the columns of a right one, `depth` is what the
/// product sums over.
pub(crate) struct Matrix<'a, T: Element> {
    pub(crate) elements: &'a [T],
    pub(crate) lines: Offsets,
    pub(crate) depth: Offsets,
}

impl<T: Float> Matrix<'_, T> {
    /// Writes panels of `width` lines, `[panel, depth, width]`; lines that are missing from the
    /// last panel are 0.
    pub(crate) fn pack(
        &self,
        lines: Range<usize>,
        depth: Range<usize>,
        width: usize,
        out: &mut [T],
    ) {
        let panels = out.chunks_exact_mut(width * depth.len());
        for (first, out) in lines.clone().step_by(width).zip(panels) {
            let panel = first..lines.end.min(first + width);
            let used = panel.len();
            if self.lines.contiguous(panel.clone()) {
                let start = self.lines.at(first);
                for (out, at) in out.chunks_exact_mut(width).zip(depth.clone()) {
                    let source = &self.elements[start + self.depth.at(at)..][..used];
                    out[..used].copy_from_slice(source);
                    out[used..].fill(T::ZERO);
                }
            } else if self.depth.contiguous(depth.clone()) {
                if used < width {
                    out.fill(T::ZERO);
                }
                for (lane, line) in panel.enumerate() {
                    let source = &self.elements[self.lines.at(line) + self.depth.at(depth.start)..];
                    for (out, &x) in out.chunks_exact_mut(width).zip(source) {
                        out[lane] = x;
                    }
                }
            } else {
                for (out, at) in out.chunks_exact_mut(width).zip(depth.clone()) {
                    let elements = &self.elements[self.depth.at(at)..];
                    for (out, line) in out.iter_mut().zip(panel.clone()) {
                        *out = elements[self.lines.at(line)];
                    }
                    out[used..].fill(T::ZERO);
                }
            }
        }
    }
}

/// Where a product goes. Every element is written at most once for each product.
pub(crate) struct Output<'a, T: Element> {
    pointer: *mut T,
    len: usize,
    pub(crate) rows: Offsets,
    pub(crate) columns: Offsets,
    borrow: PhantomData<&'a mut [T]>,
}

// SAFETY: `store` writes elements that belong to the given tile alone, and the product gives each
// tile to one task.
unsafe impl<T: Element> Sync for Output<'_, T> {}

impl<'a, T: Float> Output<'a, T> {
    /// # Panics
    /// When an offset lies outside `out`, or offsets don't increase.
    pub(crate) fn new(out: &'a mut [T], rows: Offsets, columns: Offsets) -> Self {
        if rows.len() > 0 && columns.len() > 0 {
            assert!(rows.increasing() && columns.increasing(), "an element would be written twice");
            assert!(rows.at(rows.len() - 1) + columns.at(columns.len() - 1) < out.len());
        }
        Self { pointer: out.as_mut_ptr(), len: out.len(), rows, columns, borrow: PhantomData }
    }

    /// Writes a tile, whose rows are `stride` apart in `tile`.
    pub(super) fn store(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        tile: &[T],
        stride: usize,
    ) {
        let contiguous = self.columns.contiguous(columns.clone());
        for (row, tile) in rows.zip(tile.chunks(stride)) {
            let row = self.rows.at(row);
            if contiguous {
                let start = row + self.columns.at(columns.start);
                assert!(start + columns.len() <= self.len);
                // SAFETY: inside the output, and in this tile alone.
                unsafe {
                    let out = self.pointer.add(start);
                    std::ptr::copy_nonoverlapping(
                        tile.as_ptr(),
                        out,
                        columns.len().min(tile.len()),
                    );
                }
                continue;
            }
            for (column, &x) in columns.clone().zip(tile) {
                let place = row + self.columns.at(column);
                assert!(place < self.len);
                // SAFETY: inside the output, and in this tile alone.
                unsafe { self.pointer.add(place).write(x) };
            }
        }
    }
}
