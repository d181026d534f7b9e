//! Pooling and its gradients against every pixel of every window, and PyTorch's.

use plywood_tensor::{
    Float, Tensor, Window, avg_pool2d, avg_pool2d_grad, max_pool2d, max_pool2d_grad, naive,
};
use plywood_testkit::{PoolProblem, assert_same_bits, cases, fixtures, pool_problems};
use proptest::prelude::*;

use crate::support::{agree, f64s, noise, places, shape, tensor, tolerance};

fn window(problem: &PoolProblem) -> Window {
    Window {
        kernel: problem.kernel,
        stride: problem.stride,
        padding: problem.padding,
        dilation: problem.dilation,
    }
}

/// The pixels that the window at `[row, column]` of the result sees, in row-major order.
fn pixels(problem: &PoolProblem, row: usize, column: usize) -> Vec<[usize; 2]> {
    let along = |axis: usize, index: usize| -> Vec<usize> {
        (0..problem.kernel[axis])
            .map(|tap| index * problem.stride[axis] + tap * problem.dilation[axis])
            .filter_map(|place| place.checked_sub(problem.padding[axis]))
            .filter(|&place| place < problem.input[axis + 2])
            .collect()
    };
    let columns = along(1, column);
    along(0, row).into_iter().flat_map(|y| columns.iter().map(move |&x| [y, x])).collect()
}

/// Whether some window sees nothing but padding: then there is no maximum.
fn sees_padding_only(problem: &PoolProblem) -> bool {
    let [_, _, height, width] = problem.output();
    places(&[height, width]).iter().any(|place| pixels(problem, place[0], place[1]).is_empty())
}

/// The gradient with respect to the input, when a window hands `share(window's pixels)` of its
/// gradient to each of them.
fn brute_force(
    problem: &PoolProblem,
    dy: &Tensor<f64>,
    shares: impl Fn([usize; 2], &[[usize; 2]]) -> Vec<f64>,
) -> Tensor<f64> {
    let mut dx = Tensor::<f64>::full(problem.input, 0.0);
    let [_, channels, height, width] = problem.input;
    for place in places(&problem.output()) {
        let plane = place[0] * channels + place[1];
        let pixels = pixels(problem, place[2], place[3]);
        let shares = shares([place[0], place[1]], &pixels);
        for ([row, column], share) in pixels.into_iter().zip(shares) {
            let at = (plane * height + row) * width + column;
            dx.as_mut_slice()[at] += share * dy.get(&place).unwrap();
        }
    }
    dx
}

fn check_max<T: Float>(problem: &PoolProblem, x: &Tensor<f64>, dy: &Tensor<f64>) {
    let window = window(problem);
    let pooled = max_pool2d(&x.cast::<T>(), &window).unwrap();
    agree(&pooled.values, &naive::max_pool2d(x, &window).unwrap(), 0.0);
    let dx = max_pool2d_grad(&dy.cast::<T>(), &pooled.places).unwrap();
    let expected = brute_force(problem, dy, |[n, c], pixels| {
        let at = |&[row, column]: &[usize; 2]| x.get(&[n, c, row, column]).unwrap();
        let top = pixels.iter().map(at).fold(f64::MIN, f64::max);
        let first = pixels.iter().position(|pixel| at(pixel) == top);
        (0..pixels.len()).map(|i| f64::from(u8::from(Some(i) == first))).collect()
    });
    agree(&dx, &expected, tolerance::<T>(16));
}

fn check_average<T: Float>(problem: &PoolProblem, x: &Tensor<f64>, dy: &Tensor<f64>) {
    let window = window(problem);
    for count_include_pad in [false, true] {
        let y = avg_pool2d(&x.cast::<T>(), &window, count_include_pad).unwrap();
        let expected = naive::avg_pool2d(x, &window, count_include_pad).unwrap();
        agree(&y, &expected, tolerance::<T>(16));
        let dy_t = dy.cast::<T>();
        let dx = avg_pool2d_grad(&dy_t, x.shape(), &window, count_include_pad).unwrap();
        let expected = brute_force(problem, dy, |_, pixels| {
            let all = problem.kernel[0] * problem.kernel[1];
            let count = if count_include_pad { all } else { pixels.len() };
            vec![1.0 / count as f64; pixels.len()]
        });
        agree(&dx, &expected, tolerance::<T>(16));
    }
}

