//! What optimizers promise beside their numbers.

use plywood_autodiff::{Buffer, Grads, Param, Params, Pass, Var};
use plywood_optimizers::*;
use plywood_tensor::{Rng, Seed, Tensor};

fn grads(param: &Param) -> Grads {
    let mut pass = Pass::train(param, &mut Rng::new(Seed(0)));
    let loss = pass.param(param).square().sum();
    pass.backward(&loss).expect("a gradient for the only parameter")
}

struct BatchNorm {
    weight: Param,
    mean: Buffer,
}

impl Params for BatchNorm {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        vec![("weight".to_owned(), &self.weight), ("mean".to_owned(), &self.mean)]
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        vec![("weight".to_owned(), &mut self.weight), ("mean".to_owned(), &mut self.mean)]
    }
}

fn all() -> [Box<dyn Optimizer>; 6] {
    [
        Box::new(SGD::new(0.1).momentum(0.9)),
        Box::new(Adam::new(0.1)),
        Box::new(AdamW::new(0.1)),
        Box::new(RMSprop::new(0.1)),
        Box::new(RMSprop::new(0.1).momentum(0.9).centered(true)),
        Box::new(Lookahead::new(SGD::new(0.1).momentum(0.9)).every(2).growing(5)),
    ]
}

#[test]
fn a_step_copies_no_weight() {
    for mut optimizer in all() {
        let mut param = Param::new(Tensor::arange(1000));
        let address = param.value().address();
        for _ in 0..3 {
            let grads = grads(&param);
            optimizer.step(&mut param, &grads).unwrap();
            assert_eq!(param.value().address(), address, "{}", optimizer.settings());
        }
    }
}

#[test]
fn frozen_parameters_stay() {
    for mut optimizer in all() {
        let mut param = Param::new(Tensor::arange(3));
        let grads = grads(&param);
        param.freeze();
        optimizer.step(&mut param, &grads).unwrap();
        assert_eq!(*param.value(), Tensor::arange(3));
    }
}

#[test]
fn settings_that_make_no_sense_change_nothing() {
    let cases: [(Box<dyn Optimizer>, &str); 11] = [
        (Box::new(SGD::new(f64::NAN)), "SGD: the learning rate is NaN; it should be 0 or more"),
        (
            Box::new(SGD::new(0.1).momentum(1.5)),
            "SGD: the momentum is 1.5; it should be between 0 and 1",
        ),
        (Box::new(Adam::new(-1.0)), "Adam: the learning rate is -1; it should be 0 or more"),
        (
            Box::new(AdamW::new(f64::INFINITY)),
            "AdamW: the learning rate is inf; it should be finite, and 0 or more",
        ),
        (
            Box::new(RMSprop::new(0.1).weight_decay(-0.1)),
            "RMSprop: the weight decay is -0.1; it should be 0 or more",
        ),
        (
            Box::new(Adam::new(0.1).betas([0.9, 1.0])),
            "Adam: the pair of β is [0.9, 1]; each should be 0 or more, and less than 1",
        ),
        (Box::new(RMSprop::new(0.1).epsilon(-1.0)), "RMSprop: the ε is -1; it should be 0 or more"),
        (
            Box::new(SGD::new(0.1).nesterov(true)),
            "SGD: Nesterov's momentum with momentum 0 and dampening 0; \
             it needs a momentum above 0, and no dampening",
        ),
        (
            Box::new(SGD::new(0.1).momentum(0.9).dampening(0.1).nesterov(true)),
            "SGD: Nesterov's momentum with momentum 0.9 and dampening 0.1; \
             it needs a momentum above 0, and no dampening",
        ),
        (
            Box::new(SGD::scheduled()),
            "SGD: there is no learning rate; it is left to a schedule: give the trainer one, or call \
             `set_learning_rate`",
        ),
        (
            Box::new(Lookahead::new(SGD::new(0.1)).every(0)),
            "Lookahead: the number of steps from one average to the next is 0; it should be 1 \
             or more",
        ),
    ];
    for (mut optimizer, text) in cases {
        let mut param = Param::new(Tensor::arange(3));
        let grads = grads(&param);
        assert_eq!(optimizer.step(&mut param, &grads).unwrap_err().to_string(), text);
        assert_eq!(*param.value(), Tensor::arange(3));
        assert!(optimizer.state().slots.is_empty());
    }
}

