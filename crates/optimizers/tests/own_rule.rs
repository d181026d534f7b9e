//! An optimizer of one's own is its rule alone.

use plywood_autodiff::{Grads, Param, Params, Pass};
use plywood_optimizers::{ByRule, Lookahead, Optimizer, Turn, UpdateRule};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor, check_setting};

#[derive(Clone, Debug)]
struct Lion {
    betas: (f64, f64),
}

impl UpdateRule for Lion {
    fn slots(&self) -> &'static [&'static str] {
        &["mean"]
    }

    fn check_settings(&self) -> Result<()> {
        check_setting("first β", self.betas.0, 0.0..=1.0)
    }

    fn update(&self, turn: Turn<'_>) -> Result<()> {
        let [lr, b1, b2] = [turn.learning_rate, self.betas.0, self.betas.1].map(|x| x as f32);
        turn.each(|x, [mean], g| {
            *x -= lr * (b1 * *mean + (1.0 - b1) * g).signum();
            *mean = b2 * *mean + (1.0 - b2) * g;
        })
    }
}

fn lion() -> Lion {
    Lion { betas: (0.9, 0.99) }
}

/// Those of (w − 3)², for each of the model's numbers.
fn grads(model: &Vec<Param>) -> Grads {
    let mut pass = Pass::train(model, &mut Rng::new(Seed(7)));
    let losses: Vec<_> =
        model.iter().map(|param| (pass.param(param) - 3.0).square().sum()).collect();
    let loss = losses.into_iter().reduce(|a, b| a + &b).expect("a parameter");
    pass.backward(&loss).expect("a gradient for each parameter")
}

fn two() -> Vec<Param> {
    vec![Param::new(Tensor::arange(4)), Param::new(Tensor::zeros([2, 2]))]
}

#[test]
fn it_trains_and_goes_on_from_its_state_to_the_same_bits() {
    let wrapped = || Lookahead::new(ByRule::of(lion(), 0.1)).every(3);
    let pairs: [[Box<dyn Optimizer>; 2]; 2] = [
        [Box::new(ByRule::of(lion(), 0.1)), Box::new(ByRule::of(lion(), None))],
        [Box::new(wrapped()), Box::new(wrapped())],
    ];
    for [mut whole, mut resumed] in pairs {
        let mut model = two();
        for _ in 0..100 {
            let grads = grads(&model);
            whole.step(&mut model, &grads).unwrap();
        }
        let mut copy = model.clone();
        resumed.load_state(whole.state());
        resumed.set_learning_rate(0.1);
        for _ in 0..100 {
            let (one, other) = (grads(&model), grads(&copy));
            whole.step(&mut model, &one).unwrap();
            resumed.step(&mut copy, &other).unwrap();
        }
        for (param, copy) in model.iter().zip(&copy) {
            assert_eq!(param.value(), copy.value());
            assert!(param.value().as_slice().iter().all(|w| (w - 3.0).abs() < 0.5));
        }
        assert_eq!(whole.settings(), resumed.settings());
    }
}

/// As a loop over the numbers.
#[test]
fn its_steps_are_those_of_a_loop() {
    let mut model = vec![Param::new(Tensor::arange(4))];
    let mut optimizer = ByRule::of(lion(), 0.125);
    let (mut xs, mut means) = ([0.0_f32, 1.0, 2.0, 3.0], [0.0_f32; 4]);
    for step in 1..=20 {
        let grads = grads(&model);
        optimizer.step(&mut model, &grads).unwrap();
        for (x, mean) in xs.iter_mut().zip(&mut means) {
            let g = 2.0 * (*x - 3.0);
            *x -= 0.125 * (0.9 * *mean + (1.0 - 0.9_f32) * g).signum();
            *mean = 0.99 * *mean + (1.0 - 0.99_f32) * g;
        }
        assert_eq!(model[0].value().as_slice(), xs);
        assert_eq!(optimizer.state().slots["0"].steps, step);
        assert_eq!(optimizer.state().slots["0"].tensors[0].as_slice(), means);
    }
}

