//! Products of `f32` with a handful of rows, such as a layer's for a single picture: each column of `B`
//! is read once, along the depth, and nothing is packed, since nothing is used twice.
#![allow(unsafe_code, reason = "vectors are loaded by address")]

use std::any::TypeId;

use super::{Bias, Matrix, Output, few_rows};
use crate::element::Float;
use crate::simd::{Job, Wide, with_vectors};
use crate::threads;

/// Rows up to which this is faster than packing.
const ROWS: usize = 4;
/// Columns of a task.
const COLUMNS: usize = 32;

/// As [`multiply`](super::multiply), if both operands lie along the depth; `false` if nothing was
/// done.
pub(super) fn multiply<T: Float>(
    a: &Matrix<T>,
    b: &Matrix<T>,
    bias: Bias<T>,
    out: &Output<T>,
) -> bool {
    let [m, k, n] = [a.lines.len(), a.depth.len(), b.lines.len()];
    let suits = m <= ROWS && k > 0 && a.depth.side_by_side() && b.depth.side_by_side();
    if !suits || TypeId::of::<T>() != TypeId::of::<f32>() || !crate::simd::avx2() {
        return false;
    }
    threads::for_each(n.div_ceil(COLUMNS), m * n * k, |task| {
        let columns = task * COLUMNS..n.min((task + 1) * COLUMNS);
        let mut tile = [T::ZERO; ROWS * COLUMNS];
        for (place, column) in columns.clone().enumerate() {
            let mut sums = [0.0; ROWS];
            let rows = std::array::from_fn(|row| line_in_f32(a, row.min(m - 1)));
            with_vectors(Dots { rows, column: line_in_f32(b, column), used: m, sums: &mut sums });
            for (row, sum) in sums.into_iter().enumerate().take(m) {
                tile[row * COLUMNS + place] = T::of(f64::from(sum))
                    + match bias {
                        Bias::None => T::ZERO,
                        Bias::Rows(bias) => bias[row],
                        Bias::Columns(bias) => bias[column],
                    };
            }
        }
        out.store(0..m, columns, &tile, COLUMNS);
    });
    true
}

/// A line of a matrix that is known to be of `f32`.
fn line_in_f32<'a, T: Float>(matrix: &Matrix<'a, T>, line: usize) -> &'a [f32] {
    let start = matrix.lines.at(line) + matrix.depth.at(0);
    few_rows::in_f32(&matrix.elements[start..start + matrix.depth.len()])
}

/// The products of some rows with one column.
struct Dots<'a> {
    rows: [&'a [f32]; ROWS],
    column: &'a [f32],
    used: usize,
    sums: &'a mut [f32; ROWS],
}

impl Job for Dots<'_> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Self { rows, column, used, sums } = self;
        match used {
            1 => dots::<V, 1>(rows, column, sums),
            2 => dots::<V, 2>(rows, column, sums),
            3 => dots::<V, 3>(rows, column, sums),
            _ => dots::<V, ROWS>(rows, column, sums),
        }
    }
}

#[inline(always)]
fn dots<V: Wide, const R: usize>(rows: [&[f32]; ROWS], column: &[f32], totals: &mut [f32; ROWS]) {
    let depth = column.len();
    assert!(rows.iter().all(|row| row.len() == depth));
    let mut sums = [[V::splat(0.0); 2]; R];
    let step = 2 * V::LANES;
    for at in (0..depth).step_by(step) {
        for half in 0..2 {
            let at = at + half * V::LANES;
            let count = depth.saturating_sub(at).min(V::LANES);
            let load = |line: &[f32]| {
                // SAFETY: `count` elements from `at` on, if there are any.
                unsafe {
                    let from = line.as_ptr().wrapping_add(at);
                    if count == V::LANES { V::load_at(from) } else { V::load_first(from, count) }
                }
            };
            let right = load(column);
            for (sums, row) in sums.iter_mut().zip(&rows) {
                sums[half] = load(row).mul_add(right, sums[half]);
            }
        }
    }
    for (total, sums) in totals.iter_mut().zip(sums) {
        *total = (sums[0] + sums[1]).sum();
    }
}