fn check(problem: &PoolProblem) {
    // Few different values, so that there are ties.
    let x = noise::<f64>(1, &problem.input).map(|x| (x * 3.0).round());
    let dy = noise::<f64>(2, &problem.output());
    check_max::<f32>(problem, &x, &dy);
    check_max::<f64>(problem, &x, &dy);
    check_average::<f32>(problem, &x, &dy);
    check_average::<f64>(problem, &x, &dy);
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_pooling_and_gradients(problem in pool_problems(false)) {
        prop_assert!(!sees_padding_only(&problem));
        check(&problem);
    }

    /// Dilation leaves gaps, which can swallow a whole small image.
    #[test]
    fn prop_dilated_pooling_works_or_says_why(problem in pool_problems(true)) {
        if sees_padding_only(&problem) {
            let x = noise::<f32>(1, &problem.input);
            let error = max_pool2d(&x, &window(&problem)).unwrap_err().to_string();
            prop_assert!(error.contains("sees nothing but padding"), "{error}");
            prop_assert!(avg_pool2d(&x, &window(&problem), true).is_err());
        } else {
            check(&problem);
        }
    }
}

#[test]
fn a_not_a_number_wins() {
    let mut x = noise::<f32>(1, &[1, 1, 4, 4]);
    x.as_mut_slice()[5] = f32::NAN;
    let halves = Window { stride: [2, 2], ..Window::new([2, 2]) };
    let pooled = max_pool2d(&x, &halves).unwrap();
    assert!(pooled.values.as_slice()[0].is_nan());
    assert!(pooled.values.as_slice()[1..].iter().all(|x| x.is_finite()));
    let dx = max_pool2d_grad(&Tensor::ones([1, 1, 2, 2]), &pooled.places).unwrap();
    assert_eq!(dx.as_slice()[5], 1.0);
}

#[test]
fn the_first_of_equals_wins() {
    // Also of pixels that are −∞, which no pixel is larger than, and beside padding.
    for value in [f32::NEG_INFINITY, 0.0, f32::INFINITY] {
        let x = Tensor::full([2, 1, 3, 5], value);
        let window = Window { stride: [2, 2], padding: [1, 1], ..Window::new([3, 3]) };
        let pooled = max_pool2d(&x, &window).unwrap();
        assert_eq!(pooled.values, Tensor::full([2, 1, 2, 3], value));
        let dx = max_pool2d_grad(&Tensor::ones([2, 1, 2, 3]), &pooled.places).unwrap();
        let plane = [[1.0, 1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0, 0.0], [0.0; 5]];
        assert_eq!(dx, Tensor::from([[plane], [plane]]));
    }
}

/// Windows too large to count their taps in a byte, and too large to go tap by tap.
#[test]
fn large_windows() {
    for (kernel, stride) in
        [([15, 17], [1, 1]), ([16, 16], [2, 3]), ([1, 300], [1, 2]), ([9, 9], [4, 4])]
    {
        check(&PoolProblem {
            input: [2, 2, kernel[0] + 3, kernel[1] + 5],
            kernel,
            stride,
            padding: [kernel[0] / 2, 3],
            dilation: [1, 1],
        });
    }
}

/// Many planes go in one task, and large ones one by one.
#[test]
fn many_small_planes_and_large_ones() {
    for input in [[30, 40, 7, 9], [1, 3, 120, 131]] {
        for (kernel, stride, padding) in
            [([2, 2], [2, 2], [0, 0]), ([3, 3], [2, 2], [1, 1]), ([3, 2], [1, 3], [1, 0])]
        {
            check(&PoolProblem { input, kernel, stride, padding, dilation: [1, 1] });
        }
    }
}