/// A gradient that stays the same has no variance: what rounding leaves of it may be negative.
#[test]
fn centred_rmsprop_survives_a_constant_gradient() {
    for gradient in [0.7, 123.4, 1e-3] {
        let mut param = Param::new(Tensor::from([0.0]));
        let mut optimizer = RMSprop::new(1e-3).centered(true);
        for _ in 0..5000 {
            let mut pass = Pass::train(&param, &mut Rng::new(Seed(0)));
            let loss = (pass.param(&param) * gradient).sum();
            let grads = pass.backward(&loss).unwrap();
            let before = param.value().as_slice()[0];
            optimizer.step(&mut param, &grads).unwrap();
            let step = before - param.value().as_slice()[0];
            assert!((0.0..10.0).contains(&step), "{gradient}: {step}");
        }
    }
}

#[test]
fn schedules_of_endless_training_begin() {
    let progress = Progress { step: 3, steps_per_epoch: 7, epochs: u64::MAX };
    assert_eq!(progress.total(), u64::MAX);
    assert_eq!(CosineAnnealing::new(0.1).learning_rate(&progress), 0.1);
    assert!((OneCycle::new(0.1).learning_rate(&progress) - 0.004).abs() < 1e-9);
}

#[test]
fn a_warm_up_of_no_steps_is_none() {
    let rate = |steps, step| {
        let progress = Progress { step, steps_per_epoch: 10, epochs: 1 };
        Warmup::new(steps, Constant::new(0.3)).learning_rate(&progress)
    };
    assert_eq!([0, 1, 9, u64::MAX].map(|step| rate(0, step)), [0.3; 4]);
    assert_eq!([0, 1, 2].map(|step| rate(1, step)), [0.3 * (1.0 / 3.0), 0.3, 0.3]);
}

#[test]
fn schedules_refuse_what_makes_no_sense() {
    let fine: [&dyn Schedule; 9] = [
        &Constant::new(0.0),
        &StepDecay::new(0.1, 1).factor(2.0),
        &MultiStepDecay::new(0.1, []).factor(0.1),
        &CosineAnnealing::new(0.0).lowest(0.1),
        &OneCycle::new(0.1).warm_up(0.0),
        &OneCycle::new(0.1).warm_up(1.0),
        &PiecewiseLinear::new([(0.5, 0.1)]),
        &PiecewiseLinear::new([(0.0, 0.1), (0.5, 0.1), (0.5, 0.0), (1.0, 0.0)]),
        &Warmup::new(0, Constant::new(0.1)).start_factor(0.0),
    ];
    for schedule in fine {
        schedule.check_settings().unwrap();
    }
    let or_more = "it should be 0 or more";
    let part = "it should be between 0 and 1";
    let warm_up = "OneCycle: the part of the training that is warm-up is";
    let refused: [(&dyn Schedule, String); 17] = [
        (&Constant::new(-0.1), format!("Constant: the learning rate is -0.1; {or_more}")),
        (
            &StepDecay::new(f64::NAN, 1).factor(0.5),
            format!("StepDecay: the first learning rate is NaN; {or_more}"),
        ),
        (
            &StepDecay::new(0.1, 0).factor(0.5),
            "StepDecay: the number of epochs from one step to the next is 0; it should be 1 or \
             more"
                .into(),
        ),
        (&StepDecay::new(0.1, 1).factor(-0.5), format!("StepDecay: the factor is -0.5; {or_more}")),
        (
            &MultiStepDecay::new(0.1, [3]).factor(f64::INFINITY),
            "MultiStepDecay: the factor is inf; it should be finite, and 0 or more".to_owned(),
        ),
        (
            &CosineAnnealing::new(0.1).lowest(-1.0),
            format!("CosineAnnealing: the last learning rate is -1; {or_more}"),
        ),
        (&OneCycle::new(-1.0), format!("OneCycle: the largest learning rate is -1; {or_more}")),
        (&OneCycle::new(0.1).warm_up(3.0), format!("{warm_up} 3; {part}")),
        (&OneCycle::new(0.1).warm_up(-0.5), format!("{warm_up} -0.5; {part}")),
        (&OneCycle::new(0.1).warm_up(f64::NAN), format!("{warm_up} NaN; {part}")),
        (
            &OneCycle::new(0.1).divisor(0.0),
            "OneCycle: the divisor is 0; it should be more than 0".into(),
        ),
        (
            &PiecewiseLinear::new([]),
            "PiecewiseLinear: there are no points; one alone is a constant".into(),
        ),
        (
            &PiecewiseLinear::new([(0.0, 0.1), (30.0, 0.1)]),
            format!("PiecewiseLinear: the part of the training of point 1 is 30; {part}"),
        ),
        (
            &PiecewiseLinear::new([(0.0, f64::NAN)]),
            format!("PiecewiseLinear: the learning rate of point 0 is NaN; {or_more}"),
        ),
        (
            &PiecewiseLinear::new([(0.5, 0.1), (0.25, 0.2)]),
            "PiecewiseLinear: point 1 is at 0.25 of the training, before point 0 at 0.5; put them \
             in rising order"
                .into(),
        ),
        (
            &Warmup::new(5, Constant::new(0.1)).start_factor(3.0),
            format!("Warmup: the part that the warm-up begins with is 3; {part}"),
        ),
        (&Warmup::new(5, OneCycle::new(0.1).warm_up(3.0)), format!("{warm_up} 3; {part}")),
    ];
    for (schedule, text) in refused {
        assert_eq!(schedule.check_settings().unwrap_err().to_string(), text);
    }
}

