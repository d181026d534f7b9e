//! Products of `f32` with a handful of rows, such as a layer's for a single image: each column of `B`
//! is read once, along the depth, and nothing is packed, since nothing is used twice.
#![allow(unsafe_code, reason = "vectors are loaded by address")]

use super::{Bias, Matrix, Output};
use crate::element::Float;
use crate::simd::{Job, Wide, as_f32, each, with_vectors};
use crate::threads;

/// Rows up to which this is faster than packing.
const ROWS: usize = 4;
/// Columns that are read side by side: memory gives more to several readers.
const COLUMNS: usize = 4;
/// Columns of a task.
const SHARE: usize = 32;

/// As [`multiply`](super::multiply), if both operands lie along the depth; `false` if nothing was
/// done.
pub(super) fn multiply<T: Float>(
    a: &Matrix<T>,
    b: &Matrix<T>,
    bias: Bias<T>,
    out: &Output<T>,
) -> bool {
    let [m, k, n] = [a.lines.len(), a.depth.len(), b.lines.len()];
    let along = a.depth.side_by_side() && b.depth.side_by_side();
    let suits = m <= ROWS && k > 0 && along;
    let (true, Some(of_a), Some(of_b)) = (suits, as_f32(a.elements), as_f32(b.elements)) else {
        return false;
    };
    threads::for_each(n.div_ceil(SHARE), m * n * k, |task| {
        let columns = task * SHARE..n.min((task + 1) * SHARE);
        let mut tile = [T::ZERO; ROWS * SHARE];
        let rows = std::array::from_fn(|row| line(of_a, a, row.min(m - 1)));
        for place in (0..columns.len()).step_by(COLUMNS) {
            let column = |next: usize| (columns.start + place + next).min(columns.end - 1);
            let mut sums = [[0.0; COLUMNS]; ROWS];
            let columns = std::array::from_fn(|next| line(of_b, b, column(next)));
            with_vectors(Dots { rows, columns, used: m, sums: &mut sums });
            for (row, sums) in sums.into_iter().enumerate().take(m) {
                for (next, sum) in sums.into_iter().enumerate() {
                    tile[row * SHARE + place + next] =
                        T::of(f64::from(sum)) + bias.at(row, column(next));
                }
            }
        }
        out.store(0..m, columns, &tile, SHARE);
    });
    true
}

/// A line of a matrix, whose elements are these.
fn line<'a, T: Float>(elements: &'a [f32], matrix: &Matrix<T>, line: usize) -> &'a [f32] {
    &elements[matrix.lines.at(line) + matrix.depth.at(0)..][..matrix.depth.len()]
}

/// The products of some rows with some columns.
struct Dots<'a> {
    rows: [&'a [f32]; ROWS],
    columns: [&'a [f32]; COLUMNS],
    /// How many of the rows are wanted.
    used: usize,
    sums: &'a mut [[f32; COLUMNS]; ROWS],
}

impl Job for Dots<'_> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        match self.used {
            1 => self.dots::<V, 1>(),
            2 => self.dots::<V, 2>(),
            3 => self.dots::<V, 3>(),
            _ => self.dots::<V, ROWS>(),
        }
    }
}

impl Dots<'_> {
    #[inline(always)]
    fn dots<V: Wide, const R: usize>(self) {
        let Self { rows, columns, sums: totals, .. } = self;
        let depth = rows[0].len();
        assert!(rows.iter().chain(&columns).all(|line| line.len() == depth));
        let mut sums = [[V::splat(0.0); COLUMNS]; R];
        for at in (0..depth).step_by(V::LANES) {
            let count = (depth - at).min(V::LANES);
            let load = |line: &[f32]| {
                // SAFETY: `count` elements from `at` on, as was checked.
                unsafe {
                    let from = line.as_ptr().add(at);
                    if count == V::LANES { V::load_at(from) } else { V::load_first(from, count) }
                }
            };
            let columns: [V; COLUMNS] = each(|column| load(columns[column]));
            for (sums, row) in sums.iter_mut().zip(&rows) {
                let row = load(row);
                for (sum, &column) in sums.iter_mut().zip(&columns) {
                    *sum = row.mul_add(column, *sum);
                }
            }
        }
        for (totals, sums) in totals.iter_mut().zip(sums) {
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total = sum.sum();
            }
        }
    }
}
