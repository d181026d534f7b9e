//! Optimizers, schedules and clipping against PyTorch's numbers.

use std::collections::BTreeMap;

use plywood_autodiff::{Param, Params, Pass, Var};
use plywood_optimizers::*;
use plywood_tensor::{Rng, Seed, Tensor};
use plywood_testkit::{assert_close, fixtures};

/// A step whose gradient is `gradient`: that of their product.
fn step(optimizer: &mut dyn Optimizer, param: &mut Param, gradient: &[f64]) {
    let gradient: Vec<f32> = gradient.iter().map(|&g| g as f32).collect();
    let mut pass = Pass::train(param, &mut Rng::new(Seed(0)));
    let loss = pass.param(param).mul(&Var::constant(gradient.into())).expect("one shape").sum();
    let grads = pass.backward(&loss).expect("a gradient for the only parameter");
    optimizer.step(param, &grads).expect("a finite gradient");
}

#[test]
fn every_trajectory_is_pytorchs() {
    let fixtures = fixtures::load("optimizers");
    let nesterov = || SGD::new(0.1).momentum(0.9).nesterov(true);
    let amsgrad = || Adam::new(0.05).betas([0.9, 0.8]).amsgrad(true);
    let optimizers: [(&str, Box<dyn Optimizer>); 18] = [
        ("sgd", Box::new(SGD::new(0.1))),
        ("sgd_momentum", Box::new(SGD::new(0.1).momentum(0.9))),
        ("sgd_dampening", Box::new(SGD::new(0.1).momentum(0.9).dampening(0.1))),
        ("sgd_nesterov", Box::new(nesterov())),
        ("sgd_nesterov_wd", Box::new(nesterov().weight_decay(0.1))),
        ("sgd_wd", Box::new(SGD::new(0.1).momentum(0.9).weight_decay(0.01))),
        (
            "sgd_dampening_wd",
            Box::new(SGD::new(0.1).momentum(0.9).dampening(0.5).weight_decay(0.1)),
        ),
        ("adam", Box::new(Adam::default())),
        ("adam_wd", Box::new(Adam::new(0.05).weight_decay(0.01))),
        ("adam_eps", Box::new(Adam::new(0.05).epsilon(0.1))),
        ("adam_amsgrad", Box::new(amsgrad())),
        ("adam_amsgrad_eps", Box::new(amsgrad().epsilon(0.1))),
        ("adam_no_amsgrad", Box::new(Adam::new(0.05).betas([0.9, 0.8]))),
        ("adamw", Box::new(AdamW::new(0.05))),
        ("adamw_wd", Box::new(AdamW::new(0.05).weight_decay(0.1))),
        ("rmsprop", Box::new(RMSprop::new(0.01))),
        ("rmsprop_eps", Box::new(RMSprop::new(0.01).epsilon(0.1).momentum(0.5))),
        (
            "rmsprop_centered",
            Box::new(RMSprop::new(0.01).momentum(0.9).centered(true).weight_decay(0.01).alpha(0.9)),
        ),
    ];
    for (name, mut optimizer) in optimizers {
        let expected = &fixtures[&format!("{name}.trajectory")[..]];
        let start: Vec<f32> = fixtures["p0"].values.iter().map(|&x| x as f32).collect();
        let mut param = Param::new(Tensor::from(start));
        let gradients = fixtures["gradients"].values.chunks(7);
        for (gradient, expected) in gradients.zip(expected.values.chunks(7)) {
            step(&mut *optimizer, &mut param, gradient);
            let got: Vec<f64> = param.value().as_slice().iter().map(|&x| x.into()).collect();
            println!("{name}");
            assert_close(&got, expected, 2e-6);
        }
    }
}

#[test]
fn every_schedule_is_pytorchs() {
    let fixtures = fixtures::load("schedules");
    let check = |name: &str, schedule: &dyn Schedule, steps_per_epoch: u64, epochs: u64| {
        let expected = &fixtures[&format!("{name}.lr")[..]].values;
        let at = |step: usize| {
            let progress = Progress { step: step as u64, steps_per_epoch, epochs };
            schedule.learning_rate(&progress)
        };
        let got: Vec<f64> = (0..expected.len()).map(at).collect();
        println!("{name}");
        assert_close(&got, expected, 1e-12);
    };
    check("step", &StepDecay::new(0.1, 3).factor(0.5), 1, 12);
    check("multi_step", &MultiStepDecay::new(0.1, [2, 5, 9]), 1, 12);
    check("cosine", &CosineAnnealing::new(0.1).lowest(1e-4), 20, 1);
    check("one_cycle", &OneCycle::new(0.1), 10, 5);
    check("linear_warmup", &Warmup::new(5, Constant::new(0.1)).start_factor(0.1), 10, 1);
}

/// Two parameters, so that their norm is a common one.
#[derive(Clone)]
struct Two(BTreeMap<&'static str, Param>);

impl Params for Two {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        self.0.iter().map(|(name, param)| ((*name).to_owned(), param as &dyn Params)).collect()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        self.0
            .iter_mut()
            .map(|(name, param)| ((*name).to_owned(), param as &mut dyn Params))
            .collect()
    }
}

#[test]
fn clipping_is_pytorchs() {
    let fixtures = fixtures::load("matmul_embedding");
    for case in ["clip", "clip_idle"] {
        let get = |part: &str| &fixtures[&format!("{case}.{part}")[..]].values;
        let param = |part: &str| {
            let gradient: Vec<f32> = get(part).iter().map(|&x| x as f32).collect();
            Param::new(Tensor::from(gradient))
        };
        let model = Two(BTreeMap::from([("a", param("a.before")), ("b", param("b.before"))]));
        // The gradient of half the sum of squares is the value itself.
        let mut pass = Pass::train(&model, &mut Rng::new(Seed(0)));
        let [a, b] = ["a", "b"].map(|name| pass.param(&model.0[name]).square().sum() * 0.5);
        let mut grads = pass.backward(&(a + &b)).unwrap();
        let norm = clip_grad_norm(&mut grads, get("max_norm")[0]).unwrap();
        assert_close(&[norm], get("total_norm"), 1e-6);
        for name in ["a", "b"] {
            let got: Vec<f64> =
                grads.of(&model.0[name]).unwrap().as_slice().iter().map(|&x| x.into()).collect();
            assert_close(&got, get(&format!("{name}.after")), 1e-6);
        }
    }
}