/// What every optimizer refuses, with the rule's name.
#[test]
fn it_refuses_what_the_others_do_and_changes_nothing() {
    let mut model = two();
    let own = grads(&model);
    let before = model.clone();
    let mut refused = |mut optimizer: Box<dyn Optimizer>, grads: &Grads, text: &str| {
        assert_eq!(optimizer.step(&mut model, grads).unwrap_err().to_string(), text);
        assert!(model.iter().zip(&before).all(|(param, old)| param.value() == old.value()));
        assert!(optimizer.state().slots.values().all(|slots| slots.steps == 1));
    };
    let lion_at = |rate: f64| Box::new(ByRule::of(lion(), rate));
    refused(lion_at(-1.0), &own, "Lion: the learning rate is -1; it should be 0 or more");
    refused(
        Box::new(ByRule::of(Lion { betas: (2.0, 0.9) }, 0.1)),
        &own,
        "Lion: the first β is 2; it should be between 0 and 1",
    );
    refused(
        Box::new(ByRule::of(lion(), None)),
        &own,
        "Lion: there is no learning rate; it is left to a schedule: give the trainer one, or call \
         `set_learning_rate`",
    );
    refused(
        lion_at(0.1),
        &Grads::default(),
        "Lion: there are no gradients, so nothing would be learnt; are all parameters frozen?",
    );
    refused(
        lion_at(0.1),
        &grads(&two()),
        "Lion: 2 of the 2 gradients belong to no parameter of this model: those of `0` and another; \
         they are another model's; a clone has parameters of its own",
    );
    let mut loaded = lion_at(0.1);
    let mut other = vec![Param::new(Tensor::zeros([5]))];
    let others = grads(&other);
    loaded.step(&mut other, &others).unwrap();
    refused(loaded, &own, "0: Lion: the optimizer's state is [5], the parameter [4]");
}

#[test]
fn frozen_and_tied_parameters_are_not_its_concern() {
    let first = Param::new(Tensor::arange(4));
    let mut model = vec![first.tie(), Param::new(Tensor::zeros([2])), first];
    model[1].freeze();
    let grads = grads(&model);
    ByRule::of(lion(), 0.5).step(&mut model, &grads).unwrap();
    // All that are below 3 go up by half.
    assert_eq!(model[0].value().as_slice()[..3], [0.5, 1.5, 2.5]);
    assert_eq!(model[0].value(), model[2].value());
    assert_eq!(*model[1].value(), Tensor::zeros([2]));
    assert_eq!(model.parameter_count(), 6);
}

/// Takes two slots, and names one.
#[derive(Clone, Debug)]
struct Miscounted;

impl UpdateRule for Miscounted {
    fn slots(&self) -> &'static [&'static str] {
        &["mean"]
    }

    fn update(&self, turn: Turn<'_>) -> Result<()> {
        turn.each(|x, [a, b], g| *x -= *a + *b + g)
    }
}

/// Refuses every step.
#[derive(Clone, Debug)]
struct Stubborn;

impl UpdateRule for Stubborn {
    fn update(&self, turn: Turn<'_>) -> Result<()> {
        Err(Error::value(format!("no step at {}", turn.learning_rate)))
    }
}

#[test]
fn an_error_of_a_rule_names_the_parameter_and_the_rule() {
    let mut model = two();
    let grads = grads(&model);
    let mut text = |mut optimizer: Box<dyn Optimizer>| {
        optimizer.step(&mut model, &grads).unwrap_err().to_string()
    };
    assert_eq!(
        text(Box::new(ByRule::of(Miscounted, 0.1))),
        "0: Miscounted: the update takes 2 slots, and the rule names 1; `UpdateRule::slots` names \
         what is kept of each parameter",
    );
    assert_eq!(text(Box::new(ByRule::of(Stubborn, 0.5))), "0: Stubborn: no step at 0.5");
}
