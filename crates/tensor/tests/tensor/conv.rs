//! Convolution and its gradients against their definition, and PyTorch's.

use plywood_tensor::{
    Conv2dOptions, Float, Tensor, conv2d, conv2d_input_grad, conv2d_shape, conv2d_weight_grad,
    naive,
};
use plywood_testkit::{ConvProblem, cases, conv_problems, fixtures};
use proptest::prelude::*;

use crate::support::{agree, noise, shape, tensor, tolerance};

fn options(problem: &ConvProblem) -> Conv2dOptions {
    Conv2dOptions {
        stride: problem.stride,
        padding: problem.padding,
        dilation: problem.dilation,
        groups: problem.groups,
        direct: false,
    }
}

/// The result and both gradients in one precision, against the definition in `f64`.
fn check<T: Float>(problem: &ConvProblem) {
    let options = options(problem);
    let output = problem.output();
    let x = noise::<f64>(1, &problem.input);
    let weight = noise::<f64>(2, &problem.weight);
    let bias = noise::<f64>(3, &problem.weight[..1]);
    let bias = problem.bias.then_some(&bias);
    let dy = noise::<f64>(4, &output);
    let y = naive::conv2d(&x, &weight, bias, &options).unwrap();
    let dx = naive::conv2d_input_grad(&dy, &weight, x.shape(), &options).unwrap();
    let dw = naive::conv2d_weight_grad(&x, &dy, weight.shape(), &options).unwrap();
    assert_eq!(y.shape(), shape(&output));

    let [_, c, window_h, window_w] = problem.weight;
    let taps = c * window_h * window_w;
    let pixels = output[0] * output[2] * output[3];
    let fans = problem.weight[0] / problem.groups * window_h * window_w;
    let bias = bias.map(Tensor::cast);
    let (x, weight, dy) = (x.cast::<T>(), weight.cast(), dy.cast());
    let (expected_y, expected_dx, expected_dw) = (y, dx, dw);
    let y = conv2d(&x, &weight, bias.as_ref(), &options).unwrap();
    agree(&y, &expected_y, tolerance::<T>(taps));
    let dx = conv2d_input_grad(&dy, &weight, x.shape(), &options).unwrap();
    agree(&dx, &expected_dx, tolerance::<T>(fans));
    let dw = conv2d_weight_grad(&x, &dy, weight.shape(), &options).unwrap();
    agree(&dw, &expected_dw, tolerance::<T>(pixels));

    let bias = bias.map(|bias| bias.shape());
    let (shape, multiply_adds) = conv2d_shape(x.shape(), weight.shape(), bias, &options).unwrap();
    assert_eq!(shape, y.shape());
    assert_eq!(multiply_adds, (y.numel() * taps) as u64);
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_convolution_and_gradients_in_f32(problem in conv_problems()) {
        check::<f32>(&problem);
    }

    /// So many images that a vector may hold one pixel of some.
    #[test]
    fn prop_batches_of_small_images(
        problem in conv_problems(),
        images in 12_usize..=70,
        more in [1_usize..=9, 1_usize..=9],
    ) {
        let ConvProblem { input, weight, .. } = problem;
        let channels = weight[1] * more[0];
        check::<f32>(&ConvProblem {
            input: [images, channels, input[2], input[3]],
            weight: [weight[0] * more[1], channels, weight[2], weight[3]],
            groups: 1,
            ..problem
        });
    }

    #[test]
    fn prop_convolution_and_gradients_in_f64(problem in conv_problems()) {
        check::<f64>(&problem);
    }
}

/// A filter for each channel, read straight from the rows: planes of less than a vector and of several,
/// with borders up to those of which windows see nothing else.
fn depthwise_problems() -> impl Strategy<Value = ConvProblem> {
    let axis = || (0_usize..=9, prop_oneof![0_usize..=12, 28_usize..=55]);
    let kernel = prop_oneof![Just(3_usize), Just(5), Just(7)];
    (1_usize..=3, 2_usize..=3, kernel, 1_usize..=2, axis(), axis(), any::<bool>()).prop_map(
        |(images, channels, kernel, stride, vertical, horizontal, bias)| {
            let size = |(padding, more): (usize, usize)| {
                kernel.saturating_sub(2 * padding).max(padding).max(1) + more
            };
            ConvProblem {
                input: [images, channels, size(vertical), size(horizontal)],
                weight: [channels, 1, kernel, kernel],
                bias,
                stride: [stride; 2],
                padding: [vertical.0, horizontal.0],
                dilation: [1; 2],
                groups: channels,
            }
        },
    )
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_depthwise_convolution_and_gradients(problem in depthwise_problems()) {
        check::<f32>(&problem);
    }
}

