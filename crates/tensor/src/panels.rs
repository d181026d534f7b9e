//! Products of small matrices within one task: the right operand in panels of 16 columns, the left
//! one as it lies in memory.

use std::ops::Range;

use crate::element::Float;
use crate::permute::transpose;
use crate::simd::vectorized;
use crate::storage::Storage;

/// The columns of a panel.
pub(crate) const COLUMNS: usize = 16;

/// A left operand: element `(i, k)` lies at `i · row + k · depth`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a, T> {
    pub(crate) elements: &'a [T],
    pub(crate) row: usize,
    pub(crate) depth: usize,
}

/// A right operand in panels of 16 columns, `[panels, depth, 16]`, the last one filled up with 0.
pub(crate) struct Panels<T: Float> {
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
pub(crate) fn pack_rows<T: Float>(
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
pub(crate) fn pack_columns<T: Float>(
    elements: &[T],
    step: usize,
    [rows, width]: [usize; 2],
) -> Panels<T> {
    let panel = |panel: usize| panel * COLUMNS..rows.min((panel + 1) * COLUMNS);
    pack_columns_in(elements, step, width, rows.div_ceil(COLUMNS), panel)
}

/// As [`pack_columns`], with the given rows in each of so many panels, 16 of them at most.
pub(crate) fn pack_columns_in<T: Float>(
    elements: &[T],
    step: usize,
    width: usize,
    count: usize,
    rows: impl Fn(usize) -> Range<usize>,
) -> Panels<T> {
    let mut panels = Panels::new(width, count * COLUMNS);
    for (index, (_, panel)) in panels.each().enumerate() {
        let rows = rows(index);
        if rows.len() < COLUMNS {
            panel.fill(T::ZERO);
        }
        transpose(&elements[rows.start * step..], step, panel, COLUMNS, [width, rows.len()]);
    }
    panels
}

/// `c = a · b`, or `c += a · b` if `add`: `rows` rows, as long as the panels are wide together.
pub(crate) fn multiply<T: Float>(
    sizes: [usize; 2],
    a: Left<T>,
    b: &Panels<T>,
    c: &mut [T],
    add: bool,
) {
    multiply_part(sizes, a, b, 0..b.count, c, add);
}

/// As [`multiply`], with some of the panels.
pub(crate) fn multiply_part<T: Float>(
    [rows, depth]: [usize; 2],
    a: Left<T>,
    b: &Panels<T>,
    panels: Range<usize>,
    c: &mut [T],
    add: bool,
) {
    let (size, stride) = (b.depth * COLUMNS, panels.len() * COLUMNS);
    let elements = &b.elements[panels.start * size..panels.end * size];
    #[cfg(target_arch = "x86_64")]
    if single::multiply([rows, depth], a, elements, [panels.len(), size], c, add) {
        return;
    }
    for panel in 0..panels.len() {
        let right = &elements[panel * size..][..depth * COLUMNS];
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
    use super::{COLUMNS, Left};
    use crate::element::Float;
    use crate::gemm::strided;
    use crate::simd::{as_f32, as_f32_mut};

    const _: () = assert!(COLUMNS == strided::COLUMNS);

    /// Does the product, if the numbers are `f32` and the machine has the instructions for it.
    pub(super) fn multiply<T: Float>(
        sizes: [usize; 2],
        a: Left<T>,
        panels: &[T],
        [count, size]: [usize; 2],
        c: &mut [T],
        add: bool,
    ) -> bool {
        let (Some(left), Some(right), Some(elements)) =
            (as_f32(a.elements), as_f32(panels), as_f32_mut(c))
        else {
            return false;
        };
        let left = strided::Left { elements: left, row: a.row, depth: a.depth };
        let right = strided::Right { elements: right, depth: COLUMNS, panels: count, next: size };
        let result = strided::Result { elements, row: count * COLUMNS, next: COLUMNS };
        strided::multiply(sizes, left, right, result, add);
        true
    }
}
