//! Layer normalisation against PyTorch, and what it refuses.

use plywood_autodiff::Var;
use plywood_tensor::{Shape, Tensor};
use plywood_testkit::fixtures;

use crate::support::{agrees_with_pytorch, error_of};

#[test]
fn agrees_with_pytorch_over_one_axis_and_two() {
    let fixture = fixtures::load("batch_norm2d");
    for case in 0..3 {
        agrees_with_pytorch(
            &fixture,
            &format!("layer_norm{case}"),
            &["input", "weight", "bias"],
            |x| x[0].layer_norm(&x[1], Some(&x[2]), 1e-5),
            |x| x[0].layer_norm(&x[1], Some(&x[2]), 1e-5),
        );
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let ones = |shape: &[usize]| Var::constant(Tensor::ones(Shape::new(shape).unwrap()));
    let x = ones(&[4, 6]);
    assert_eq!(
        error_of(x.layer_norm(&ones(&[4]), None, 1e-5)),
        "layer_norm: the last axes of the input [4, 6] should be those of the weight [4]",
    );
    assert_eq!(
        error_of(x.layer_norm(&ones(&[6]), Some(&ones(&[1])), 1e-5)),
        "layer_norm: the bias [1] should be [6], as the weight",
    );
    assert_eq!(
        error_of(x.rms_norm(&ones(&[]), 1e-5)),
        "rms_norm: the weight is a single number, it should have the last axes",
    );
}
