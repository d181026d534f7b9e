//! Activations against PyTorch: values and gradients, also far out, where naive formulas overflow
//! or cancel.

use plywood_autodiff::Var;
use plywood_tensor::{Float, Tensor};
use plywood_testkit::{Array, assert_close, fixtures};

use crate::support::{CLOSE, tensor, with_gradient};

type Activation<T> = fn(Var<T>) -> Var<T>;

/// Each activation by its name in the fixture.
fn activations<T: Float>() -> [(&'static str, Activation<T>); 16] {
    [
        ("relu", Var::relu),
        ("leaky_relu", |x| x.leaky_relu(0.01)),
        ("elu", |x| x.elu(1.0)),
        ("selu", Var::selu),
        ("gelu", Var::gelu),
        ("gelu_tanh", Var::gelu_tanh),
        ("silu", Var::silu),
        ("sigmoid", Var::sigmoid),
        ("logsigmoid", Var::logsigmoid),
        ("tanh", Var::tanh),
        ("softplus", Var::softplus),
        ("hardswish", Var::hardswish),
        ("hardsigmoid", Var::hardsigmoid),
        ("relu6", Var::relu6),
        ("mish", Var::mish),
        ("softsign", Var::softsign),
    ]
}

fn agree_with_pytorch<T: Float>(tolerance: f64) {
    let fixture = fixtures::load("activations");
    // The middle, and the tails.
    for (input, output, grad) in
        [("input", "output", "grad"), ("tails", "tails_output", "tails_grad")]
    {
        let x: Tensor<T> = tensor(&fixture[input]);
        let ones = Tensor::full(x.shape(), T::ONE);
        for (name, f) in activations::<T>() {
            let (y, gradient) = with_gradient(&x, &ones, |x| Ok(f(x.clone())));
            let close = |what: &str, actual: &Tensor<T>, expected: &Array| {
                let actual: Vec<f64> = actual.as_slice().iter().map(|x| x.to_f64()).collect();
                eprintln!("{name}, {what} of {input}:"); // shown when the comparison fails
                // PyTorch takes the slope 1/6 of this one in single precision.
                let tolerance = if name == "hardsigmoid" { tolerance.max(1e-8) } else { tolerance };
                assert_close(&actual, &expected.values, tolerance);
            };
            close("values", &y, &fixture[&format!("{name}.{output}")]);
            close("gradients", &gradient, &fixture[&format!("{name}.{grad}")]);
        }
    }
}

#[test]
fn in_double_precision() {
    agree_with_pytorch::<f64>(CLOSE);
}

#[test]
fn in_single_precision() {
    agree_with_pytorch::<f32>(1e-5);
}

/// `assert_close` takes numbers below 1 absolutely. Here the tails count relatively: what a
/// function loses to cancellation would hide below an absolute tolerance.
#[test]
fn small_tails_keep_their_digits() {
    let fixture = fixtures::load("activations");
    let x: Tensor<f64> = tensor(&fixture["tails"]);
    let ones = Tensor::full(x.shape(), 1.0);
    for (name, f) in activations::<f64>() {
        // PyTorch computes tanh's and gelu's tails with cancellation itself.
        if !["sigmoid", "logsigmoid", "silu", "elu", "selu", "softsign"].contains(&name) {
            continue;
        }
        let (y, gradient) = with_gradient(&x, &ones, |x| Ok(f(x.clone())));
        for (actual, key) in [(&y, "tails_output"), (&gradient, "tails_grad")] {
            let expected = &fixture[&format!("{name}.{key}")].values;
            for (&actual, &expected) in actual.as_slice().iter().zip(expected) {
                let error = (actual - expected).abs();
                assert!(error <= 1e-10 * expected.abs(), "{name}.{key}: {actual:e} {expected:e}");
            }
        }
    }
}

/// At its kink a function has no derivative; these are PyTorch's choices.
#[test]
fn gradients_at_kinks_are_pytorchs() {
    let at = |x: f64, f: Activation<f64>| {
        let (_, gradient) =
            with_gradient(&Tensor::from([x]), &Tensor::from([1.0]), |x| Ok(f(x.clone())));
        gradient.as_slice()[0]
    };
    assert_eq!(at(0.0, Var::relu), 0.0);
    assert_eq!(at(-0.0, Var::relu), 0.0);
    assert_eq!(at(0.0, |x| x.leaky_relu(0.25)), 0.25);
    assert_eq!(at(0.0, Var::abs), 0.0);
    assert_eq!((at(0.0, Var::relu6), at(6.0, Var::relu6)), (0.0, 0.0));
    assert_eq!((at(-3.0, Var::hardsigmoid), at(3.0, Var::hardsigmoid)), (0.0, 0.0));
    assert_eq!((at(-3.0, Var::hardswish), at(3.0, Var::hardswish)), (0.0, 1.0));
    assert_eq!((at(-1.0, |x| x.clamp(-1.0, 1.0)), at(1.0, |x| x.clamp(-1.0, 1.0))), (1.0, 1.0));
}

/// The gradient 2 behind a NaN, as PyTorch 2.15 computes it. For some functions that is one thing in a
/// whole vector of eight and another in what is left over; which of the two it is here is said.
#[test]
fn gradients_at_nan_are_pytorchs() {
    fn behind(f: Activation<f32>) -> Vec<f32> {
        // As many as two vectors and three.
        let (x, dy) = (Tensor::full([19], f32::NAN), Tensor::full([19], 2.0));
        let (y, gradient) = with_gradient(&x, &dy, |x| Ok(f(x.clone())));
        assert!(y.as_slice().iter().all(|y| y.is_nan()));
        gradient.as_slice().to_vec()
    }
    let cases: [(&str, Activation<f32>, f32); 21] = [
        ("relu", Var::relu, 2.0),
        ("leaky_relu", |x| x.leaky_relu(0.25), 0.5),
        ("relu6", Var::relu6, 2.0),         // or 0
        ("hardswish", Var::hardswish, 2.0), // or NaN
        ("hardsigmoid", Var::hardsigmoid, 0.0),
        ("clamp", |x| x.clamp(-1.0, 1.0), 0.0),
        ("abs", Var::abs, 0.0),
        ("elu", |x| x.elu(1.3), f32::NAN), // or 2
        ("selu", Var::selu, f32::NAN),     // or 2.1
        ("gelu", Var::gelu, f32::NAN),
        ("gelu_tanh", Var::gelu_tanh, f32::NAN),
        ("silu", Var::silu, f32::NAN),
        ("sigmoid", Var::sigmoid, f32::NAN),
        ("logsigmoid", Var::logsigmoid, f32::NAN),
        ("tanh", Var::tanh, f32::NAN),
        ("softplus", Var::softplus, f32::NAN),
        ("softsign", Var::softsign, f32::NAN),
        ("mish", Var::mish, f32::NAN),
        ("square", Var::square, f32::NAN),
        ("sqrt", Var::sqrt, f32::NAN),
        ("exp", Var::exp, f32::NAN),
    ];
    for (name, f, expected) in cases {
        for gradient in behind(f) {
            let same = gradient == expected || gradient.is_nan() && expected.is_nan();
            assert!(same, "{name}: {gradient} instead of {expected}");
        }
    }
}

/// PyTorch's, too: where nothing goes back there is 0, not 0 times infinity.
#[test]
fn what_is_cut_off_gets_no_gradient_of_any_size() {
    let cases: [(Activation<f32>, f32); 7] = [
        (Var::relu, -5.0),
        (Var::relu6, -5.0),
        (Var::relu6, 7.0),
        (Var::hardsigmoid, -5.0),
        (Var::hardswish, -5.0),
        (|x| x.clamp(-1.0, 1.0), -5.0),
        (|x| x.maximum(&Var::constant(Tensor::scalar(0.0))).unwrap(), -5.0),
    ];
    for (case, (f, x)) in cases.into_iter().enumerate() {
        for bad in [f32::INFINITY, f32::NAN] {
            let (x, dy) = (Tensor::full([19], x), Tensor::full([19], bad));
            let (_, gradient) = with_gradient(&x, &dy, |x| Ok(f(x.clone())));
            assert_eq!(gradient, Tensor::zeros([19]), "case {case}");
        }
    }
}

#[test]
fn a_nan_comes_through_everything() {
    for (name, f) in activations::<f32>() {
        let y = f(Var::constant(Tensor::from([f32::NAN])));
        assert!(y.item().unwrap().is_nan(), "{name} hides a NaN");
    }
}

#[test]
fn the_lowest_power_has_a_slope() {
    let mut pass = crate::support::pass();
    let x = pass.input(Tensor::from([1.0, -1.0, 2.0]));
    let loss = x.clone().powi(i32::MIN).sum();
    let grads = pass.backward(&loss).unwrap();
    let n = i32::MIN as f32;
    assert_eq!(grads.wrt(&x), Some(&Tensor::from([n, -n, -0.0])));
}
