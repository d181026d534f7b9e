//! Freezing parts of a model by their names.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{BatchNorm2d, Embedding, Linear, Module, Params, ReLU, Sequential};
use plywood_tensor::Tensor;

use crate::support::{LeNet, rng};

fn frozen(model: &impl Params) -> Vec<String> {
    let named = model.named_parameters().into_iter();
    named.filter(|(_, param)| param.is_frozen()).map(|(name, _)| name).collect()
}

#[test]
fn by_path() {
    let mut model = LeNet::new(8, [2, 2]);
    assert_eq!(model.freeze("conv1"), 2);
    assert_eq!(frozen(&model), ["conv1.weight", "conv1.bias"]);
    assert_eq!(model.freeze("fc3.bias"), 1);
    assert_eq!(frozen(&model), ["conv1.weight", "conv1.bias", "fc3.bias"]);
    assert_eq!(model.unfreeze("conv1."), 2);
    assert_eq!(frozen(&model), ["fc3.bias"]);
    assert_eq!(model.freeze(""), 10);
    assert_eq!(model.unfreeze(""), 10);
    assert!(frozen(&model).is_empty());
}

/// `features.1` is not the beginning of `features.10`, nor `conv` a part of `conv1`.
#[test]
fn by_whole_names() {
    let mut model = Sequential::new();
    for _ in 0..11 {
        model.push(Linear::config(2, 2).bias(false).init(&mut rng()).unwrap());
    }
    assert_eq!(model.freeze("1"), 1);
    assert_eq!(frozen(&model), ["1.weight"]);
    assert_eq!(LeNet::new(8, [2, 2]).freeze("conv"), 0);
    assert_eq!(LeNet::new(8, [2, 2]).freeze("weight"), 0);
}

#[test]
fn in_every_place_of_a_tied_parameter() {
    #[derive(Params)]
    struct Words {
        embedding: Embedding,
        head: Linear,
    }

    let embedding = Embedding::config(5, 3).init(&mut rng()).unwrap();
    let head = Linear { weight: embedding.weight.tie(), bias: None };
    let mut model = Words { embedding, head };
    assert_eq!(model.freeze("head"), 1);
    assert!(model.embedding.weight.is_frozen() && model.head.weight.is_frozen());
    assert_eq!(model.unfreeze(""), 1);
    assert!(!model.embedding.weight.is_frozen() && !model.head.weight.is_frozen());
}

/// What is frozen needs no gradient, and what comes before it still has one.
#[test]
fn gradients_go_through_what_is_frozen() {
    let rng = &mut rng();
    let mut model = Sequential::new()
        .add(Linear::config(3, 4).init(rng).unwrap())
        .add(ReLU)
        .add(Linear::config(4, 2).init(rng).unwrap());
    model.freeze("2");
    let mut pass = Pass::train(&model, rng);
    let x = Var::constant(Tensor::ones([1, 3]));
    let loss = model.forward(&x, &mut pass).unwrap().sum();
    let grads = pass.backward(&loss).unwrap();
    let names: Vec<_> = grads.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["0.weight", "0.bias"]);
    assert!(grads.missing().is_empty());
}

/// What a frozen normalisation knows of its channels goes with weights that stay.
#[test]
fn a_frozen_normalisation_keeps_its_statistics() {
    let mut norm = BatchNorm2d::config(1).init().unwrap();
    norm.running_mean.set(Tensor::from([2.0])).unwrap();
    let x = Var::constant(Tensor::from([[[[3.0, 5.0]]]]));
    let forward = |norm: &BatchNorm2d| {
        let mut pass = Pass::train(norm, &mut rng());
        let y = norm.forward(&x, &mut pass).unwrap();
        let y = y.value().unwrap().as_slice().to_vec();
        (y, norm.running_mean.value().as_slice()[0])
    };
    // Half frozen it is trained, and so normalises by the batch.
    norm.freeze("weight");
    let (y, mean) = forward(&norm);
    assert!((y[0] + 1.0).abs() < 1e-4 && mean > 2.0, "{y:?} {mean}");
    norm.running_mean.set(Tensor::from([2.0])).unwrap();
    norm.running_var.set(Tensor::from([1.0])).unwrap();
    norm.freeze("");
    let (y, mean) = forward(&norm);
    assert!((y[0] - 1.0).abs() < 1e-4 && (y[1] - 3.0).abs() < 1e-4 && mean == 2.0, "{y:?} {mean}");
}
