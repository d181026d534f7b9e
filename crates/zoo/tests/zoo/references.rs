//! Every architecture gives what PyTorch's model of the same weights does.
//!
//! The weights are a formula of their names, in `fixtures/models.py` as here, so that no fixture has
//! to hold them, and no name can be wrong.

use crate::registry::vgg;
use plywood_autodiff::{Params, Pass, SlotMut, Var};
use plywood_layers::{Layer, Module, cross_entropy};
use plywood_tensor::{Rng, Seed, Shape, Tensor};
use plywood_testkit::fixtures::{self, Fixture};
use plywood_testkit::{Array, assert_close, assert_close_to_rms, named_noise};
use plywood_zoo::{MODELS, alexnet, build, melnet, resnet20, unet, vit_tiny};

/// Those that other tests hold to PyTorch.
const ELSEWHERE: [&str; 2] = ["lenet", "mlp"];

/// A parameter or buffer.
fn value(name: &str, shape: Shape) -> Tensor {
    let (base, scale) = match name.rsplit('.').next() {
        Some("running_var") => (1.0, 0.5),
        Some("running_mean" | "bias") => (0.0, 0.1),
        _ if shape.rank() == 1 => (0.75, 0.25),
        _ => (0.0, (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt()),
    };
    Tensor::from_vec(named_noise(name, shape.numel(), base, scale), shape).unwrap()
}

fn images(shape: &[usize]) -> Var {
    let shape = Shape::new(shape).unwrap();
    let numbers = named_noise("images", shape.numel(), 0.0, 1.0);
    Var::constant(Tensor::from_vec(numbers, shape).unwrap())
}

/// Gives a model the formula's weights.
pub(crate) fn fill(model: &mut dyn Params) {
    for (name, mut slot) in model.slots_mut() {
        let shape = match &slot {
            SlotMut::Param(param) => param.shape(),
            SlotMut::Buffer(buffer) => buffer.value().shape(),
        };
        slot.set(value(&name, shape)).unwrap();
    }
}

/// Holds the reference's logits, and its gradients if it has any, to a model's.
fn agrees(fixture: &Fixture, name: &str, mut model: Box<dyn Layer>) {
    fill(&mut model);
    let shape = fixture[&format!("{name}.image")].sizes();
    let logits = model.forward(&images(&shape), &mut Pass::eval(&model)).unwrap();
    println!("{name}");
    let expected = &fixture[&format!("{name}.logits")].values;
    assert_close_to_rms(logits.value().unwrap().as_slice(), expected, 1e-4);

    let Some(shape) = fixture.get(&format!("{name}.batch")).map(Array::sizes) else { return };
    let mut pass = Pass::train(&model, &mut Rng::new(Seed(0)));
    let logits = model.forward(&images(&shape), &mut pass).unwrap();
    // A label for each image, or for each of its pixels.
    let answers = Shape::new(&[&logits.shape()[..1], &logits.shape()[2..]].concat()).unwrap();
    let labels: Vec<u32> = (0..answers.numel() as u32).map(|answer| answer * 3 % 10).collect();
    let labels = Tensor::from_vec(labels, answers).unwrap();
    let loss = cross_entropy(&logits, &labels).unwrap();
    let expected = &fixture[&format!("{name}.loss")].values;
    assert_close(&[loss.item().unwrap()], expected, 1e-4);
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.len(), model.named_parameters().len());
    for (parameter, gradient) in grads.iter() {
        println!("{name} {parameter}");
        let squares = gradient.as_slice().iter().map(|&x| f64::from(x).powi(2));
        let expected = &fixture[&format!("{name}.grad_norm.{parameter}")].values;
        assert_close_to_rms(&[squares.sum::<f64>().sqrt()], expected, 1e-3);
    }
}

#[test]
fn every_model_agrees() {
    let fixture = fixtures::load("zoo");
    for entry in MODELS.iter().filter(|entry| !ELSEWHERE.contains(&entry.name)) {
        let image = fixture[&format!("{}.image", entry.name)].sizes()[1..].try_into().unwrap();
        let model: Box<dyn Layer> = match entry.name {
            // Dropout would make their gradients others.
            "alexnet" => {
                let config = alexnet(image, 10).dropout(0.0);
                Box::new(config.init(&mut Rng::new(Seed(0))).unwrap())
            }
            "melnet" => {
                let config = melnet(image, 10).dropout(0.0);
                Box::new(config.init(&mut Rng::new(Seed(0))).unwrap())
            }
            // The references are as narrow.
            "unet" => {
                let config = unet(image, 10).width(4);
                Box::new(config.init(&mut Rng::new(Seed(0))).unwrap())
            }
            name if name.starts_with("vgg") => {
                let config = vgg(name, image, 10).hidden(64);
                Box::new(config.init(&mut Rng::new(Seed(0))).unwrap())
            }
            name => build(name, image, 10, &mut Rng::new(Seed(0))).unwrap(),
        };
        agrees(&fixture, entry.name, model);
    }
}

#[test]
fn a_halved_unet_agrees() {
    let config = unet([3, 45, 33], 10).width(4).halved(true);
    let model = Box::new(config.init(&mut Rng::new(Seed(0))).unwrap());
    agrees(&fixtures::load("zoo"), "unet_halved", model);
}

#[test]
fn shortcuts_with_convolutions_agree() {
    let config = resnet20([3, 32, 32], 10).projection(true);
    let model = Box::new(config.init(&mut Rng::new(Seed(0))).unwrap());
    assert_eq!(model.parameter_count(), 272_474);
    agrees(&fixtures::load("zoo"), "resnet20_projection", model);
}

#[test]
fn convolutions_before_the_patches_agree() {
    let config = vit_tiny([3, 11, 18], 10).conv_stem(true).class_token(false);
    let model = Box::new(config.init(&mut Rng::new(Seed(0))).unwrap());
    agrees(&fixtures::load("zoo"), "vit_tiny_stem", model);
}

/// Blocks that keep their input alone give the same gradients, bit for bit.
#[test]
fn resnet_computes_its_blocks_again() {
    let gradients = |recompute: bool| {
        let config = resnet20([3, 8, 8], 4).recompute(recompute);
        let model = config.init(&mut Rng::new(Seed(3))).unwrap();
        let rng = &mut Rng::new(Seed(1));
        let images = Var::constant(rng.normal([2, 3, 8, 8], 0.0, 1.0));
        let mut pass = Pass::train(&model, rng);
        let scores = model.forward(&images, &mut pass).unwrap();
        let loss = cross_entropy(&scores, &Tensor::from([3_u32, 1])).unwrap();
        let grads = pass.backward(&loss).unwrap();
        grads.iter().map(|(_, gradient)| gradient.clone()).collect::<Vec<_>>()
    };
    assert_eq!(gradients(true), gradients(false));
}
