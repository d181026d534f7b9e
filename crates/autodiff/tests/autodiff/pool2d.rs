//! Pooling and its gradient against PyTorch.

use plywood_autodiff::{Pool2d, Var};
use plywood_tensor::{Float, Result, Tensor};
use plywood_testkit::{Array, fixtures};

use crate::support::{agrees_with_pytorch, error_of, with_gradient};

fn pooling<T: Float>(params: &Array) -> impl Fn(&[Var<T>]) -> Result<Var<T>> + use<T> {
    let sizes = params.sizes();
    let pair = |at: usize| [sizes[at], sizes[at + 1]];
    let pool =
        Pool2d::new(pair(1)).stride(pair(3)).padding(pair(5)).count_include_pad(sizes[7] == 1);
    let average = sizes[0] == 1;
    move |inputs| if average { inputs[0].avg_pool2d(pool) } else { inputs[0].max_pool2d(pool) }
}

#[test]
fn agrees_with_pytorch_in_every_setting() {
    let fixture = fixtures::load("pool2d");
    for case in fixture.cases("case") {
        let params = &fixture[&format!("{case}.params")];
        agrees_with_pytorch(&fixture, &case, &["input"], pooling(params), pooling(params));
    }
}

#[test]
fn adaptive_pooling_agrees_with_pytorch() {
    let fixture = fixtures::load("pool2d");
    for case in fixture.cases("adaptive") {
        let shape = &fixture[&format!("{case}.output")].shape;
        let size = [shape[2], shape[3]];
        let (wide, narrow) = (
            |x: &[Var<f64>]| x[0].adaptive_avg_pool2d(size),
            |x: &[Var]| x[0].adaptive_avg_pool2d(size),
        );
        agrees_with_pytorch(&fixture, &case, &["input"], wide, narrow);
    }
}

/// PyTorch's choices: the last NaN of a window takes the gradient, the first along an axis.
#[test]
fn a_nan_wins_and_takes_the_gradient() {
    let nan = f32::NAN;
    // Windows two columns apart, and windows that aren't.
    for (pool, width) in [(Pool2d::new(2), 16), (Pool2d::new([2, 3]), 18)] {
        let mut x = Tensor::ones([1, 1, 2, width]);
        x.as_mut_slice()[1] = nan;
        x.as_mut_slice()[width] = nan;
        let windows = width / if width == 16 { 2 } else { 3 };
        let dy = Tensor::full([1, 1, 1, windows], 2.0);
        let (y, gradient) = with_gradient(&x, &dy, |x| x.max_pool2d(pool));
        assert!(y.as_slice()[0].is_nan() && y.as_slice()[1..].iter().all(|&y| y == 1.0));
        let gradient = gradient.as_slice();
        assert_eq!((gradient[0], gradient[1], gradient[width]), (0.0, 0.0, 2.0));
        assert_eq!(gradient.iter().sum::<f32>(), 2.0 * windows as f32);
    }
    let x = Tensor::from([[1.0, nan, 3.0, nan]]);
    let (y, gradient) = with_gradient(&x, &Tensor::from([2.0]), |x| x.max_axis(1));
    assert!(y.as_slice()[0].is_nan());
    assert_eq!(gradient, Tensor::from([[0.0, 2.0, 0.0, 0.0]]));
}

#[test]
fn a_number_alone_moves_by_its_own_size() {
    let x = Var::constant(Tensor::from_fn([1, 1, 4, 6], |i| (i[2] * 6 + i[3]) as f32));
    let y = x.max_pool2d([2, 3]).unwrap();
    assert_eq!(y.value().unwrap(), &Tensor::from([[[[8.0, 11.0], [20.0, 23.0]]]]));
    assert_eq!(x.avg_pool2d(2).unwrap().shape(), [1, 1, 2, 3].into());
}

#[test]
fn errors_name_the_operation() {
    let x = Var::constant(Tensor::zeros([2, 3, 1, 1]));
    let misfit = "a window of 2 rows doesn't fit H = 1 with padding 0; \
                  a larger input, more padding, or fewer layers that halve the image";
    assert_eq!(error_of(x.max_pool2d(2)), format!("max_pool2d: {misfit}"));
    assert_eq!(error_of(x.avg_pool2d(2)), format!("avg_pool2d: {misfit}"));
    let empty = Var::constant(Tensor::zeros([2, 3, 0, 1]));
    assert_eq!(
        error_of(empty.adaptive_avg_pool2d([2, 1])),
        "adaptive_avg_pool2d: input [2, 3, 0, 1] (N, C, H, W) has no pixels for [2, 1]",
    );
    assert_eq!(
        error_of(x.max_pool2d(Pool2d::new(3).padding(2))),
        "max_pool2d: the padding [2, 2] should be at most half of the kernel size [3, 3]",
    );
    assert_eq!(
        error_of(x.max_pool2d(Pool2d::new(1).stride(0))),
        "max_pool2d: the stride is [0, 0]; each should be 1 or more",
    );
}