#[test]
fn a_saved_state_goes_on_to_the_same_bits() {
    for (mut whole, mut resumed) in all().into_iter().zip(all()) {
        let mut param = Param::new(Tensor::arange(5));
        for _ in 0..3 {
            let grads = grads(&param);
            whole.step(&mut param, &grads).unwrap();
        }
        let mut copy = param.clone();
        resumed.load_state(whole.state());
        for _ in 0..3 {
            let (one, other) = (grads(&param), grads(&copy));
            whole.step(&mut param, &one).unwrap();
            resumed.step(&mut copy, &other).unwrap();
        }
        assert_eq!(param.value(), copy.value());
    }
}

/// Fine-tuning: what is thawed later begins as it would have at the start, as in PyTorch, which
/// counts the steps of each parameter.
#[test]
fn a_parameter_that_is_thawed_begins_anew() {
    let damped = || SGD::new(0.1).momentum(0.9).dampening(0.5);
    let amsgrad = || Adam::new(0.1).amsgrad(true);
    let mut pairs: Vec<(Box<dyn Optimizer>, Box<dyn Optimizer>)> =
        all().into_iter().zip(all()).collect();
    // The slow weights are the model's: they have been on their way since the first step.
    pairs.retain(|(optimizer, _)| !optimizer.settings().starts_with("Lookahead"));
    pairs.push((Box::new(damped()), Box::new(damped())));
    pairs.push((Box::new(amsgrad()), Box::new(amsgrad())));
    for (mut late, mut fresh) in pairs {
        let both = || vec![Param::new(Tensor::arange(3)), Param::new(Tensor::arange(5))];
        let gradients = |model: &Vec<Param>| {
            let mut pass = Pass::train(model, &mut Rng::new(Seed(0)));
            let squares = |pass: &mut Pass, param| pass.param(param).square().sum();
            let loss = squares(&mut pass, &model[0]) + &squares(&mut pass, &model[1]);
            pass.backward(&loss).unwrap()
        };
        let (mut thawed, mut reference) = (both(), both());
        thawed[1].freeze();
        for _ in 0..20 {
            let grads = gradients(&thawed);
            late.step(&mut thawed, &grads).unwrap();
        }
        thawed[1].unfreeze();
        for _ in 0..3 {
            let (one, other) = (gradients(&thawed), gradients(&reference));
            late.step(&mut thawed, &one).unwrap();
            fresh.step(&mut reference, &other).unwrap();
            assert_eq!(thawed[1].value(), reference[1].value(), "{}", late.settings());
        }
    }
}

/// The mean of squares, and one more for each of momentum and the mean, as in PyTorch.
#[test]
fn rmsprop_keeps_no_tensor_that_it_does_not_need() {
    let plain = || RMSprop::new(0.1);
    let cases = [
        (plain(), 1),
        (plain().momentum(0.9), 2),
        (plain().centered(true), 2),
        (plain().momentum(0.9).centered(true), 3),
    ];
    for (mut optimizer, count) in cases {
        let mut param = Param::new(Tensor::arange(3));
        let grads = grads(&param);
        optimizer.step(&mut param, &grads).unwrap();
        let state = optimizer.state();
        let kept: Vec<_> = state.slots.values().map(|slots| slots.tensors.len()).collect();
        assert_eq!(kept, [count], "{}", optimizer.settings());
    }
}

