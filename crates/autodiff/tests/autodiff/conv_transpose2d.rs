//! Transposed convolution and its gradients against PyTorch.

use plywood_autodiff::Var;
use plywood_tensor::{Conv2dOptions, Float, Result, Tensor};
use plywood_testkit::{Array, fixtures};

use crate::support::{agrees_with_pytorch, error_of};

fn transposed<T: Float>(params: &Array) -> impl Fn(&[Var<T>]) -> Result<Var<T>> + use<T> {
    let sizes = params.sizes();
    let pair = |at: usize| [sizes[at], sizes[at + 1]];
    let options = Conv2dOptions {
        stride: pair(0),
        padding: pair(2),
        dilation: pair(6),
        groups: sizes[8],
        ..Conv2dOptions::default()
    };
    let extra = pair(4);
    move |inputs| inputs[0].conv_transpose2d(&inputs[1], inputs.get(2), &options, extra)
}

#[test]
fn agrees_with_pytorch_in_every_setting() {
    let fixture = fixtures::load("conv_transpose2d");
    for case in fixture.cases("case") {
        let params = &fixture[&format!("{case}.params")];
        let inputs = ["input", "weight", "bias"];
        agrees_with_pytorch(&fixture, &case, &inputs, transposed(params), transposed(params));
    }
}

#[test]
fn errors_name_the_operation() {
    let zeros = |dims: [usize; 4]| Var::constant(Tensor::zeros(dims));
    let (x, weight) = (zeros([2, 3, 4, 4]), zeros([3, 8, 2, 2]));
    let plain = Conv2dOptions::default();
    let error = |x: &Var, bias: Option<&Var>, options: &Conv2dOptions, extra: usize| {
        error_of(x.conv_transpose2d(&weight, bias, options, extra))
    };
    assert_eq!(
        error(&zeros([2, 5, 4, 4]), None, &plain, 0),
        "conv_transpose2d: input [2, 5, 4, 4] (N, C, H, W) has 5 channels, \
         the weight [3, 8, 2, 2] expects 3",
    );
    assert_eq!(
        error(&x, None, &plain, 1),
        "conv_transpose2d: the output padding [1, 1] should be less than the stride [1, 1] or the \
         dilation [1, 1]",
    );
    assert_eq!(
        error(&x, None, &Conv2dOptions { dilation: [2, 1], ..plain }, 1),
        "conv_transpose2d: the output padding [1, 1] should be less than the stride [1, 1] or the \
         dilation [2, 1]",
    );
    assert_eq!(
        error(&x, Some(&Var::constant(Tensor::zeros([3]))), &plain, 0),
        "conv_transpose2d: the bias [3] should be [8], as the weight [3, 8, 2, 2]",
    );
    assert_eq!(
        error(&x, None, &Conv2dOptions { padding: [3, 3], ..plain }, 0),
        "conv_transpose2d: of the input [2, 3, 4, 4] (N, C, H, W) nothing is left: \
         a window of 2 with padding 3 on 4",
    );
    assert_eq!(
        error(&x, None, &Conv2dOptions { stride: [0, 0], ..plain }, 0),
        "conv_transpose2d: the stride is [0, 0]; each should be 1 or more",
    );
    assert_eq!(
        error(&x, None, &Conv2dOptions { groups: 2, ..plain }, 0),
        "conv_transpose2d: 2 groups don't divide the 3 channels of the input [2, 3, 4, 4]",
    );
}
