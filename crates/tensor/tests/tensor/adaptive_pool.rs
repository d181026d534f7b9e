//! Adaptive pooling against every pixel, its gradient against a transposed product, and its bits on
//! several threads.

use plywood_tensor::{Float, adaptive_avg_pool2d, adaptive_avg_pool2d_grad, naive, threads};
use plywood_testkit::{assert_close, assert_same_bits, cases};
use proptest::prelude::*;

use crate::support::{agree, f64s, noise, shape, tolerance};

fn check<T: Float>(input: [usize; 4], out: [usize; 2]) {
    let x = noise::<T>(1, &input);
    let y = adaptive_avg_pool2d(&x, out).unwrap();
    agree(&y, &naive::adaptive_avg_pool2d(&x.cast::<f64>(), out).unwrap(), tolerance::<T>(64));
    // The function is linear: ⟨y, dy⟩ = ⟨x, dx⟩ for every x and dy says that the gradient is right.
    let dy = noise::<T>(2, &y.shape());
    let dx = adaptive_avg_pool2d_grad(&dy, x.shape()).unwrap();
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (left, right) = (product(&f64s(&y), &f64s(&dy)), product(&f64s(&x), &f64s(&dx)));
    assert_close(&[left], &[right], tolerance::<T>(256));
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_adaptive_pooling(
        n in 0_usize..=2, c in 1_usize..=3,
        h in 1_usize..=9, w in 1_usize..=9,
        out_h in 0_usize..=10, out_w in 0_usize..=10,
    ) {
        check::<f32>([n, c, h, w], [out_h, out_w]);
        check::<f64>([n, c, h, w], [out_h, out_w]);
    }
}

#[test]
fn equal_sizes_copy_nothing() {
    let x = noise::<f32>(1, &[1, 2, 6, 6]);
    assert_eq!(adaptive_avg_pool2d(&x, [6, 6]).unwrap().address(), x.address());
    assert_eq!(adaptive_avg_pool2d_grad(&x, x.shape()).unwrap().address(), x.address());
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let x = noise::<f32>(1, &[8, 16, 43, 41]);
    let both = || {
        let y = adaptive_avg_pool2d(&x, [6, 7]).unwrap();
        let dx = adaptive_avg_pool2d_grad(&y, x.shape()).unwrap();
        [f64s(&y), f64s(&dx)]
    };
    let (one, three) = (threads::with(1, both).unwrap(), threads::with(3, both).unwrap());
    one.iter().zip(&three).for_each(|(one, three)| assert_same_bits(one, three));
}

#[test]
fn what_doesnt_fit_is_said() {
    let x = noise::<f32>(1, &[1, 2, 3, 0]);
    assert_eq!(
        adaptive_avg_pool2d(&x, [2, 2]).unwrap_err().to_string(),
        "adaptive_avg_pool2d: input [1, 2, 3, 0] (N, C, H, W) has no pixels for [2, 2]",
    );
    let dy = noise::<f32>(1, &[1, 3, 2, 2]);
    assert_eq!(
        adaptive_avg_pool2d_grad(&dy, shape(&[1, 2, 4, 4])).unwrap_err().to_string(),
        "adaptive_avg_pool2d_grad: dy [1, 3, 2, 2] should be [1, 2, 2, 2]",
    );
}