/// Those have a kernel of their own for `f32`: it agrees with that for `f64`, also where there are NaNs,
/// and windows of nothing but −∞.
#[test]
fn windows_two_columns_apart() {
    let mut cases = Vec::new();
    for width in [4, 5, 8, 13, 16, 17, 31, 33, 36, 56, 71] {
        for (kernel, stride, padding) in [
            ([2, 2], 2, [0, 0]),
            ([3, 3], 2, [1, 1]),
            ([3, 3], 2, [0, 0]),
            ([2, 3], 1, [1, 0]),
            ([1, 4], 3, [0, 2]),
            ([4, 7], 2, [2, 3]),
        ] {
            cases.push((width, kernel, stride, padding));
        }
    }
    for (width, kernel, stride, padding) in cases {
        let mut x = noise::<f64>(1, &[1, 3, 9, width]).map(|x| (x * 3.0).round());
        let elements = x.as_mut_slice();
        elements[width + 3] = f64::NAN;
        elements[2 * width - 1] = f64::NAN;
        elements[12 * width..15 * width].fill(f64::NEG_INFINITY);
        elements[26 * width..].fill(f64::INFINITY);
        let window = Window { stride: [stride, 2], padding, ..Window::new(kernel) };
        let (single, double) =
            (max_pool2d(&x.cast::<f32>(), &window).unwrap(), max_pool2d(&x, &window).unwrap());
        assert_same_bits(&f64s(&single.values), &f64s(&double.values));
        // Whole numbers, so that every order of additions gives the same sum.
        let dy = noise::<f64>(2, &single.values.shape()).map(|dy| (dy * 9.0).round());
        let dx = max_pool2d_grad(&dy.cast::<f32>(), &single.places).unwrap();
        assert_eq!(dx.cast::<f64>(), max_pool2d_grad(&dy, &double.places).unwrap());
    }
}

/// There is nothing to compute, however large images or windows would be.
#[test]
fn planes_of_nothing() {
    let (x, twos) = (Tensor::<f32>::zeros([2, 0, 1 << 29, 1 << 28]), Window::new([2, 2]));
    let pooled = max_pool2d(&x, &Window { stride: [2, 2], ..twos }).unwrap();
    assert_eq!(pooled.values.shape(), [2, 0, 1 << 28, 1 << 27].into());
    assert_eq!(max_pool2d_grad(&pooled.values, &pooled.places).unwrap(), x);
    let y = avg_pool2d(&x, &twos, false).unwrap();
    assert_eq!(avg_pool2d_grad(&y, x.shape(), &twos, false).unwrap(), x);

    // The number of its taps is 2⁶⁴.
    let (all, half) = (1 << 32, 1 << 31);
    let everything = Window { stride: [2, 2], padding: [half; 2], ..Window::new([all; 2]) };
    let pooled = max_pool2d(&Tensor::<f32>::ones([1, 1, 4, 4]), &everything).unwrap();
    assert_eq!(pooled.values, Tensor::ones([1, 1, 3, 3]));
    assert_eq!(max_pool2d_grad(&pooled.values, &pooled.places).unwrap().sum(), 9.0);
}

#[test]
fn agrees_with_pytorch() {
    let fixture = fixtures::load("pool2d");
    for case in fixture.cases("case") {
        let array = |name: &str| tensor::<f64>(&fixture[&format!("{case}.{name}")]);
        let params = fixture[&format!("{case}.params")].sizes();
        let &[average, kh, kw, sh, sw, ph, pw, count_include_pad] = &params[..] else {
            panic!("{params:?}")
        };
        let window =
            Window { kernel: [kh, kw], stride: [sh, sw], padding: [ph, pw], dilation: [1, 1] };
        let (x, dy) = (array("input"), array("grad_output"));
        let (y, dx) = if average == 1 {
            let counted = count_include_pad == 1;
            (
                avg_pool2d(&x, &window, counted).unwrap(),
                avg_pool2d_grad(&dy, x.shape(), &window, counted).unwrap(),
            )
        } else {
            let pooled = max_pool2d(&x, &window).unwrap();
            let dx = max_pool2d_grad(&dy, &pooled.places).unwrap();
            (pooled.values, dx)
        };
        agree(&y, &array("output"), 1e-14);
        agree(&dx, &array("grad_input"), 1e-14);
        assert_eq!(y.shape(), shape(&fixture[&format!("{case}.output")].shape));
    }
}