/// Images side by side: every number of outputs and of taps that is computed at once, and what remains;
/// blocks of images that are full, and that aren't.
#[test]
fn images_side_by_side() {
    let problem = |images, channels, outputs, kernel: [usize; 2], stride| ConvProblem {
        input: [images, channels, kernel[0] + 1, kernel[1] + 2],
        weight: [outputs, channels, kernel[0], kernel[1]],
        bias: true,
        stride: [stride; 2],
        padding: [1, kernel[1] / 2],
        dilation: [1; 2],
        groups: 1,
    };
    for outputs in 1..=14 {
        check::<f32>(&problem(27, 15 - outputs, outputs, [7, 7], 1));
    }
    for columns in 1..=8 {
        check::<f32>(&problem(27, 13, 13, [4, columns], 1));
        check::<f32>(&problem(64, 13, 14, [4, columns], 2));
    }
}

/// Sizes that take several blocks of the matrix product, and split its depth.
#[test]
fn large_convolutions() {
    let problem = |input, weight, stride: usize, padding: usize, groups| ConvProblem {
        input,
        weight,
        bias: true,
        stride: [stride; 2],
        padding: [padding; 2],
        dilation: [1; 2],
        groups,
    };
    for problem in [
        problem([2, 32, 17, 19], [40, 32, 3, 3], 1, 1, 1),
        problem([3, 3, 50, 41], [10, 3, 7, 7], 2, 3, 1),
        problem([1, 3, 67, 67], [16, 3, 11, 11], 4, 2, 1),
        problem([2, 40, 14, 14], [150, 40, 1, 1], 2, 0, 1),
        problem([2, 40, 15, 16], [70, 40, 3, 3], 2, 1, 1),
        problem([2, 20, 30, 31], [70, 20, 3, 3], 5, 2, 1),
        problem([2, 20, 15, 18], [24, 20, 3, 3], 2, 1, 1),
        problem([1, 12, 17, 23], [10, 12, 5, 5], 3, 2, 1),
        problem([2, 24, 20, 20], [24, 1, 3, 3], 1, 1, 24),
        problem([5, 6, 40, 40], [4, 3, 3, 3], 1, 1, 2),
    ] {
        check::<f32>(&problem);
        check::<f64>(&problem);
    }
}

/// The only window of an axis sees nothing but the border, and the next one would begin behind it.
#[test]
fn borders_wider_than_windows_reach() {
    for (channels, outputs, stride, padding) in [
        (2, 3, [1, 40], [0, 9]),
        (2, 3, [2, 2], [9, 9]),
        (3, 0, [40, 1], [9, 0]),
        (1, 1, [2, 40], [3, 9]),
        (0, 0, [3, 3], [0, 9]),
    ] {
        check::<f32>(&ConvProblem {
            input: [2, channels, 4, 5],
            weight: [outputs, channels, 1, 2],
            bias: true,
            stride,
            padding,
            dilation: [1; 2],
            groups: 1,
        });
    }
}

/// There is nothing to compute, however large the image would be.
#[test]
fn images_of_nothing() {
    let sides = 1 << 29;
    for ([n, c], [o, groups]) in [([0, 3], [4, 1]), ([2, 0], [0, 1]), ([0, 4], [4, 4])] {
        for (kernel, stride) in [(3, 1), (3, 2), (2, 1)] {
            let (x, weight) =
                (Tensor::zeros([n, c, sides, 4]), Tensor::zeros([o, c / groups, kernel, kernel]));
            let options = Conv2dOptions {
                stride: [stride; 2],
                padding: [1; 2],
                groups,
                ..Default::default()
            };
            let y = conv2d(&x, &weight, None, &options).unwrap();
            let dx = conv2d_input_grad(&y, &weight, x.shape(), &options).unwrap();
            let dw = conv2d_weight_grad(&x, &y, weight.shape(), &options).unwrap();
            assert_eq!((dx, dw), (x, weight));
        }
    }
    // Results that are the bias alone, and inputs that nobody looks at.
    let padded = Conv2dOptions { padding: [1, 1], ..Default::default() };
    let (x, weight) = (Tensor::zeros([2, 0, 16, 16]), Tensor::zeros([16, 0, 3, 3]));
    let y = conv2d(&x, &weight, Some(&Tensor::ones([16])), &padded).unwrap();
    assert_eq!(y, Tensor::ones([2, 16, 16, 16]));
    let (x, weight) = (Tensor::ones([2, 16, 16, 16]), Tensor::zeros([0, 16, 3, 3]));
    let y = conv2d(&x, &weight, None, &padded).unwrap();
    let dx = conv2d_input_grad(&y, &weight, x.shape(), &padded).unwrap();
    assert_eq!(dx, Tensor::zeros([2, 16, 16, 16]));
}

