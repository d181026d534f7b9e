//! What doesn't fit is refused with the same text by a dry run, where no kernel looks at it, as by
//! a run: a summary that passes is a promise.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Conv2dOptions, Result, Shape, Tensor};

use crate::support::error_of;

/// Asserts that operands of these shapes are refused with this text in both ways.
#[track_caller]
fn refused(shapes: &[&[usize]], operation: impl Fn(&[Var]) -> Result<Var>, text: &str) {
    let shapes: Vec<Shape> = shapes.iter().map(|dims| Shape::new(dims).unwrap()).collect();
    let values: Vec<Var> = shapes.iter().map(|&shape| Var::constant(Tensor::ones(shape))).collect();
    assert_eq!(error_of(operation(&values)), text, "with values");
    let mut dry: Pass = Pass::dry_run(&());
    let values: Vec<Var> = shapes.iter().map(|&shape| dry.shape(shape).unwrap()).collect();
    assert_eq!(error_of(operation(&values)), text, "in a dry run");
}

const NO_AXIS_2: &str = "[2, 3] has no axis 2; its axes are 0 to 1, or -2 to -1";

#[test]
fn axes_that_are_not_there() {
    let x: &[&[usize]] = &[&[2, 3]];
    refused(x, |x| x[0].softmax(2), &format!("softmax: {NO_AXIS_2}"));
    refused(x, |x| x[0].log_softmax(2), &format!("log_softmax: {NO_AXIS_2}"));
    refused(x, |x| x[0].sum_axes(&[0, 2]), &format!("sum: {NO_AXIS_2}"));
    refused(x, |x| x[0].mean_axes(&[2]), &format!("mean: {NO_AXIS_2}"));
    refused(x, |x| x[0].max_axis(2), &format!("max_axis: {NO_AXIS_2}"));
    refused(x, |x| x[0].narrow(2, 0, 1), &format!("narrow: {NO_AXIS_2}"));
    refused(x, |x| x[0].permute(&[0, 2]), &format!("permute: {NO_AXIS_2}"));
    refused(x, |x| x[0].transpose(0, 2), &format!("transpose: {NO_AXIS_2}"));
    refused(x, |x| x[0].squeeze(2), &format!("squeeze: {NO_AXIS_2}"));
    refused(x, |x| Var::concat(&[&x[0]], 2), &format!("concat: {NO_AXIS_2}"));
    let index = Tensor::from([0_u32]);
    refused(x, |x| x[0].index_select(2, &index), &format!("index_select: {NO_AXIS_2}"));
    refused(x, |x| x[0].pick(2, &index), &format!("pick: {NO_AXIS_2}"));
    refused(x, |x| x[0].unsqueeze(3), "unsqueeze: [2, 3] has no place 3 for a new axis");
    refused(&[&[]], |x| x[0].softmax(0), "softmax: [] has no axis 0; it is a single number");
}

#[test]
fn axes_that_are_named_twice_or_not_at_all() {
    let x: &[&[usize]] = &[&[2, 3]];
    refused(x, |x| x[0].sum_axes(&[1, -1]), "sum: axis -1 of [2, 3] is named twice");
    refused(x, |x| x[0].mean_axes(&[0, 0]), "mean: axis 0 of [2, 3] is named twice");
    let misses = |order: &str| format!("permute: {order} doesn't name each axis of [2, 3] once");
    refused(x, |x| x[0].permute(&[0, 0]), &misses("[0, 0]"));
    refused(x, |x| x[0].permute(&[0]), &misses("[0]"));
    refused(x, |x| x[0].permute(&[0, 1, -1]), &misses("[0, 1, -1]"));
}

