//! Products of the small matrices of one head: the right operand in panels of 16 columns, the left
//! one as it lies in memory.

use crate::element::Float;
use crate::permute::transpose;
use crate::simd::vectorized;
use crate::storage::Storage;

/// The columns of a panel.
pub(super) const COLUMNS: usize = 16;

/// A left operand: element `(i, k)` lies at `i · row + k · depth`.
#[derive(Clone, Copy)]
pub(super) struct Left<'a, T> {
    pub(super) elements: &'a [T],
    pub(super) row: usize,
    pub(super) depth: usize,
}

/// A right operand in panels of 16 columns, `[panels, depth, 16]`, the last one filled up with 0.
pub(super) struct Panels<T: Float> {
    elements: Storage<T>,
    depth: usize,
    count: usize,
}

impl<T: Float> Panels<T> {
    fn new(depth: usize, columns: usize) -> Self {
        let count = columns.div_ceil(COLUMNS);
        Self { elements: Storage::stale(count * depth * COLUMNS), depth, count }
    }

    /// Each panel with its first column.
    fn each(&mut self) -> impl Iterator<Item = (usize, &mut [T])> {
        let panels = self.elements.chunks_mut((self.depth * COLUMNS).max(1));
        (0..).step_by(COLUMNS).zip(panels)
    }
}

/// A matrix of `rows` by `width` whose rows are `step` apart, as a right operand.
pub(super) fn pack_rows<T: Float>(
    elements: &[T],
    step: usize,
    [rows, width]: [usize; 2],
) -> Panels<T> {
    let mut panels = Panels::new(rows, width);
    for (first, panel) in panels.each() {
        let columns = COLUMNS.min(width - first);
        for (row, out) in panel.chunks_exact_mut(COLUMNS).enumerate() {
            let from = &elements[row * step + first..];
            if columns == COLUMNS {
                out.copy_from_slice(&from[..COLUMNS]);
            } else {
                out[..columns].copy_from_slice(&from[..columns]);
                out[columns..].fill(T::ZERO);
            }
        }
    }
    panels
}

/// As [`pack_rows`], with the matrix transposed: its rows become columns.
pub(super) fn pack_columns<T: Float>(
    elements: &[T],
    step: usize,
    [rows, width]: [usize; 2],
) -> Panels<T> {
    let mut panels = Panels::new(width, rows);
    for (first, panel) in panels.each() {
        let columns = COLUMNS.min(rows - first);
        if columns < COLUMNS {
            panel.fill(T::ZERO);
        }
        transpose(&elements[first * step..], step, panel, COLUMNS, [width, columns]);
    }
    panels
}

/// `c = a · b`, or `c += a · b` if `add`: `rows` rows, as long as the panels are wide together.
pub(super) fn multiply<T: Float>(
    [rows, depth]: [usize; 2],
    a: Left<T>,
    b: &Panels<T>,
    c: &mut [T],
    add: bool,
) {
    #[cfg(target_arch = "x86_64")]
    if single::multiply([rows, depth], a, b, c, add) {
        return;
    }
    let stride = b.count * COLUMNS;
    for panel in 0..b.count {
        let right = &b.elements[panel * b.depth * COLUMNS..][..depth * COLUMNS];
        portable([rows, depth], a, right, &mut c[panel * COLUMNS..], stride, add);
    }
}

vectorized! {
    fn portable<T: Float>(
        sizes: [usize; 2],
        a: Left<T>,
        panel: &[T],
        c: &mut [T],
        stride: usize,
        add: bool,
    ) {
        let [rows, depth] = sizes;
        for row in 0..rows {
            let mut sums = [T::ZERO; COLUMNS];
            for (k, right) in panel.chunks_exact(COLUMNS).take(depth).enumerate() {
                let left = a.elements[row * a.row + k * a.depth];
                for (sum, &right) in sums.iter_mut().zip(right) {
                    *sum += left * right;
                }
            }
            let c = &mut c[row * stride..][..COLUMNS];
            for (c, sum) in c.iter_mut().zip(sums) {
                *c = if add { *c + sum } else { sum };
            }
        }
    }
}

/// The kernel for `f32`.
#[cfg(target_arch = "x86_64")]
mod single {
    use std::any::TypeId;

    use super::{COLUMNS, Left, Panels};
    use crate::element::Float;
    use crate::gemm::strided;

    const _: () = assert!(COLUMNS == strided::COLUMNS);

    /// Does the product, if the numbers are `f32` and the machine has the instructions for it.
    pub(super) fn multiply<T: Float>(
        sizes: [usize; 2],
        a: Left<T>,
        b: &Panels<T>,
        c: &mut [T],
        add: bool,
    ) -> bool {
        if TypeId::of::<T>() != TypeId::of::<f32>() || !crate::simd::avx2() {
            return false;
        }
        // SAFETY: the elements are `f32`, as was just seen; the borrows stay what they are.
        let (left, right, elements) = unsafe {
            (
                std::slice::from_raw_parts(a.elements.as_ptr().cast(), a.elements.len()),
                std::slice::from_raw_parts(b.elements.as_ptr().cast(), b.elements.len()),
                std::slice::from_raw_parts_mut(c.as_mut_ptr().cast(), c.len()),
            )
        };
        let left = strided::Left { elements: left, row: a.row, depth: a.depth };
        let right = strided::Right {
            elements: right,
            depth: COLUMNS,
            panels: b.count,
            next: b.depth * COLUMNS,
        };
        let result = strided::Result { elements, row: b.count * COLUMNS, next: COLUMNS };
        strided::multiply(sizes, left, right, result, add);
        true
    }
}