/// The number of multiply-adds may be larger than a counter.
#[test]
fn absurd_numbers_of_multiply_adds() {
    let side = 1 << 19;
    let padded = Conv2dOptions { padding: [1, 1], ..Default::default() };
    let (x, weight) = (shape(&[1, 1 << 20, side, side]), shape(&[1 << 20, 1 << 20, 3, 3]));
    let (y, multiply_adds) = conv2d_shape(x, weight, None, &padded).unwrap();
    assert_eq!((y, multiply_adds), (x, u64::MAX));
}

/// Images without a pixel have borders all the same.
#[test]
fn borders_of_nothing() {
    for stride in [1, 2] {
        check::<f32>(&ConvProblem {
            input: [2, 3, 4, 0],
            weight: [5, 3, 2, 3],
            bias: true,
            stride: [stride; 2],
            padding: [1, 2],
            dilation: [1; 2],
            groups: 1,
        });
    }
}

#[test]
fn agrees_with_pytorch() {
    let fixture = fixtures::load("conv2d");
    for case in fixture.cases("case") {
        let array = |name: &str| tensor::<f64>(&fixture[&format!("{case}.{name}")]);
        let params = fixture[&format!("{case}.params")].sizes();
        let &[sh, sw, ph, pw, dh, dw, groups] = &params[..] else { panic!("{params:?}") };
        let options = Conv2dOptions {
            stride: [sh, sw],
            padding: [ph, pw],
            dilation: [dh, dw],
            groups,
            direct: false,
        };
        let (x, weight, bias) = (array("input"), array("weight"), array("bias"));
        let dy = array("grad_output");
        let y = conv2d(&x, &weight, Some(&bias), &options).unwrap();
        agree(&y, &array("output"), 1e-12);
        let dx = conv2d_input_grad(&dy, &weight, x.shape(), &options).unwrap();
        agree(&dx, &array("grad_input"), 1e-12);
        let dw = conv2d_weight_grad(&x, &dy, weight.shape(), &options).unwrap();
        agree(&dw, &array("grad_weight"), 1e-12);
        agree(&dy.sum_axes(&[0, 2, 3]).unwrap(), &array("grad_bias"), 1e-12);

        let y = conv2d(&x.cast::<f32>(), &weight.cast(), Some(&bias.cast()), &options).unwrap();
        agree(&y, &array("output"), 1e-4);
    }
}

/// The naive gradients are the definition's, differentiated by hand: checked by the inner product
/// `⟨y, dy⟩`, which is linear in `x` and in the weight.
#[test]
fn naive_gradients_are_gradients() {
    let options = Conv2dOptions {
        stride: [2, 1],
        padding: [1, 2],
        dilation: [1, 2],
        groups: 2,
        direct: false,
    };
    let (x, weight) = (noise::<f64>(1, &[2, 4, 7, 6]), noise::<f64>(2, &[6, 2, 3, 2]));
    let y = naive::conv2d(&x, &weight, None, &options).unwrap();
    let dy = noise::<f64>(3, &y.shape());
    let dx = naive::conv2d_input_grad(&dy, &weight, x.shape(), &options).unwrap();
    let dw = naive::conv2d_weight_grad(&x, &dy, weight.shape(), &options).unwrap();
    let loss = (&y * &dy).sum();
    assert!(((&x * &dx).sum() - loss).abs() < 1e-12);
    assert!(((&weight * &dw).sum() - loss).abs() < 1e-12);
}
