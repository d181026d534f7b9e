//! What every operation is held to: each test goes through all declarations.

use plywood_tensor::{Rng, Seed, Tensor};
use plywood_testkit::cases;
use proptest::prelude::*;

use super::OPERATIONS;
use crate::declaration::Sample;
use crate::gradcheck::gradcheck;
use crate::pass::Pass;
use crate::var::Var;

fn sample(operation: &super::Declaration, seed: u64) -> Sample {
    (operation.sample)(&mut Rng::new(Seed(seed)))
}

fn pass() -> Pass<f64> {
    Pass::without_model(&mut Rng::new(Seed(1)))
}

fn apply(sample: &Sample, pass: &mut Pass<f64>) -> Tensor<f64> {
    let inputs: Vec<_> = sample.inputs.iter().cloned().map(Var::constant).collect();
    let y = (sample.apply)(&inputs, pass).expect("samples fit");
    y.value().expect("not a dry run").clone()
}

#[test]
fn every_gradient_agrees_with_difference_quotients() {
    for operation in OPERATIONS {
        for seed in 0..12 {
            let sample = sample(operation, seed);
            gradcheck(&sample.inputs, &sample.apply).unwrap_or_else(|error| {
                panic!("{}, seed {seed}: {error}\ninputs: {:?}", operation.name, sample.inputs)
            });
        }
    }
}

#[test]
fn every_shape_rule_agrees_with_its_kernel() {
    for operation in OPERATIONS {
        for seed in 0..12 {
            let sample = sample(operation, seed);
            let mut dry = Pass::<f64>::dry_run_without_model();
            let inputs: Vec<_> =
                sample.inputs.iter().map(|x| dry.shape(x.shape()).expect("a dry run")).collect();
            let shape = (sample.apply)(&inputs, &mut dry).expect("samples fit").shape();
            assert_eq!(
                shape,
                apply(&sample, &mut pass()).shape(),
                "{}, seed {seed}",
                operation.name
            );
        }
    }
}

#[test]
fn only_wanted_gradients_are_computed() {
    for operation in OPERATIONS {
        for seed in 0..4 {
            let sample = sample(operation, seed);
            for wanted in 0..sample.inputs.len() {
                let mut pass = pass();
                let vars: Vec<_> = sample
                    .inputs
                    .iter()
                    .enumerate()
                    .map(|(place, x)| match place == wanted {
                        true => pass.input(x.clone()),
                        false => Var::constant(x.clone()),
                    })
                    .collect();
                let loss = (sample.apply)(&vars, &mut pass).expect("samples fit").sum();
                let grads = pass.backward(&loss).expect("one input needs a gradient");
                for (place, var) in vars.iter().enumerate() {
                    assert_eq!(grads.wrt(var).is_some(), place == wanted, "{}", operation.name);
                }
            }
        }
    }
}

#[test]
fn declarations_are_complete_and_unique() {
    let mut names: Vec<_> = OPERATIONS.iter().map(|operation| operation.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), OPERATIONS.len());
    for operation in OPERATIONS {
        assert!(!operation.equation.is_empty() && !operation.gradient.is_empty());
    }
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn prop_every_operation_agrees_with_its_naive_reference(seed in any::<u64>()) {
        for operation in OPERATIONS {
            let sample = sample(operation, seed);
            let (y, expected) = (apply(&sample, &mut pass()), (sample.reference)(&sample.inputs));
            prop_assert_eq!(y.shape(), expected.shape(), "{}", operation.name);
            let scale = expected.as_slice().iter().fold(1.0, |scale: f64, x| scale.max(x.abs()));
            for (y, expected) in y.as_slice().iter().zip(expected.as_slice()) {
                prop_assert!((y - expected).abs() <= 1e-12 * scale, "{}: {y} {expected}", operation.name);
            }
        }
    }

    #[test]
    fn prop_every_gradient_holds_along_random_problems(seed in any::<u64>()) {
        for operation in OPERATIONS {
            let sample = sample(operation, seed);
            let checked = gradcheck(&sample.inputs, &sample.apply);
            prop_assert!(checked.is_ok(), "{}: {}", operation.name, checked.unwrap_err());
        }
    }
}
