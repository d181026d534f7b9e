//! A border and its gradient against PyTorch.

use plywood_autodiff::Var;
use plywood_tensor::Tensor;
use plywood_testkit::fixtures;

use crate::support::{agrees_with_pytorch, error_of};

#[test]
fn agrees_with_pytorch_in_every_setting() {
    let (wide, narrow) = (
        |x: &[Var<f64>]| x[0].pad2d([0, 1], [3, 2], 0.5),
        |x: &[Var]| x[0].pad2d([0, 1], [3, 2], 0.5),
    );
    agrees_with_pytorch(&fixtures::load("pad2d"), "case0", &["input"], wide, narrow);
}

#[test]
fn the_error_names_the_operation() {
    let x = Var::constant(Tensor::zeros([3, 4, 5]));
    assert_eq!(
        error_of(x.pad2d(1, 1, 0.0)),
        "pad2d: input [3, 4, 5] should have four axes (N, C, H, W); \
         `unsqueeze(0)` makes an image a batch of one",
    );
}
