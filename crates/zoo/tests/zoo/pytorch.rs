//! LeNet takes PyTorch's weights by name, and learns as PyTorch's does.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Module, StateDict, cross_entropy, load_state_dict};
use plywood_optimizers::{Optimizer, SGD};
use plywood_tensor::{Rng, Seed, Shape, Tensor};
use plywood_testkit::{Array, assert_close, fixtures};
use plywood_zoo::{LeNet, lenet};

fn tensor(array: &Array) -> Tensor {
    let numbers = array.values.iter().map(|&x| x as f32).collect();
    Tensor::from_vec(numbers, Shape::new(&array.shape).unwrap()).unwrap()
}

struct Reference {
    fixture: fixtures::Fixture,
    model: LeNet,
    images: Tensor,
    labels: Tensor<u32>,
}

/// PyTorch's LeNet before its first step, with the batch that it learns from.
fn reference() -> Reference {
    let fixture = fixtures::load("lenet");
    let weights = fixture.names().filter_map(|name| {
        let own = name.strip_prefix("model.")?;
        Some((own.to_owned(), tensor(&fixture[name]).into()))
    });
    let weights: StateDict = weights.collect();
    let mut model = lenet([1, 8, 8], 10).init(&mut Rng::new(Seed(0))).unwrap();
    load_state_dict(&mut model, &weights).unwrap();
    let labels: Vec<u32> = fixture["labels"].values.iter().map(|&label| label as u32).collect();
    Reference { images: tensor(&fixture["images"]), labels: labels.into(), model, fixture }
}

#[test]
fn the_first_gradients() {
    let Reference { fixture, model, images, labels } = reference();
    let mut pass = Pass::train(&model, &mut Rng::new(Seed(0)));
    let logits = model.forward(&Var::constant(images), &mut pass).unwrap();
    assert_close(logits.value().unwrap().as_slice(), &fixture["logits"].values, 1e-5);
    let loss = cross_entropy(&logits, &labels).unwrap();
    assert_close(&[loss.item().unwrap()], &fixture["loss"].values, 1e-6);
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.len(), 10);
    for (name, gradient) in grads.iter() {
        assert_close(gradient.as_slice(), &fixture[&format!("grad.{name}")].values, 1e-5);
    }
}

#[test]
fn ten_steps() {
    let Reference { fixture, mut model, images, labels } = reference();
    let mut optimizer = SGD::new(0.05).momentum(0.9);
    let mut losses = Vec::new();
    for _ in 0..10 {
        let mut pass = Pass::train(&model, &mut Rng::new(Seed(0)));
        let logits = model.forward(&Var::constant(images.clone()), &mut pass).unwrap();
        let loss = cross_entropy(&logits, &labels).unwrap();
        losses.push(loss.item().unwrap());
        let grads = pass.backward(&loss).unwrap();
        optimizer.step(&mut model, &grads).unwrap();
    }
    assert_close(&losses, &fixture["losses"].values, 1e-4);
}
