//! Decompositions multiply back to what they decompose, and solutions solve.

use plywood_tensor::{Float, Svd, Tensor};
use plywood_testkit::cases;
use proptest::prelude::*;

use crate::support::{agree, noise};

fn identity<T: Float>(n: usize) -> Tensor<T> {
    Tensor::eye(n).cast()
}

/// What nalgebra's singular values are worth in `f64`: half of the digits at least, nearly all of
/// them nearly always.
const SINGULAR: f64 = 1e-7;

fn check<T: Float>(rows: usize, columns: usize, seed: u64) {
    let tolerance = 200.0 * T::EPSILON.to_f64();
    let singular = tolerance.max(SINGULAR);
    let a = noise::<T>(seed, &[rows, columns]);
    let k = rows.min(columns);
    let close = |x: &Tensor<T>, y: &Tensor<T>, within| agree(x, &y.cast::<f64>(), within);
    let same = |x: &Tensor<T>, y: &Tensor<T>| close(x, y, tolerance);

    let (q, r) = a.qr().unwrap();
    assert_eq!((q.shape(), r.shape()), ([rows, k].into(), [k, columns].into()));
    same(&q.matmul(&r).unwrap(), &a);
    same(&q.t().matmul(&q).unwrap(), &identity(k));
    for row in 0..k {
        for column in 0..row.min(columns) {
            assert_eq!(r.get(&[row, column]).unwrap(), T::ZERO);
        }
    }

    let Svd { u, s, vt } = a.svd().unwrap();
    close(&(&u * &s).matmul(&vt).unwrap(), &a, singular);
    same(&u.t().matmul(&u).unwrap(), &identity(k));
    same(&vt.matmul(vt.t()).unwrap(), &identity(k));
    assert!(s.as_slice().windows(2).all(|pair| pair[0] >= pair[1]));
    assert!(s.as_slice().iter().all(|&s| s >= T::ZERO));

    let positive = &a.t().matmul(&a).unwrap() + &identity(columns);
    let l = positive.cholesky().unwrap();
    same(&l.matmul(l.t()).unwrap(), &positive);
    let b = noise::<T>(seed ^ 1, &[columns, 2]);
    same(&positive.matmul(&positive.solve(&b).unwrap()).unwrap(), &b);

    // Least squares: what remains is orthogonal to all columns.
    let b = noise::<T>(seed ^ 2, &[rows]);
    let x = a.least_squares(&b).unwrap();
    let remains = a.matmul(&x.unsqueeze(-1).unwrap()).unwrap() - &b.unsqueeze(-1).unwrap();
    let along = a.t().matmul(&remains).unwrap();
    // A nearly singular matrix has large solutions.
    let size = x.abs().max().map_or(1.0, |x| x.to_f64().max(1.0));
    agree(&along, &Tensor::<f64>::full([columns, 1], 0.0), singular * size);
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn prop_decompositions_multiply_back(rows in 1_usize..9, columns in 1_usize..9, seed: u64) {
        check::<f64>(rows, columns, seed);
        check::<f32>(rows, columns, seed);
    }

    #[test]
    fn prop_solve_finds_what_made_the_right_side(n in 1_usize..8, seed: u64) {
        let a = &noise::<f64>(seed, &[n, n]) + &(&identity(n) * (2.0 * n as f64));
        for dims in [vec![n], vec![n, 3]] {
            let x = noise::<f64>(seed ^ 1, &dims);
            let column = x.reshape([n, x.numel() / n]).unwrap();
            let b = a.matmul(&column).unwrap().reshape(x.shape()).unwrap();
            agree(&a.solve(&b).unwrap(), &x, 1e-12);
            agree(&a.least_squares(&b).unwrap(), &x, SINGULAR);
        }
    }
}

#[test]
fn the_solution_of_least_norm() {
    // x + y = 2 has many solutions; the shortest is (1, 1).
    let x = Tensor::from([[1.0_f64, 1.0]]).least_squares(&Tensor::from([2.0]));
    agree(&x.unwrap(), &Tensor::from([1.0, 1.0]), 1e-14);
    let rank_one = Tensor::from([[1.0_f64, 2.0], [2.0, 4.0], [3.0, 6.0]]);
    let x = rank_one.least_squares(&Tensor::from([5.0, 10.0, 15.0]));
    agree(&x.unwrap(), &Tensor::from([1.0, 2.0]), 1e-13);
}
