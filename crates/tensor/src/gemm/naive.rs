//! The matrix product as its definition says, for tests.

use crate::element::Float;

/// `c[i][j] = Σ a[i][p] · b[p][j]` with row-major `a` `[m, k]` and `b` `[k, n]`.
#[cfg_attr(not(test), allow(dead_code, reason = "a reference for tests"))]
pub(crate) fn product<T: Float>([m, k, n]: [usize; 3], a: &[T], b: &[T]) -> Vec<T> {
    let mut c = vec![T::ZERO; m * n];
    for i in 0..m {
        for j in 0..n {
            for p in 0..k {
                c[i * n + j] += a[i * k + p] * b[p * n + j];
            }
        }
    }
    c
}