#[test]
fn shapes_that_do_not_fit() {
    refused(&[&[2, 3]], |x| x[0].reshape([4]), "reshape: [2, 3] has 6 elements, [4] has 4");
    refused(&[&[]], |x| x[0].flatten(), "flatten: a single number has no batch axis");
    refused(&[&[2, 3]], |x| x[0].squeeze(0), "squeeze: axis 0 of [2, 3] is not of size 1");
    refused(
        &[&[2, 3]],
        |x| x[0].broadcast_to([2, 4]),
        "broadcast_to: [2, 3] doesn't broadcast to [2, 4]",
    );
    refused(
        &[&[2, 3]],
        |x| x[0].broadcast_to([3]),
        "broadcast_to: [2, 3] doesn't broadcast to [3]",
    );
    refused(
        &[&[2, 3], &[2, 3]],
        |x| x[0].matmul(&x[1]),
        "matmul: [2, 3] (…, M, K) has K = 3, [2, 3] (…, K, N) has K = 2",
    );
    refused(
        &[&[2, 4], &[5, 3], &[5]],
        |x| x[0].linear(&x[1], Some(&x[2])),
        "linear: input [2, 4] (…, K) has 4 features, the weight [5, 3] (N, K) expects 3; \
         the layer's input size must be the size of the input's last axis",
    );
    refused(
        &[&[2, 4, 32, 32], &[8, 3, 3, 3]],
        |x| x[0].conv2d(&x[1], None, &Conv2dOptions::default()),
        "conv2d: input [2, 4, 32, 32] (N, C, H, W) has 4 channels, \
         the weight [8, 3, 3, 3] expects 3",
    );
    refused(
        &[&[3, 32, 32]],
        |x| x[0].max_pool2d(2),
        "max_pool2d: input [3, 32, 32] should have four axes (N, C, H, W); \
         `unsqueeze(0)` makes an image a batch of one",
    );
    refused(
        &[&[2, 3], &[2, 3], &[3]],
        |x| Var::concat(&[&x[0], &x[1], &x[2]], 0),
        "concat: value 2 is [3], the first is [2, 3]: they may differ at axis 0 only",
    );
    refused(&[], |_| Var::concat(&[], 0), "concat: there are no values");
}

#[test]
fn more_axes_or_elements_than_there_can_be() {
    refused(
        &[&[1; 8]],
        |x| x[0].unsqueeze(0),
        "unsqueeze: [1, 1, 1, 1, 1, 1, 1, 1, 1] has 9 axes, a tensor has at most 8",
    );
    // Only a dry run can have a shape as large as this.
    let mut dry: Pass = Pass::dry_run(&());
    let huge = dry.shape([1 << 59]).unwrap();
    assert_eq!(
        error_of(Var::concat(&[&huge; 40], 0)),
        "concat: [18446744073709551615] has more elements than memory can address",
    );
}

#[test]
fn indices_that_are_out_of_range() {
    let index = |numbers: &[u32]| Tensor::from(numbers.to_vec());
    refused(
        &[&[2, 3]],
        |x| x[0].index_select(1, &index(&[0, 3])),
        "index_select: index 3 at place 1 is outside axis 1 of [2, 3]; indices go from 0 to 2",
    );
    refused(
        &[&[0, 3]],
        |x| x[0].index_select(0, &index(&[0])),
        "index_select: index 0 at place 0 is outside axis 0 of [0, 3]; the axis is empty",
    );
    refused(
        &[&[2, 3]],
        |x| x[0].index_select(0, &Tensor::from([[0_u32]])),
        "index_select: indices [1, 1] should have one axis; flatten them, and reshape the result",
    );
    refused(
        &[&[2, 3]],
        |x| x[0].pick(1, &index(&[0, 3])),
        "pick: index 3 at place 1 is outside axis 1 of [2, 3]; indices go from 0 to 2",
    );
    refused(
        &[&[2, 3]],
        |x| x[0].pick(1, &index(&[0, 1, 2])),
        "pick: indices [3] should be [2]: [2, 3] without axis 1",
    );
    refused(
        &[&[2, 3]],
        |x| x[0].narrow(1, 1, 3),
        "narrow: 3 from 1 on end outside axis 1 of [2, 3]",
    );
    refused(
        &[&[2, 3]],
        |x| x[0].narrow(1, usize::MAX, 2),
        "narrow: 2 from 18446744073709551615 on end outside axis 1 of [2, 3]",
    );
    refused(&[&[2, 0]], |x| x[0].max_axis(1), "max_axis: axis 1 of [2, 0] is empty");
}
