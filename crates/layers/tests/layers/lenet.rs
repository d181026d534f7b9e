//! A whole network against PyTorch: its weights by name, its output, its loss, every gradient.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Module, Params, StateDict, cross_entropy, load_state_dict};
use plywood_testkit::fixtures;

use crate::support::{LeNet, agree, indices, rng, tensor};

#[test]
fn a_step_of_pytorchs_lenet() {
    let fixture = fixtures::load("lenet");
    let mut model = LeNet::new(8, [2, 2]);
    assert_eq!(model.parameter_count(), 21_386);
    let state: StateDict = fixture
        .names()
        .filter_map(|name| {
            Some((name.strip_prefix("model.")?.to_owned(), tensor(&fixture[name]).into()))
        })
        .collect();
    load_state_dict(&mut model, &state).unwrap();

    let mut pass = Pass::train(&model, &mut rng());
    let logits = model.forward(&Var::constant(tensor(&fixture["images"])), &mut pass).unwrap();
    agree(logits.value().unwrap(), &fixture["logits"], 1e-6);
    let loss = cross_entropy(&logits, &indices(&fixture["labels"])).unwrap();
    agree(loss.value().unwrap(), &fixture["loss"], 1e-6);
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.len(), 10);
    for (name, gradient) in grads.iter() {
        agree(gradient, &fixture[&format!("grad.{name}")], 1e-6);
    }
}
