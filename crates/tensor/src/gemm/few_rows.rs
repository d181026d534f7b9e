//! Products of `f32` with few rows, such as a fully connected layer's for a small batch: `Cᵀ = Bᵀ · Aᵀ`.
//!
//! Each element of `B` is used so seldom that packing it would cost more than it saves, so the few rows
//! of `A` are packed instead, as what the kernel reads by vectors, and `B` is read where it lies.

use super::pack::Depth;
use super::strided::{self, COLUMNS, Left, Right};
use super::{Bias, Matrix, Output};
use crate::element::Float;
use crate::simd::as_f32;
use crate::storage::Storage;
use crate::threads;

/// Rows up to which this is faster than packing both.
const ROWS: usize = 4 * COLUMNS;
/// Elements of `B` from which on this is faster: the first-level caches hold fewer.
const MANY: usize = 1 << 16;
/// Columns of a task.
const SHARE: usize = 24;

/// As [`multiply`](super::multiply), if the columns of `B` lie along the depth; `false` if nothing was
/// done.
pub(super) fn multiply<T: Float>(
    a: &Matrix<T>,
    b: &Matrix<T>,
    bias: Bias<T>,
    out: &Output<T>,
) -> bool {
    let [m, k, n] = [a.lines.len(), a.depth.len(), b.lines.len()];
    let suits = m <= ROWS && n * k >= MANY && b.depth.side_by_side();
    let (true, Some(step), Some(elements)) = (suits, b.lines.step(), as_f32(b.elements)) else {
        return false;
    };
    let panels = m.div_ceil(COLUMNS);
    let mut packed = Storage::stale(panels * COLUMNS * k);
    a.pack(0..m, &Depth::new(&a.depth, 0..k), COLUMNS, &mut packed);
    let packed = as_f32(&packed).expect("of the type of B");
    let elements = &elements[b.lines.at(0) + b.depth.at(0)..];
    threads::for_each(n.div_ceil(SHARE), m * n * k, |task| {
        let columns = task * SHARE..n.min((task + 1) * SHARE);
        let left = Left { elements: &elements[columns.start * step..], row: step, depth: 1 };
        let right = Right { elements: packed, depth: COLUMNS, panels, next: COLUMNS * k };
        let mut products = [0.0; SHARE * ROWS];
        let result = strided::Result { elements: &mut products, row: ROWS, next: COLUMNS };
        strided::multiply([columns.len(), k], left, right, result, false);
        let mut tile = [T::ZERO; ROWS * SHARE];
        for row in 0..m {
            for (place, column) in columns.clone().enumerate() {
                let product = T::of(f64::from(products[place * ROWS + row]));
                tile[row * SHARE + place] = product + bias.at(row, column);
            }
        }
        out.store(0..m, columns, &tile, SHARE);
    });
    true
}
