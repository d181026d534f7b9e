//! Pooling and its gradient against PyTorch.

use plywood_autodiff::{Pool2d, Var};
use plywood_tensor::{Float, Result, Tensor};
use plywood_testkit::{Array, fixtures};

use crate::support::{agrees_with_pytorch, error_of};

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
                  a larger input, more padding, or fewer layers that halve the picture";
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
        "max_pool2d: the stride [0, 0] should be at least 1",
    );
}