/// Also where the other has no tensors to compare.
#[test]
fn the_state_of_another_optimizer_is_refused() {
    let mut model = vec![Param::new(Tensor::arange(3))];
    let (mut adam, mut sgd) = (Adam::new(0.1), SGD::new(0.1).momentum(0.9));
    let grads = {
        let mut pass = Pass::train(&model, &mut Rng::new(Seed(0)));
        let loss = pass.param(&model[0]).square().sum();
        pass.backward(&loss).unwrap()
    };
    adam.step(&mut model, &grads).unwrap();
    sgd.load_state(adam.state());
    assert_eq!(
        sgd.step(&mut model, &grads).unwrap_err().to_string(),
        "0: SGD: the optimizer's state has 2 tensors for each parameter, it needs 1: momentum; \
         it is the state of another optimizer, or of other settings",
    );
    let mut plain = SGD::new(0.1);
    plain.step(&mut model, &grads).unwrap();
    adam.load_state(plain.state().clone());
    assert!(adam.step(&mut model, &grads).is_err());
}

/// A checkpoint may hold any number of steps.
#[test]
fn steps_are_counted_up_to_the_last_number() {
    let mut model = vec![Param::new(Tensor::arange(3))];
    let grads = {
        let mut pass = Pass::train(&model, &mut Rng::new(Seed(0)));
        let loss = pass.param(&model[0]).square().sum();
        pass.backward(&loss).unwrap()
    };
    let mut adam = Adam::new(0.1);
    adam.step(&mut model, &grads).unwrap();
    let mut state = adam.state();
    state.slots.values_mut().for_each(|slots| slots.steps = u64::MAX);
    adam.load_state(state);
    adam.step(&mut model, &grads).unwrap();
    assert!(adam.state().slots.values().all(|slots| slots.steps == u64::MAX));
}

#[test]
fn tied_parameters_take_one_step_together() {
    let first = Param::new(Tensor::arange(3));
    let mut model = vec![first.tie(), first];
    let mut pass = Pass::train(&model, &mut Rng::new(Seed(0)));
    let loss = pass.param(&model[0]).mul(&pass.param(&model[1])).unwrap().sum();
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.len(), 1);
    SGD::new(0.25).step(&mut model, &grads).unwrap();
    // x − 0.25 · 2x, in both places.
    assert_eq!(*model[0].value(), Tensor::arange(3) * 0.5);
    assert_eq!(model[0].value(), model[1].value());
    assert_eq!(model.parameter_count(), 3);
}

#[test]
fn clipping_by_value_limits_each_element_and_counts() {
    let param = vec![Param::new(Tensor::from([0.1, -0.5, 0.5, 2.0, -3.0]))];
    let mut pass = Pass::train(&param, &mut Rng::new(Seed(0)));
    let loss = pass.param(&param[0]).square().sum();
    let mut grads = pass.backward(&loss).unwrap(); // twice the parameter
    assert_eq!(clip_grad_value(&mut grads, 1.0).unwrap(), 2);
    assert_eq!(*grads.of(&param[0]).unwrap(), Tensor::from([0.2, -1.0, 1.0, 1.0, -1.0]));
}

/// Gradients that are `numbers`.
fn gradients_of(numbers: &[f32]) -> (Vec<Param>, Grads) {
    let model = vec![Param::new(Tensor::zeros([numbers.len()]))];
    let mut pass = Pass::train(&model, &mut Rng::new(Seed(0)));
    let numbers = Var::constant(Tensor::from(numbers.to_vec()));
    let loss = pass.param(&model[0]).mul(&numbers).expect("as many numbers").sum();
    let grads = pass.backward(&loss).expect("a gradient for the only parameter");
    (model, grads)
}

