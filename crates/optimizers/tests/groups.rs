//! Parameters with settings of their own.

use plywood_autodiff::{Grads, Param, Params, Pass};
use plywood_optimizers::*;
use plywood_tensor::{Rng, Seed, Tensor};

/// A layer's weight and bias, as PyTorch calls them.
struct Linear {
    weight: Param,
    bias: Param,
}

impl Params for Linear {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        vec![("weight".to_owned(), &self.weight), ("bias".to_owned(), &self.bias)]
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        vec![("weight".to_owned(), &mut self.weight), ("bias".to_owned(), &mut self.bias)]
    }
}

fn model() -> Vec<Linear> {
    let layer = || Linear {
        weight: Param::new(Tensor::full([2, 2], 4.0)),
        bias: Param::new(Tensor::full([2], 4.0)),
    };
    vec![layer(), layer()]
}

/// Each is `gradient`.
fn grads(model: &Vec<Linear>, gradient: f64) -> Grads {
    let mut pass = Pass::train(model, &mut Rng::new(Seed(7)));
    let sums: Vec<_> = model
        .named_parameters()
        .into_iter()
        .map(|(_, param)| (pass.param(param) * gradient).sum())
        .collect();
    let loss = sums.into_iter().reduce(|a, b| a + &b).expect("a parameter");
    pass.backward(&loss).expect("a gradient for each parameter")
}

/// The first number of each parameter, by name.
fn firsts(model: &Vec<Linear>) -> Vec<(String, f32)> {
    let parameters = model.named_parameters().into_iter();
    parameters.map(|(name, param)| (name, param.value().as_slice()[0])).collect()
}

fn named(values: [f32; 4]) -> Vec<(String, f32)> {
    ["0.weight", "0.bias", "1.weight", "1.bias"]
        .map(str::to_owned)
        .into_iter()
        .zip(values)
        .collect()
}

#[test]
fn biases_are_spared_the_decay_whatever_is_set_first() {
    let spare = |group: &mut Group<rules::AdamW>| group.rule.weight_decay = 0.0;
    let optimizers = [
        AdamW::new(0.5).weight_decay(0.5).group(Select::biases_and_norms(), spare),
        AdamW::new(0.5).group(Select::biases_and_norms(), spare).weight_decay(0.5),
    ];
    for mut optimizer in optimizers {
        let mut model = model();
        let grads = grads(&model, 0.0);
        optimizer.step(&mut model, &grads).unwrap();
        assert_eq!(firsts(&model), named([3.0, 4.0, 3.0, 4.0]));
    }
}

#[test]
fn a_rate_multiplies_the_schedules() {
    let mut optimizer = SGD::scheduled()
        .group(Select::beginning("0."), |group| group.rate = 0.0)
        .group(Select::ending("1.bias"), |group| group.rate = 2.0);
    let mut model = model();
    for (rate, expected) in [(0.5, [4.0, 4.0, 3.5, 3.0]), (0.25, [4.0, 4.0, 3.25, 2.5])] {
        optimizer.set_learning_rate(rate);
        assert_eq!(optimizer.learning_rate(), rate);
        let grads = grads(&model, 1.0);
        optimizer.step(&mut model, &grads).unwrap();
        assert_eq!(firsts(&model), named(expected));
    }
}

/// Each group for itself is what two optimizers are, one for each part of the model.
#[test]
fn a_group_is_an_optimizer_of_its_own() {
    let by_shape = Select::by("matrices", |_, shape| shape.rank() == 2);
    let mut grouped = SGD::new(0.125).group(by_shape, |group| {
        group.rate = 0.5;
        (group.rule.momentum, group.rule.weight_decay) = (0.9, 0.1);
    });
    // A bare parameter has no name, and an optimizer one state for it: one for each parameter.
    let matrix = || SGD::new(0.0625).momentum(0.9).weight_decay(0.1);
    let (mut matrices, mut others) = ([matrix(), matrix()], SGD::new(0.125));
    let (mut whole, mut parts) = (model(), model());
    for gradient in [1.0, -0.5, 0.3, 2.0] {
        let one = grads(&whole, gradient);
        grouped.step(&mut whole, &one).unwrap();
        let each = grads(&parts, gradient);
        for (layer, matrix) in parts.iter_mut().zip(&mut matrices) {
            let (weight, bias) = (each.only(&layer.weight), each.only(&layer.bias));
            matrix.step(&mut layer.weight, &weight).unwrap();
            others.step(&mut layer.bias, &bias).unwrap();
        }
        assert_eq!(firsts(&whole), firsts(&parts));
    }
    let kept = |name: &str| grouped.state().slots[name].tensors.len();
    assert_eq!(["0.weight", "0.bias"].map(kept), [1, 0]);
}

