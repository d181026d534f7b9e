//! A cloned model is another model: its own parameters, its own buffers, the same values.

use std::collections::HashSet;

use plywood_autodiff::{ParamId, Pass, Var};
use plywood_layers::{BatchNorm2d, Embedding, Linear, Module, Params, ReLU, Sequential};
use plywood_tensor::Tensor;

use crate::support::{LeNet, rng};

fn ids(model: &(impl Params + ?Sized)) -> HashSet<ParamId> {
    model.named_parameters().into_iter().map(|(_, param)| param.id()).collect()
}

#[test]
fn a_clone_has_new_ids_and_the_same_values() {
    let model = LeNet::new(8, [2, 2]);
    let copy = model.clone();
    assert!(ids(&model).is_disjoint(&ids(&copy)));
    assert_eq!(copy.parameter_count(), model.parameter_count());
    assert_eq!(copy.conv1.weight.value(), model.conv1.weight.value());
    // Until one of them is written, they share memory.
    assert_eq!(copy.conv1.weight.value().address(), model.conv1.weight.value().address());
}

#[test]
fn writing_one_leaves_the_other() {
    let model = LeNet::new(8, [2, 2]);
    let mut copy = model.clone();
    copy.update_parameters(&mut |_, param| *param.value_mut() = param.value() * 2.0);
    assert_eq!(copy.fc3.weight.value(), &(model.fc3.weight.value() * 2.0));
}

#[test]
fn gradients_of_one_are_not_the_others() {
    let model = LeNet::new(8, [2, 2]);
    let copy = model.clone();
    let mut pass = Pass::train(&model, &mut rng());
    let x = Var::constant(Tensor::ones([2, 1, 8, 8]));
    let loss = model.forward(&x, &mut pass).unwrap().mean();
    let grads = pass.backward(&loss).unwrap();
    assert!(grads.of(&model.fc1.weight).is_some());
    assert!(grads.of(&copy.fc1.weight).is_none());
}

#[test]
fn buffers_go_apart() {
    let norm = BatchNorm2d::config(2).init().unwrap();
    let copy = norm.clone();
    let x = Var::constant(Tensor::ones([2, 2, 2, 2]));
    copy.forward(&x, &mut Pass::train(&copy, &mut rng())).unwrap();
    assert_ne!(copy.running_mean.value(), norm.running_mean.value());
    assert_eq!(norm.running_mean.value(), Tensor::zeros([2]));
}

#[test]
fn frozen_stays_frozen() {
    let mut model = LeNet::new(8, [2, 2]);
    model.freeze("conv1");
    let copy = model.clone();
    assert!(copy.conv1.weight.is_frozen() && !copy.conv2.weight.is_frozen());
}

/// An embedding whose table is also the weight of the output layer, as in language models.
#[derive(Params)]
struct Tied {
    embedding: Embedding,
    rest: Sequential,
}

fn tied() -> Tied {
    let rng = &mut rng();
    let embedding = Embedding::config(5, 3).init(rng).unwrap();
    let head = Linear { weight: embedding.weight.tie(), bias: None };
    let rest = Sequential::new()
        .add(ReLU)
        .add(Sequential::new().add(Linear::config(3, 3).init(rng).unwrap()).add(head));
    Tied { embedding, rest }
}

/// The id of each place, tied or not.
fn places(model: &impl Params) -> Vec<ParamId> {
    let slots = model.slots().into_iter();
    slots
        .map(|(_, slot)| match slot {
            plywood_autodiff::Slot::Param(param) => param.id(),
            plywood_autodiff::Slot::Buffer(_) => unreachable!("there are none"),
        })
        .collect()
}

#[test]
fn what_is_tied_across_containers_stays_tied_in_the_clone() {
    let model = tied();
    let copy = model.clone();
    assert!(ids(&model).is_disjoint(&ids(&copy)));
    for places in [places(&model), places(&copy)] {
        assert_eq!((places.len(), places[0] == places[3]), (4, true));
    }
    assert_eq!(copy.parameter_count(), 15 + 9 + 3);
}

/// Each clone is a model of its own, also of the same original, and also after one has panicked.
#[test]
fn two_clones_are_not_tied_to_each_other() {
    let model = tied();
    let (first, second) = (model.clone(), model.clone());
    assert!(ids(&first).is_disjoint(&ids(&second)));

    #[derive(Params)]
    struct Bomb(Linear, #[params(skip)] Fuse);

    struct Fuse;

    impl Clone for Fuse {
        fn clone(&self) -> Self {
            panic!("boom")
        }
    }

    let bomb = Bomb(model.embedding.weight.tie().into_linear(), Fuse);
    let boom = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| bomb.clone()));
    assert!(boom.is_err());
    let (first, second) = (bomb.0.clone(), bomb.0.clone());
    assert_ne!(first.weight.id(), second.weight.id());
}

trait IntoLinear {
    fn into_linear(self) -> Linear;
}

impl IntoLinear for plywood_autodiff::Param {
    fn into_linear(self) -> Linear {
        Linear { weight: self, bias: None }
    }
}
