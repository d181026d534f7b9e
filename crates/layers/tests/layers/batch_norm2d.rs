//! Batch normalisation: three training steps of PyTorch's, then its evaluation, and who writes the
//! running statistics.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{BatchNorm2d, Module};
use plywood_tensor::Tensor;
use plywood_testkit::fixtures;

use crate::support::{agree, error_of, rng, tensor};

#[test]
fn three_steps_then_evaluation() {
    let fixture = fixtures::load("batch_norm2d");
    let mut layer = BatchNorm2d::config(3).init().unwrap();
    for step in ["step0", "step1", "step2", "eval"] {
        let array = |name: &str| &fixture[&format!("batch_norm.{step}.{name}")];
        layer.weight.set(tensor(array("weight"))).unwrap();
        layer.bias.set(tensor(array("bias"))).unwrap();
        let mut pass = match step {
            "eval" => Pass::eval(&layer),
            _ => Pass::train(&layer, &mut rng()),
        };
        let x = pass.input(tensor(array("input")));
        let y = layer.forward(&x, &mut pass).unwrap();
        agree(y.value().unwrap(), array("output"), 1e-5);
        agree(&layer.running_mean.value(), array("running_mean"), 1e-6);
        agree(&layer.running_var.value(), array("running_var"), 1e-6);
        if step != "eval" {
            let dy = Var::constant(tensor(array("grad_output")));
            let grads = pass.backward(&y.mul(&dy).unwrap().sum()).unwrap();
            agree(grads.wrt(&x).unwrap(), array("grad_input"), 1e-5);
            agree(grads.of(&layer.weight).unwrap(), array("grad_weight"), 1e-5);
            agree(grads.of(&layer.bias).unwrap(), array("grad_bias"), 1e-5);
        }
    }
}

fn ones() -> Var {
    Var::constant(Tensor::ones([2, 3, 2, 2]))
}

#[test]
fn only_training_writes_the_running_statistics() {
    let layer = BatchNorm2d::config(3).momentum(0.5).init().unwrap();
    let statistics = || [layer.running_mean.value(), layer.running_var.value()];
    let before = [Tensor::zeros([3]), Tensor::ones([3])];
    layer.forward(&ones(), &mut Pass::eval(&layer)).unwrap();
    let mut dry = Pass::dry_run(&layer);
    let x = dry.shape([2, 3, 2, 2]).unwrap();
    assert_eq!(layer.forward(&x, &mut dry).unwrap().shape(), x.shape());
    assert_eq!(statistics(), before);
    layer.forward(&ones(), &mut Pass::train(&layer, &mut rng())).unwrap();
    // Halfway to mean 1 and variance 0.
    assert_eq!(statistics(), [0.5, 0.5].map(|half: f32| Tensor::full([3], half)));
}

#[test]
fn momentum_0_keeps_them_and_1_replaces_them() {
    for (momentum, mean) in [(0.0, 0.0), (1.0, 1.0)] {
        let layer = BatchNorm2d::config(3).momentum(momentum).init().unwrap();
        layer.forward(&ones(), &mut Pass::train(&layer, &mut rng())).unwrap();
        assert_eq!(layer.running_mean.value(), Tensor::full([3], mean));
    }
}

#[test]
fn a_batch_without_a_variance_is_refused_and_writes_nothing() {
    let layer = BatchNorm2d::config(3).init().unwrap();
    let train = |shape: [usize; 4]| {
        let mut pass = Pass::train(&layer, &mut rng());
        error_of(layer.forward(&Var::constant(Tensor::ones(shape)), &mut pass))
    };
    assert_eq!(
        train([1, 3, 1, 1]),
        "batch_norm: input [1, 3, 1, 1] has one value for each channel, whose variance is 0; \
         train with larger batches, or evaluate",
    );
    assert_eq!(
        train([0, 3, 2, 2]),
        "batch_norm: input [0, 3, 2, 2] has no values to take the mean of; \
         train with larger batches, or evaluate",
    );
    assert_eq!(
        train([2, 4, 2, 2]),
        "batch_norm: input [2, 4, 2, 2] (N, C, …) has 4 channels, the weight is [3]",
    );
    assert_eq!(layer.running_mean.value(), Tensor::zeros([3]));
    let flat = Var::constant(Tensor::ones([2, 3]));
    assert_eq!(
        error_of(layer.forward(&flat, &mut Pass::eval(&layer))),
        "batch_norm: input [2, 3] should have four axes (N, C, H, W)",
    );
    // Evaluating, one value is as good as many, and so is a dry run of it.
    let one = Var::constant(Tensor::ones([1, 3, 1, 1]));
    layer.forward(&one, &mut Pass::eval(&layer)).unwrap();
    let mut dry = Pass::dry_run(&layer);
    let one = dry.shape([1, 3, 1, 1]).unwrap();
    layer.forward(&one, &mut dry).unwrap();
}
