//! Convolutions by Winograd's algorithm, held by the bound that is derived where it is implemented to
//! those in `f64`, which are matrix products: `conv.rs` holds them to the definition, which would take
//! minutes at these sizes.

use plywood_tensor::{Conv2dOptions, Tensor, conv2d, conv2d_input_grad, conv2d_weight_grad};
use plywood_testkit::cases;
use proptest::prelude::*;

use crate::support::noise;

/// Asserts that the largest error is at most `72 · 2⁻²⁴ · √(n + 40)` of the root mean square.
#[track_caller]
fn bounded(actual: &Tensor, expected: &Tensor<f64>, terms: usize) {
    assert_eq!(actual.shape(), expected.shape());
    let squares: f64 = expected.as_slice().iter().map(|x| x * x).sum();
    let rms = (squares / expected.numel() as f64).sqrt();
    let pairs = actual.as_slice().iter().zip(expected.as_slice());
    let largest = pairs.map(|(&a, e)| (f64::from(a) - e).abs()).fold(0.0, f64::max);
    let bound = 72.0 * 2_f64.powi(-24) * ((terms + 40) as f64).sqrt() * rms;
    assert!(largest <= bound, "{largest} > {bound}, at a root mean square of {rms}");
}

fn check(
    [n, c, height, width]: [usize; 4],
    [o, taps]: [usize; 2],
    padding: [usize; 2],
    stride: usize,
) {
    let options = Conv2dOptions { padding, stride: [stride; 2], ..Default::default() };
    let (x, weight) =
        (noise::<f64>(1, &[n, c, height, width]), noise::<f64>(2, &[o, c, taps, taps]));
    let (x32, weight32) = (x.cast::<f32>(), weight.cast::<f32>());
    // What the operands are rounded to is not the algorithm's error.
    let (x, weight) = (x32.cast::<f64>(), weight32.cast::<f64>());
    let bias = noise::<f32>(3, &[o]);
    let expected = conv2d(&x, &weight, Some(&bias.cast()), &options).unwrap();
    let y = conv2d(&x32, &weight32, Some(&bias), &options).unwrap();
    // With a stride of 2, each of four phases of the input is a channel.
    bounded(&y, &expected, c * stride * stride);

    let dy32 = noise::<f32>(4, &y.shape());
    let dy = dy32.cast::<f64>();
    let expected = conv2d_input_grad(&dy, &weight, x.shape(), &options).unwrap();
    let dx = conv2d_input_grad(&dy32, &weight32, x.shape(), &options).unwrap();
    bounded(&dx, &expected, o);

    let expected = conv2d_weight_grad(&x, &dy, weight.shape(), &options).unwrap();
    let dw = conv2d_weight_grad(&x32, &dy32, weight.shape(), &options).unwrap();
    let side = if stride == 2 { 5 } else { 7 - taps };
    let [down, across] = [y.shape()[2], y.shape()[3]].map(|size| size.div_ceil(side));
    bounded(&dw, &expected, n * down * across);

    let direct = Conv2dOptions { direct: true, ..options };
    let exact = conv2d(&x32, &weight32, None, &direct).unwrap();
    let expected = conv2d(&x, &weight, None, &options).unwrap();
    let error = (&exact.cast::<f64>() - &expected).abs().max().unwrap();
    assert!(error <= 2_f64.powi(-23) * (taps * taps * c) as f64, "{error}");
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn prop_winograd_is_convolution(
        n in 1_usize..4,
        c in 1_usize..4,
        o in 1_usize..4,
        taps in prop::sample::select(vec![3_usize, 5]),
        [height, width] in [5_usize..14, 5_usize..14],
        padding in [0_usize..5, 0_usize..5],
    ) {
        check([n, 16 * c, height, width], [16 * o, taps], padding.map(|p| p % taps), 1);
    }

    #[test]
    fn prop_winograd_with_a_stride_is_convolution(
        n in 1_usize..4,
        c in 1_usize..4,
        o in 1_usize..4,
        [height, width] in [7_usize..34, 7_usize..34],
        padding in [0_usize..3, 0_usize..3],
    ) {
        check([n, 16 * c, height, width], [16 * o, 3], padding, 2);
        check([n, 16 * c, height, width], [16 * o, 3], [1, 1], 2);
    }
}

/// Many tiles and few weights; few tiles and many weights; the gradient in several blocks.
#[test]
fn every_way_of_cutting_the_work() {
    check([3, 16, 33, 34], [48, 3], [1, 1], 1);
    check([1, 144, 13, 13], [128, 3], [1, 1], 1);
    check([1, 16, 160, 156], [16, 3], [0, 1], 1);
    check([2, 16, 27, 27], [32, 5], [2, 2], 1);
    check([3, 16, 59, 58], [32, 3], [1, 1], 2);
    check([1, 144, 19, 20], [128, 3], [1, 1], 2);
    check([2, 48, 160, 156], [16, 3], [1, 1], 2);
}

#[test]
fn infinities_and_nan_come_through() {
    let options = Conv2dOptions { padding: [1, 1], ..Default::default() };
    let mut x = Tensor::zeros([1, 16, 16, 16]);
    x.as_mut_slice()[0] = f32::NAN;
    let y = conv2d(&x, &Tensor::ones([16, 16, 3, 3]), None, &options).unwrap();
    assert!(y.get(&[0, 0, 0, 0]).unwrap().is_nan());
    assert_eq!(y.get(&[0, 0, 9, 9]).unwrap(), 0.0);
}
