//! Arithmetic of two values: broadcasting, values that are used more than once, and operators.

use plywood_autodiff::Var;
use plywood_tensor::Tensor;

use crate::support::{error_of, pass, with_gradient, with_gradients};

#[test]
fn what_broadcasting_repeats_is_summed_in_the_gradient() {
    let inputs = [Tensor::from([[1.0], [2.0]]), Tensor::from([10.0, 20.0, 30.0])];
    let dy = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let (y, gradients) = with_gradients::<f32>(&inputs, &dy, |x| x[0].mul(&x[1]));
    assert_eq!(y, Tensor::from([[10.0, 20.0, 30.0], [20.0, 40.0, 60.0]]));
    assert_eq!(gradients[0], Tensor::from([[10.0 + 40.0 + 90.0], [40.0 + 100.0 + 180.0]]));
    assert_eq!(gradients[1], Tensor::from([1.0 + 8.0, 2.0 + 10.0, 3.0 + 12.0]));
}

#[test]
fn a_scalar_broadcasts_against_anything() {
    let inputs = [Tensor::scalar(2.0), Tensor::from([[1.0, 2.0], [3.0, 4.0]])];
    let ones = Tensor::ones([2, 2]);
    let (y, gradients) = with_gradients::<f32>(&inputs, &ones, |x| x[1].div(&x[0]));
    assert_eq!(y, Tensor::from([[0.5, 1.0], [1.5, 2.0]]));
    assert_eq!(gradients[0], Tensor::scalar(-10.0 / 4.0));
}

#[test]
fn shared_subexpressions_add_up() {
    // y = (x + 1) · (x + 1) + x, written with one (x + 1) that is used twice: dy/dx = 2x + 3.
    let x = Tensor::from([1.0, -2.0]);
    let (_, gradient) = with_gradient::<f32>(&x, &Tensor::ones([2]), |x| {
        let shared = x.clone() + 1.0;
        shared.mul(&shared)?.add(x)
    });
    assert_eq!(gradient, Tensor::from([5.0, -1.0]));
}

/// In 20 doublings a walk along each path would take a million steps.
#[test]
fn a_value_that_is_used_by_many_is_walked_once() {
    let mut pass = pass::<f64>();
    let x = pass.input(Tensor::scalar(1.0));
    let mut y = x.clone();
    for _ in 0..20 {
        y = y.add(&y).unwrap();
    }
    let grads = pass.backward(&y).unwrap();
    assert_eq!(grads.wrt(&x).unwrap().item().unwrap(), f64::from(1 << 20));
}

#[test]
fn equal_operands_share_the_gradient_of_a_maximum() {
    let inputs = [Tensor::from([1.0, 2.0, 3.0]), Tensor::from([1.0, 3.0, 2.0])];
    let ones = Tensor::ones([3]);
    let (y, gradients) = with_gradients::<f32>(&inputs, &ones, |x| x[0].maximum(&x[1]));
    assert_eq!(y, Tensor::from([1.0, 3.0, 3.0]));
    assert_eq!(gradients, [Tensor::from([0.5, 0.0, 1.0]), Tensor::from([0.5, 1.0, 0.0])]);
    let (y, gradients) = with_gradients::<f32>(&inputs, &ones, |x| x[0].minimum(&x[1]));
    assert_eq!(y, Tensor::from([1.0, 2.0, 2.0]));
    assert_eq!(gradients, [Tensor::from([0.5, 1.0, 0.0]), Tensor::from([0.5, 0.0, 1.0])]);
}

/// PyTorch's choice, too: no operand is the smaller one, so both get the gradient.
#[test]
fn a_nan_gives_its_gradient_to_both_operands() {
    let nan = f32::NAN;
    let inputs = [Tensor::from([nan, 1.0, nan, 2.0]), Tensor::from([1.0, nan, nan, 1.0])];
    let dy = Tensor::from([2.0, 3.0, 4.0, 5.0]);
    let (y, gradients) = with_gradients(&inputs, &dy, |x| x[0].maximum(&x[1]));
    assert_eq!(y.as_slice()[3], 2.0);
    assert!(y.as_slice()[..3].iter().all(|y| y.is_nan()));
    let [all, without] = [[2.0, 3.0, 4.0, 5.0], [2.0, 3.0, 4.0, 0.0]].map(Tensor::from);
    assert_eq!(gradients, [all.clone(), without.clone()]);
    let (_, gradients) = with_gradients(&inputs, &dy, |x| x[0].minimum(&x[1]));
    assert_eq!(gradients, [without, all]);
}

/// The square of a divisor may be 0 or infinite where the gradient is neither.
#[test]
fn quotients_of_small_and_large_numbers_have_gradients() {
    let inputs = [[1e-25_f32, 1e25], [1e-25, 1e25]].map(Tensor::from);
    let (_, gradients) = with_gradients(&inputs, &Tensor::ones([2]), |x| x[0].div(&x[1]));
    for (gradient, expected) in gradients[1].as_slice().iter().zip([-1e25_f32, -1e-25]) {
        assert!((gradient / expected - 1.0).abs() < 1e-6, "{gradient} should be {expected}");
    }
}

#[test]
fn operators_are_the_methods() {
    let [a, b] =
        [[1.0, 4.0], [2.0, 8.0]].map(|numbers: [f32; 2]| Var::constant(Tensor::from(numbers)));
    let value = |x: Var| x.value().unwrap().clone();
    assert_eq!(value(&a + &b), value(a.add(&b).unwrap()));
    assert_eq!(value(&a - &b), value(a.sub(&b).unwrap()));
    assert_eq!(value(&a * &b), value(a.mul(&b).unwrap()));
    assert_eq!(value(a.clone() / &b), value(a.div(&b).unwrap()));
}

const MISFIT: &str = "[2] and [3] don't broadcast: 2 and 3 at axis -1; \
                      sizes must be equal or 1, counted from the last axis";

#[test]
fn methods_refuse_what_does_not_broadcast() {
    let [a, b] = [2, 3].map(|size: usize| Var::constant(Tensor::zeros(size)));
    assert_eq!(error_of(a.add(&b)), format!("add: {MISFIT}"));
    assert_eq!(error_of(a.sub(&b)), format!("sub: {MISFIT}"));
    assert_eq!(error_of(a.mul(&b)), format!("mul: {MISFIT}"));
    assert_eq!(error_of(a.div(&b)), format!("div: {MISFIT}"));
    assert_eq!(error_of(a.maximum(&b)), format!("maximum: {MISFIT}"));
    assert_eq!(error_of(a.minimum(&b)), format!("minimum: {MISFIT}"));
}

#[test]
fn operators_panic_with_the_same_text() {
    let panic = std::panic::catch_unwind(|| {
        let [a, b] = [2, 3].map(|size: usize| Var::constant(Tensor::zeros(size)));
        &a + &b
    });
    let text = panic.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(*text, format!("add: {MISFIT}"));
}