#[test]
fn a_saved_state_goes_on_to_the_same_bits() {
    let optimizer = || {
        Adam::new(0.1).group(Select::ending("bias"), |group| {
            group.rate = 3.0;
            group.rule.amsgrad = true;
        })
    };
    let (mut whole, mut resumed) = (optimizer(), optimizer());
    let mut model = model();
    let mut copy = Vec::new();
    for step in 0..6 {
        if step == 3 {
            let clone =
                |layer: &Linear| Linear { weight: layer.weight.clone(), bias: layer.bias.clone() };
            copy = model.iter().map(clone).collect();
            resumed.load_state(whole.state());
        }
        let own = grads(&model, f64::from(step) - 1.5);
        whole.step(&mut model, &own).unwrap();
        if step >= 3 {
            let own = grads(&copy, f64::from(step) - 1.5);
            resumed.step(&mut copy, &own).unwrap();
        }
    }
    assert_eq!(firsts(&model), firsts(&copy));
    assert_eq!(whole.state(), resumed.state());
}

#[test]
fn groups_that_make_no_sense_change_nothing() {
    let sgd = || SGD::new(0.5);
    let cases = [
        (
            sgd().group(Select::ending("scale"), |group| group.rate = 2.0),
            "SGD: no parameter is in the group names that end in `scale`; the model's parameters are \
             0.weight, 0.bias, 1.weight, …",
        ),
        (
            sgd()
                .group(Select::biases_and_norms(), |group| group.rate = 2.0)
                .group(Select::beginning("1."), |group| group.rate = 3.0),
            "1.bias: SGD: the parameter is in two groups: biases and norms, and names that begin with \
             `1.`; its settings can be those of one",
        ),
        (
            sgd().group(Select::ending("bias"), |group| group.rate = f64::NAN),
            "names that end in `bias`: SGD: the factor of the learning rate is NaN; it should be 0 or \
             more",
        ),
        (
            sgd().group(Select::ending("bias"), |group| group.rule.momentum = 2.0),
            "names that end in `bias`: SGD: the momentum is 2; it should be between 0 and 1",
        ),
        (
            SGD::new(1e200).group(Select::ending("bias"), |group| group.rate = 1e200),
            "names that end in `bias`: SGD: the learning rate is inf; it should be finite, and 0 or more",
        ),
    ];
    for (mut optimizer, text) in cases {
        let mut model = model();
        let grads = grads(&model, 1.0);
        assert_eq!(optimizer.step(&mut model, &grads).unwrap_err().to_string(), text);
        assert_eq!(firsts(&model), named([4.0; 4]));
        assert!(optimizer.state().slots.is_empty());
    }
}

/// What a checkpoint compares: each setting, and what differs in each group.
#[test]
fn settings_tell_every_setting_and_group() {
    let bias = || Select::ending("bias");
    assert_eq!(
        SGD::new(0.1).momentum(0.9).group(bias(), |group| group.rate = 2.0).settings(),
        "SGD { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 0.0 }; \
         names that end in `bias`: 2 times the rate, \
         SGD { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 0.0 }",
    );
    assert_eq!(
        AdamW::default().settings(),
        "AdamW { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.01, amsgrad: false }",
    );
    let optimizers: [Box<dyn Optimizer>; 25] = [
        Box::new(SGD::scheduled()),
        Box::new(SGD::scheduled().momentum(0.5)),
        Box::new(SGD::scheduled().dampening(0.5)),
        Box::new(SGD::scheduled().nesterov(true)),
        Box::new(SGD::scheduled().weight_decay(0.5)),
        Box::new(SGD::scheduled().group(bias(), |_| ())),
        Box::new(SGD::scheduled().group(Select::ending("weight"), |_| ())),
        Box::new(SGD::scheduled().group(Select::beginning("bias"), |_| ())),
        Box::new(SGD::scheduled().group(bias(), |group| group.rate = 0.5)),
        Box::new(SGD::scheduled().group(bias(), |group| group.rule.momentum = 0.5)),
        Box::new(Adam::default()),
        Box::new(Adam::default().betas([0.5, 0.999])),
        Box::new(Adam::default().betas([0.9, 0.5])),
        Box::new(Adam::default().epsilon(0.5)),
        Box::new(Adam::default().weight_decay(0.5)),
        Box::new(Adam::default().amsgrad(true)),
        Box::new(AdamW::default()),
        Box::new(AdamW::default().weight_decay(0.0)),
        Box::new(AdamW::default().amsgrad(true)),
        Box::new(RMSprop::scheduled()),
        Box::new(RMSprop::scheduled().alpha(0.5)),
        Box::new(RMSprop::scheduled().epsilon(0.5)),
        Box::new(RMSprop::scheduled().momentum(0.5)),
        Box::new(RMSprop::scheduled().centered(true)),
        Box::new(RMSprop::scheduled().weight_decay(0.5)),
    ];
    for (place, one) in optimizers.iter().enumerate() {
        for other in &optimizers[..place] {
            assert_ne!(one.settings(), other.settings());
        }
    }
}
