//! A step by the sum of several passes' gradients.

use plywood_autodiff::{Grads, Param, Pass, Var};
use plywood_optimizers::{Optimizer, SGD};
use plywood_tensor::{Rng, Seed, Tensor};

/// Those of the mean of `numbers` times the first parameter, a `1/parts` of it.
fn grads(model: &Vec<Param>, numbers: &[f32], parts: f64) -> Grads {
    let mut pass = Pass::train(model, &mut Rng::new(Seed(7)));
    let numbers = Var::constant(Tensor::from(numbers.to_vec()));
    let loss = pass.param(&model[0]).mul(&numbers).expect("a factor for each").mean() / parts;
    pass.backward_partial(&loss).expect("a gradient for the first")
}

fn two() -> Vec<Param> {
    vec![Param::new(Tensor::from([2.0])), Param::new(Tensor::from([5.0]))]
}

#[test]
fn parts_of_a_batch_are_the_batch() {
    let numbers = [1.0, 2.0, 3.0, 6.0, 8.0, 0.0, 1.0, 4.0];
    let (mut whole, mut parts) = (two(), two());
    let grads_of_whole = grads(&whole, &numbers, 1.0);
    SGD::new(0.5).step(&mut whole, &grads_of_whole).unwrap();
    let mut sum = Grads::default();
    for part in numbers.chunks(2) {
        sum.accumulate(grads(&parts, part, 4.0)).unwrap();
    }
    SGD::new(0.5).step(&mut parts, &sum).unwrap();
    assert_eq!(sum.missing(), ["1"]);
    assert_eq!(parts[0].value(), whole[0].value());
    assert_eq!(*parts[1].value(), Tensor::from([5.0]));
}

/// A parameter that one pass of several reaches has a gradient.
#[test]
fn what_one_pass_misses_another_may_have() {
    let model = two();
    let mut sum = grads(&model, &[1.0], 1.0);
    assert_eq!(sum.missing(), ["1"]);
    let mut pass = Pass::train(&model, &mut Rng::new(Seed(7)));
    let loss = pass.param(&model[1]).sum();
    sum.accumulate(pass.backward_partial(&loss).unwrap()).unwrap();
    assert_eq!((sum.len(), sum.missing().len()), (2, 0));
    assert_eq!(sum.of(&model[1]), Some(&Tensor::from([1.0])));
}

#[test]
fn a_parameter_with_another_shape_is_refused_and_nothing_added() {
    let mut model = two();
    let mut sum = grads(&model, &[3.0], 1.0);
    *model[0].value_mut() = Tensor::ones([2]);
    let error = sum.accumulate(grads(&model, &[1.0, 1.0], 1.0)).unwrap_err();
    assert_eq!(error.to_string(), "0: accumulate: the gradient is [2], so far [1]");
    assert_eq!(sum.of(&model[0]), Some(&Tensor::from([3.0])));
}
