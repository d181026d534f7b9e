//! What every operation is held to: each test goes through all declarations.

use plywood_tensor::{Float, Result, Rng, Seed, Shape, Tensor};
use plywood_testkit::cases;
use proptest::prelude::*;

use super::OPERATIONS;
use crate::declaration::Sample;
use crate::gradcheck::{gradcheck, gradgradcheck};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
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
fn a_function_that_bends_sharply_is_held_to_a_finer_step() {
    let operation =
        OPERATIONS.iter().find(|operation| operation.name == "gru").expect("it is listed");
    // Its quotient of step 1e-3 is off by 6e-6 of itself.
    let sample = sample(operation, 13_199_860_537_682_788_673);
    gradcheck(&sample.inputs, &sample.apply).expect("its gradient holds");
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

/// Those without a second derivative.
const FIRST_ORDER: [&str; 7] = [
    "scaled_dot_product_attention",
    "self_attention",
    "cross_attention",
    "map",
    "max_pool2d",
    "lstm",
    "gru",
];

#[test]
fn every_vjp_agrees_with_its_gradient() {
    for operation in OPERATIONS {
        for seed in 0..6 {
            let sample = sample(operation, seed);
            let mut pass = pass().higher_order();
            let vars: Vec<_> = sample.inputs.iter().map(|x| pass.input(x.clone())).collect();
            let y = (sample.apply)(&vars, &mut pass).expect("samples fit");
            let dy = Rng::new(Seed(2)).uniform(y.shape(), 0.5, 1.5);
            let wrt: Vec<_> = vars.iter().collect();
            let again = pass.gradients_from(&y, &Var::constant(dy.clone()), &wrt);
            let grads = pass.backward_from(&y, dy).expect("it has a gradient");
            if FIRST_ORDER.contains(&operation.name) {
                let text = again.unwrap_err().to_string();
                assert!(text.contains(operation.name), "{text}");
                assert!(text.contains("it has no second derivative"), "{text}");
                continue;
            }
            let again = again.unwrap_or_else(|error| panic!("{}: {error}", operation.name));
            for (var, again) in vars.iter().zip(again) {
                let (expected, again) = (grads.wrt(var).unwrap(), again.value().unwrap());
                let scale = expected.as_slice().iter().fold(1.0, |s: f64, x| s.max(x.abs()));
                for (expected, again) in expected.as_slice().iter().zip(again.as_slice()) {
                    let near = (expected - again).abs() <= 1e-11 * scale;
                    assert!(near, "{}, seed {seed}: {expected} {again}", operation.name);
                }
            }
        }
    }
}

#[test]
fn every_second_derivative_agrees_with_difference_quotients() {
    for operation in OPERATIONS {
        if FIRST_ORDER.contains(&operation.name) {
            continue;
        }
        for seed in 0..3 {
            let sample = sample(operation, seed);
            gradgradcheck(&sample.inputs, &sample.apply).unwrap_or_else(|error| {
                panic!("{}, seed {seed}: {error}\ninputs: {:?}", operation.name, sample.inputs)
            });
        }
    }
}

#[test]
fn what_is_computed_again_has_the_same_bits() {
    for operation in OPERATIONS {
        for seed in 0..4 {
            let sample = sample(operation, seed);
            let grads = |recomputes: bool| {
                let mut pass = pass();
                let vars: Vec<_> = sample.inputs.iter().map(|x| pass.input(x.clone())).collect();
                let part = |pass: &mut Pass<f64>| {
                    (sample.apply)(&vars, pass)?.square().affine(0.5, 1.0).mul(&vars[0].sum())
                };
                let y = if recomputes { pass.recompute(part) } else { part(&mut pass) };
                let grads = pass.backward(&y.expect("samples fit").sum()).expect("differentiable");
                vars.iter().map(|var| grads.wrt(var).unwrap().to_vec()).collect::<Vec<_>>()
            };
            let bits = |all: Vec<Vec<f64>>| {
                all.into_iter().flatten().map(f64::to_bits).collect::<Vec<_>>()
            };
            assert_eq!(bits(grads(true)), bits(grads(false)), "{}, seed {seed}", operation.name);
        }
    }
}

/// An operation that nobody has declared.
#[derive(Debug)]
struct Undeclared;

impl<T: Float> Operation<T> for Undeclared {
    type Saved = ();

    fn name(&self) -> &'static str {
        "undeclared"
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        Ok(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, ())> {
        Ok((operands.take(0), ()))
    }

    fn gradient(&self, (): (), dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || Ok(dy))
    }
}

/// Which of two types `Probe` has a method of depends on whether the operation is listed: of one that is, both, and
/// that is ambiguous to the compiler.
#[test]
fn what_is_not_listed_cannot_be_recorded() {
    trait Probe<A> {
        fn probe() {}
    }
    struct Listed;
    impl<O> Probe<()> for O {}
    impl<O: crate::record::Listed<f32>> Probe<Listed> for O {}
    // With `Relu` instead this doesn't compile.
    <Undeclared as Probe<_>>::probe();
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