/// Their squares leave the range of single precision, their norm doesn't.
#[test]
fn the_norm_of_huge_and_tiny_gradients_is_right() {
    for size in [1e-38_f32, 1e-30, 1e-20, 1e-15, 1e-3, 1.0, 1e15, 1e19, 1e20, 1e30, 1e38] {
        // Of different signs, and so many that they are added in several blocks.
        let numbers: Vec<f32> = (0..4096).map(|i| if i % 2 == 0 { size } else { -size }).collect();
        let (model, mut grads) = gradients_of(&numbers);
        let exact = 64.0 * f64::from(size);
        assert!((grad_norm(&grads) / exact - 1.0).abs() < 1e-6, "{size}: {}", grad_norm(&grads));
        let limit = exact / 4.0;
        let norm = clip_grad_norm(&mut grads, limit).unwrap();
        assert!((norm / exact - 1.0).abs() < 1e-6);
        let expected = f64::from(size) * limit / (exact + 1e-6);
        let first = f64::from(grads.of(&model[0]).unwrap().as_slice()[0]);
        // The smallest are no normal numbers, and have few digits.
        assert!((first - expected).abs() <= 1e-6 * expected + 1e-44, "{size}: {first:e}");
    }
    // Down to what a factor of single precision would have three digits for.
    let (model, mut grads) = gradients_of(&[3e38; 4096]);
    clip_grad_norm(&mut grads, 1e-3).unwrap();
    let first = f64::from(grads.of(&model[0]).unwrap().as_slice()[0]);
    assert!((first / (1e-3 / 64.0) - 1.0).abs() < 1e-6, "{first:e}");
    assert_eq!(grad_norm(&gradients_of(&[0.0, -0.0, 0.0]).1), 0.0);
    assert_eq!(grad_norm(&gradients_of(&[0.0, f32::from_bits(1), 0.0]).1), 2.0_f64.powi(-149));
    // About 1.2e21 and twice 2.4e21.
    let [one, two] = [2.0_f32.powi(70), 2.0_f32.powi(71)];
    assert_eq!(grad_norm(&gradients_of(&[one, -two, two]).1), 3.0 * f64::from(one));
    assert_eq!(grad_norm(&gradients_of(&[f32::MAX; 4]).1), 2.0 * f64::from(f32::MAX));
    assert!(grad_norm(&gradients_of(&[0.0, f32::NAN]).1).is_nan());
    assert!(grad_norm(&gradients_of(&[f32::INFINITY, f32::NAN]).1).is_nan());
    assert_eq!(grad_norm(&gradients_of(&[1.0, f32::INFINITY]).1), f64::INFINITY);
}

#[test]
fn clipping_refuses_what_would_hide_an_error() {
    let param = vec![Param::new(Tensor::from([1.0, f32::NAN]))];
    let mut grads = {
        let mut pass = Pass::train(&param, &mut Rng::new(Seed(0)));
        let loss = pass.param(&param[0]).square().sum();
        pass.backward(&loss).unwrap()
    };
    assert_eq!(
        clip_grad_norm(&mut grads, 1.0).unwrap_err().to_string(),
        "clip_grad_norm: the gradients' norm is NaN, because of 0; \
         a smaller learning rate often helps",
    );
    assert_eq!(
        clip_grad_value(&mut grads, f64::NAN).unwrap_err().to_string(),
        "clip_grad_value: the limit is NaN; it should be 0 or more",
    );
}

#[test]
fn lookahead_ends_with_the_slow_weights_and_averages_buffers_too() {
    let mut norm =
        BatchNorm { weight: Param::new(Tensor::ones([1])), mean: Buffer::new(Tensor::zeros([1])) };
    let mut optimizer = Lookahead::new(SGD::new(1.0)).every(3).kept(1.0).growing(4);
    let mut seen = Vec::new();
    for step in 1..=4 {
        let mut pass = Pass::train(&norm, &mut Rng::new(Seed(0)));
        let loss = pass.param(&norm.weight).sum();
        pass.update(&norm.mean, Tensor::from([step as f32])).unwrap();
        optimizer.step(&mut norm, &pass.backward(&loss).unwrap()).unwrap();
        seen.push((norm.weight.value().item().unwrap(), norm.mean.value().item().unwrap()));
    }
    // After three steps 27/64 of what the first began with, 37/64 of what there is.
    let third = (27.0 / 64.0 - 2.0 * 37.0 / 64.0, 27.0 / 64.0 + 3.0 * 37.0 / 64.0);
    assert_eq!(seen, [(0.0, 1.0), (-1.0, 2.0), third, third]);
}

/// The gradients of the sum of the squares of all parameters.
fn grads_of(model: &Vec<Param>) -> Grads {
    let mut pass = Pass::train(model, &mut Rng::new(Seed(0)));
    let losses: Vec<_> = model.iter().map(|param| pass.param(param).square().sum()).collect();
    let loss =
        losses.into_iter().reduce(|a, b| a.add(&b).expect("two numbers")).expect("a parameter");
    pass.backward(&loss).expect("a gradient for each parameter")
}

fn two() -> Vec<Param> {
    vec![Param::new(Tensor::arange(3)), Param::new(Tensor::arange(2))]
}

