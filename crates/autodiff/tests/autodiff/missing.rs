//! No gradient is lost in silence: a parameter without one is named, with what cut its path.

use plywood_autodiff::{Param, Params, Pass, Var};
use plywood_tensor::{ErrorKind, Result, Rng, Seed, Tensor};

use crate::support::{Model, error_of};

const MEND: &str = "mend the path, freeze them, or call `backward_partial`";

/// Goes back through a model of `weight` and `lost`, and gives the error.
#[track_caller]
fn refused(loss: impl Fn(&mut Pass, [&Param; 2]) -> Result<Var>) -> String {
    let model = Model::new(["weight", "lost"]);
    let mut pass = model.train();
    let loss = loss(&mut pass, model.params()).unwrap();
    let error = pass.backward(&loss).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Gradient);
    error.to_string()
}

fn of_one(reason: &str) -> String {
    format!("backward: 1 of 2 parameters have no gradient: lost ({reason}); {MEND}")
}

#[test]
fn a_parameter_that_no_layer_asked_for() {
    let text = refused(|pass, [weight, _]| Ok(pass.param(weight).sum()));
    assert_eq!(text, of_one("not used in this pass"));
}

#[test]
fn a_parameter_that_was_asked_for_in_vain() {
    let text = refused(|pass, [weight, lost]| {
        pass.param(lost);
        Ok(pass.param(weight).sum())
    });
    assert_eq!(text, of_one("no operation uses it"));
}

#[test]
fn a_path_that_is_cut_by_detach() {
    let text = refused(|pass, [weight, lost]| {
        let features = pass.param(lost).tanh().square().detach();
        Ok(pass.param(weight).mul(&features)?.sum())
    });
    assert_eq!(text, of_one("its path is cut by detach"));
}

#[test]
fn a_path_that_the_loss_does_not_use() {
    let text = refused(|pass, [weight, lost]| {
        let _ = pass.param(lost).tanh().square();
        Ok(pass.param(weight).sum())
    });
    assert_eq!(text, of_one("its path ends at square, which the loss does not use"));
}

/// Taking the numbers out and putting them in again is another way to cut a path.
#[test]
fn a_path_through_a_constant() {
    let text = refused(|pass, [weight, lost]| {
        let numbers = pass.param(lost).exp().value()?.clone();
        Ok(pass.param(weight).mul(&Var::constant(numbers))?.sum())
    });
    assert_eq!(text, of_one("its path ends at exp, which the loss does not use"));
}

#[test]
fn what_happens_after_the_loss_does_not_count() {
    let text = refused(|pass, [weight, lost]| {
        let loss = pass.param(weight).sum();
        loss.add(&pass.param(lost).sum())?;
        Ok(loss)
    });
    assert_eq!(text, of_one("its path ends at add, which the loss does not use"));
}

#[test]
fn several_are_listed_in_the_models_order() {
    let model = Model::new(["b.weight", "used", "a.weight", "a.bias"]);
    let mut pass = model.train();
    let [_, used, weight, bias] = model.params();
    let _ = pass.param(bias).relu();
    let cut = pass.param(weight).detach();
    let loss = pass.param(used).mul(&cut).unwrap().sum();
    assert_eq!(
        error_of(pass.backward(&loss)),
        format!(
            "backward: 3 of 4 parameters have no gradient: b.weight (not used in this pass), \
             a.weight (its path is cut by detach), \
             a.bias (its path ends at relu, which the loss does not use); {MEND}"
        ),
    );
}

/// One path is cut, another is whole: the parameter has a gradient.
#[test]
fn a_path_that_is_cut_beside_one_that_is_not() {
    let model = Model::new(["weight"]);
    let mut pass = model.train();
    let w = pass.param(&model.0[0].1);
    let loss = w.mul(&w.detach()).unwrap().sum();
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.of(&model.0[0].1), Some(model.0[0].1.value()));
}

#[test]
fn frozen_parameters_need_none() {
    let mut model = Model::new(["weight", "lost"]);
    assert_eq!(model.freeze("lost"), 1);
    let [weight, lost] = model.params();
    let mut pass = model.train();
    let frozen = pass.param(lost);
    assert!(!frozen.needs_gradient());
    let loss = pass.param(weight).mul(&frozen).unwrap().sum();
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.of(weight), Some(lost.value()));
    assert_eq!((grads.of(lost), grads.len(), grads.missing().len()), (None, 1, 0));
}

#[test]
fn backward_partial_names_them_without_an_error() {
    let model = Model::new(["weight", "lost", "frozen"]);
    let mut model = model;
    model.freeze("frozen");
    let [weight, lost, _] = model.params();
    let mut pass = model.train();
    let loss = pass.param(weight).square().sum();
    let grads = pass.backward_partial(&loss).unwrap();
    assert_eq!(grads.missing(), ["lost"]);
    assert_eq!(grads.of(weight), Some(&Tensor::from([1.0, 1.5])));
    assert_eq!(grads.of(lost), None);
}

/// A gradient of zeros is a gradient: the path is whole.
#[test]
fn zeros_are_not_missing() {
    let model = Model::new(["weight"]);
    let mut pass = model.train();
    let loss = (pass.param(&model.0[0].1) * 0.0).sum();
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.of(&model.0[0].1), Some(&Tensor::zeros([2])));
}

/// Half a gradient would be as silent as none: whichever place is frozen, both are.
#[test]
fn a_tied_parameter_is_frozen_in_all_its_places() {
    for place in 0..2 {
        let first = Param::new(Tensor::from([2.0, 3.0]));
        let mut model = vec![first.tie(), first, Param::new(Tensor::ones([2]))];
        model[place].freeze();
        let mut pass = Pass::train(&model, &mut Rng::new(Seed(1)));
        let [a, b, c] = [0, 1, 2].map(|place: usize| pass.param(&model[place]));
        let loss = a.mul(&b).unwrap().mul(&c).unwrap().sum();
        let grads = pass.backward(&loss).unwrap();
        assert_eq!(grads.of(&model[0]), None);
        assert_eq!(grads.of(&model[2]), Some(&Tensor::from([4.0, 9.0])));
    }
}
