//! Convolution and its three gradients against PyTorch.

use plywood_autodiff::Var;
use plywood_tensor::{Conv2dOptions, Float, Result, Tensor};
use plywood_testkit::{Array, fixtures};

use crate::support::{agrees_with_pytorch, error_of, pass};

fn options(params: &Array) -> Conv2dOptions {
    let sizes = params.sizes();
    let pair = |at: usize| [sizes[at], sizes[at + 1]];
    Conv2dOptions {
        stride: pair(0),
        padding: pair(2),
        dilation: pair(4),
        groups: sizes[6],
        direct: false,
    }
}

fn convolve<T: Float>(options: Conv2dOptions) -> impl Fn(&[Var<T>]) -> Result<Var<T>> {
    move |inputs| inputs[0].conv2d(&inputs[1], inputs.get(2), &options)
}

#[test]
fn agrees_with_pytorch_in_every_setting() {
    let fixture = fixtures::load("conv2d");
    for case in fixture.cases("case") {
        let options = options(&fixture[&format!("{case}.params")]);
        let inputs = ["input", "weight", "bias"];
        agrees_with_pytorch(&fixture, &case, &inputs, convolve(options), convolve(options));
    }
}

#[test]
fn a_frozen_weight_still_lets_the_gradient_through() {
    let mut pass = pass::<f64>();
    let x = pass.input(Tensor::full([1, 1, 2, 2], 1.0));
    let weight = Var::constant(Tensor::full([1, 1, 1, 1], 3.0));
    let y = x.conv2d(&weight, None, &Conv2dOptions::default()).unwrap();
    let grads = pass.backward(&y.sum()).unwrap();
    assert_eq!(grads.wrt(&x).unwrap(), &Tensor::full([1, 1, 2, 2], 3.0));
}

#[test]
fn a_bias_of_another_size_is_refused() {
    let constant = |shape: [usize; 4]| Var::constant(Tensor::<f32>::full(shape, 1.0));
    let bias = Var::constant(Tensor::from([1.0_f32, 2.0]));
    assert_eq!(
        error_of(constant([1, 2, 4, 4]).conv2d(
            &constant([3, 2, 3, 3]),
            Some(&bias),
            &Conv2dOptions::default(),
        )),
        "conv2d: the bias [2] should be [3], as the weight [3, 2, 3, 3]",
    );
}