#[test]
fn gradients_of_others_are_refused_and_change_nothing() {
    for mut optimizer in all() {
        let name = optimizer.settings();
        let mut step = |model: &mut Vec<Param>, grads: &Grads| {
            let before: Vec<Tensor> = model.iter().map(|param| param.value().clone()).collect();
            let error = optimizer.step(model, grads).unwrap_err();
            assert!(model.iter().zip(before).all(|(param, before)| *param.value() == before));
            let text = error.to_string();
            text.split_once(": ").map(|(_, text)| text.to_owned()).expect("an optimizer's name")
        };
        let mut model = two();
        let mut clone = model.clone();
        assert_eq!(
            step(&mut clone, &grads_of(&model)),
            "2 of the 2 gradients belong to no parameter of this model: those of `0` and another; \
             they are another model's; a clone has parameters of its own",
            "{name}",
        );
        let mut first = vec![model[0].tie()];
        assert_eq!(
            step(&mut first, &grads_of(&model)),
            "1 of the 2 gradients belong to no parameter of this model: those of `1`; \
             `grads.only(&model)` leaves out those of other models",
            "{name}",
        );
        assert_eq!(
            step(&mut model, &Grads::default()),
            "there are no gradients, so nothing would be learnt; are all parameters frozen?",
            "{name}",
        );
    }
}

#[test]
fn each_of_two_models_can_have_its_own_part_of_the_gradients() {
    let mut both = two();
    let grads = grads_of(&both);
    let [mut first, second] = [0, 1].map(|index| vec![both[index].tie()]);
    assert!(grads.foreign_to(&both).is_empty());
    assert_eq!(grads.foreign_to(&first), ["1"]);
    let own = grads.only(&first);
    assert_eq!((own.len(), own.of(&second[0])), (1, None));
    SGD::new(0.5).step(&mut first, &own).unwrap();
    SGD::new(0.5).step(&mut both, &grads).unwrap();
    assert_eq!(first[0].value(), both[0].value());
}

#[test]
fn a_closure_is_a_schedule() {
    let closure = |step: u64, of: u64| 0.1 * (1.0 - step as f64 / of as f64);
    let rates = |schedule: &dyn Schedule| {
        let at = |step| Progress { step, steps_per_epoch: 5, epochs: 2 };
        [0, 5, 9].map(|step| schedule.learning_rate(&at(step)))
    };
    assert_eq!(rates(&closure), [0.1, 0.05, 0.1 * (1.0 - 0.9)]);
    assert_eq!(rates(&Warmup::new(1, closure).start_factor(0.5))[0], 0.05);
    closure.check_settings().unwrap();
    assert!(closure.settings().starts_with("the closure behaviour::"), "{}", closure.settings());
}

/// As PyTorch's `ReduceLROnPlateau` goes through its branches.
#[test]
fn a_plateau_reduces_the_rate() {
    let progress = Progress { step: 7, steps_per_epoch: 1, epochs: 100 };
    let rates = |schedule: &dyn Schedule, monitored: &[f64]| -> Vec<f64> {
        let rate = |epochs| schedule.learning_rate_seeing(&progress, &monitored[..epochs]);
        (0..=monitored.len()).map(rate).collect()
    };
    let halves = ReduceOnPlateau::new(1.0).factor(0.5).patience(1);
    // The fourth is better by too little; NaN is never better.
    let losses = [2.0, 3.0, 1.0, 0.99995, f64::NAN, 5.0, 6.0];
    assert_eq!(rates(&halves, &losses), [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25]);
    assert_eq!(rates(&halves.lowest(0.4), &losses)[7], 0.4);
    assert_eq!(rates(&halves.threshold(0.0), &losses), [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5]);
    // Two epochs after the first reduction don't count.
    let cool = halves.patience(0).cooldown(2);
    assert_eq!(rates(&cool, &[1.0; 6]), [1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]);
    let accuracies = [0.5, 0.6, 0.4, 0.6, 0.7];
    let larger = halves.larger_is_better(true);
    assert_eq!(rates(&larger, &accuracies), [1.0, 1.0, 1.0, 1.0, 0.5, 0.5]);
    assert_eq!(rates(&Warmup::new(14, halves).start_factor(0.0), &[1.0; 3])[3], 0.25);
    for (schedule, text) in [
        (halves.factor(1.5), "the factor is 1.5; it should be between 0 and 1"),
        (halves.threshold(-1.0), "the threshold is -1; it should be between 0 and 1"),
        (halves.lowest(2.0), "the last learning rate is 2, the first 1; it can only fall"),
    ] {
        assert_eq!(
            schedule.check_settings().unwrap_err().to_string(),
            format!("ReduceOnPlateau: {text}")
        );
    }
    assert!(halves.settings().starts_with("ReduceOnPlateau { initial: 1.0, factor: 0.5, "));
}
