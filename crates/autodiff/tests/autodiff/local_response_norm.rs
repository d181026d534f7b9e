//! Local response normalisation and its gradient against PyTorch.

use plywood_autodiff::Var;
use plywood_tensor::{LocalResponseOptions, Tensor};
use plywood_testkit::fixtures;

use crate::support::{agrees_with_pytorch, error_of};

#[test]
fn agrees_with_pytorch_in_every_setting() {
    let fixture = fixtures::load("local_response_norm");
    for case in fixture.cases("case") {
        let &[size, alpha, beta, k] = &fixture[&format!("{case}.params")].values[..] else {
            panic!("{case} should have four settings")
        };
        let options = LocalResponseOptions { size: size as usize, alpha, beta, k };
        let (wide, narrow) = (
            |x: &[Var<f64>]| x[0].local_response_norm(&options),
            |x: &[Var]| x[0].local_response_norm(&options),
        );
        agrees_with_pytorch(&fixture, &case, &["input"], wide, narrow);
    }
}

#[test]
fn the_error_names_the_operation() {
    let x = Var::constant(Tensor::zeros([3]));
    assert_eq!(
        error_of(x.local_response_norm(&LocalResponseOptions::default())),
        "local_response_norm: input [3] should have axes (N, C, …)",
    );
}
