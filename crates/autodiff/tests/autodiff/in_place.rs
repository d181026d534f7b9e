//! Functions of one value take it over: they write into its memory when nobody else holds it, and
//! into new memory when somebody does.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::Tensor;

use crate::support::pass;

type Function = fn(Var, &mut Pass) -> Var;

/// Those whose gradient needs the result, or nothing: they work in place in training too.
const FROM_OUTPUT: [(&str, Function); 9] = [
    ("affine", |x, _| x.affine(2.0, 1.0)),
    ("neg", |x, _| -x),
    ("exp", |x, _| x.exp()),
    ("relu", |x, _| x.relu()),
    ("relu6", |x, _| x.relu6()),
    ("sigmoid", |x, _| x.sigmoid()),
    ("sqrt", |x, _| x.sqrt()),
    ("tanh", |x, _| x.tanh()),
    ("dropout", |x, pass| x.dropout(0.5, pass).unwrap()),
];

/// Those whose gradient needs the input, which training keeps.
const FROM_INPUT: [(&str, Function); 17] = [
    ("abs", |x, _| x.abs()),
    ("clamp", |x, _| x.clamp(-1.0, 1.0)),
    ("elu", |x, _| x.elu(1.0)),
    ("gelu", |x, _| x.gelu()),
    ("gelu_tanh", |x, _| x.gelu_tanh()),
    ("hardsigmoid", |x, _| x.hardsigmoid()),
    ("hardswish", |x, _| x.hardswish()),
    ("leaky_relu", |x, _| x.leaky_relu(0.1)),
    ("ln", |x, _| x.ln()),
    ("logsigmoid", |x, _| x.logsigmoid()),
    ("mish", |x, _| x.mish()),
    ("powi", |x, _| x.powi(3)),
    ("selu", |x, _| x.selu()),
    ("silu", |x, _| x.silu()),
    ("softplus", |x, _| x.softplus()),
    ("softsign", |x, _| x.softsign()),
    ("square", |x, _| x.square()),
];

fn numbers() -> Tensor {
    Tensor::linspace(0.5, 2.0, 1000)
}

/// Whether the result lies where the input lay.
fn stays(f: Function, x: Var, pass: &mut Pass) -> bool {
    let address = x.value().unwrap().address();
    f(x, pass).value().unwrap().address() == address
}

#[test]
fn a_value_that_nobody_else_holds_is_overwritten() {
    for (name, f) in FROM_OUTPUT.into_iter().chain(FROM_INPUT) {
        assert!(stays(f, Var::constant(numbers()), &mut pass()), "{name} of a constant copies");
    }
}

#[test]
fn also_on_the_tape_unless_the_gradient_needs_the_input() {
    for (name, f) in FROM_OUTPUT {
        let mut pass = pass();
        let x = pass.input(numbers());
        assert!(stays(f, x, &mut pass), "{name} copies in training");
    }
    for (name, f) in FROM_INPUT {
        let mut pass = pass();
        let x = pass.input(numbers());
        assert!(!stays(f, x, &mut pass), "{name} overwrites what its gradient needs");
    }
}

#[test]
fn a_value_that_somebody_holds_stays_as_it_is() {
    for (name, f) in FROM_OUTPUT.into_iter().chain(FROM_INPUT) {
        let held = Var::constant(numbers());
        assert!(!stays(f, held.clone(), &mut pass()), "{name}");
        assert_eq!(held.value().unwrap(), &numbers(), "{name} changed what is held");
        // Held as a tensor rather than as a value.
        let held = numbers();
        f(Var::constant(held.clone()), &mut pass());
        assert_eq!(held, numbers(), "{name} changed what is held");
    }
}

#[test]
fn operators_with_a_number_work_in_place() {
    let x = Var::constant(numbers());
    let address = x.value().unwrap().address();
    let y = (((x + 1.0) * 2.0) - 3.0) / 4.0;
    assert_eq!(y.value().unwrap().address(), address);
}
