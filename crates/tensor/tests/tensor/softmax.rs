//! Softmax and its logarithm against their definitions and PyTorch.

use plywood_tensor::{Float, Tensor};
use plywood_testkit::{Array, arrays, assert_close, axis_of, cases, fixtures, shapes};
use proptest::prelude::*;

use crate::support::{agree, f64s, places, tensor, tolerance};

/// An array and one of its axes.
fn lines() -> impl Strategy<Value = (Array, isize)> {
    axis_of(shapes(1..=4, 0..=5)).prop_flat_map(|(shape, axis)| (arrays(Just(shape)), Just(axis)))
}

/// `exp(xᵢ) / Σ exp(xⱼ)`: the numbers are small enough not to overflow.
fn naive(array: &Array, axis: isize) -> Tensor<f64> {
    let x = tensor::<f64>(array);
    let axis = axis.rem_euclid(array.shape.len() as isize) as usize;
    let elements = places(&array.shape)
        .into_iter()
        .map(|place| {
            let at = |index: usize| {
                let mut place = place.clone();
                place[axis] = index;
                x.get(&place).unwrap().exp()
            };
            at(place[axis]) / (0..array.shape[axis]).map(at).sum::<f64>()
        })
        .collect();
    Tensor::from_vec(elements, x.shape()).unwrap()
}

fn check<T: Float>(array: &Array, axis: isize) {
    let x = tensor::<T>(array);
    let expected = naive(array, axis);
    let tolerance = tolerance::<T>(8);
    agree(&x.softmax(axis).unwrap(), &expected, tolerance);
    agree(&x.log_softmax(axis).unwrap(), &expected.ln(), tolerance);
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_softmax_is_what_it_says((array, axis) in lines()) {
        check::<f32>(&array, axis);
        check::<f64>(&array, axis);
    }

    /// Adding a number to all scores changes nothing, however large it is.
    #[test]
    fn prop_shifts_change_nothing((array, axis) in lines(), shift in -1000_i32..1000) {
        let x = tensor::<f64>(&array);
        let shifted = &x + f64::from(shift);
        agree(&shifted.softmax(axis).unwrap(), &x.softmax(axis).unwrap(), 1e-12);
        agree(&shifted.log_softmax(axis).unwrap(), &x.log_softmax(axis).unwrap(), 1e-12);
    }
}

#[test]
fn scores_of_any_size() {
    let x = Tensor::from([[1e30_f32, -1e30, 0.0], [f32::NEG_INFINITY, 0.0, 0.0]]);
    assert_eq!(x.softmax(1).unwrap(), Tensor::from([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]));
    let logarithms = x.log_softmax(1).unwrap();
    assert_close(
        &f64s(&logarithms),
        &[0.0, -2e30, -1e30, f64::NEG_INFINITY, -2_f64.ln(), -2_f64.ln()],
        1e-6,
    );
}

#[test]
fn agrees_with_pytorch() {
    let fixture = fixtures::load("softmax_losses");
    let x = tensor::<f64>(&fixture["softmax.input"]);
    for axis in [1, 2] {
        let expected = |name: &str| tensor(&fixture[&format!("{name}.axis{axis}.output")]);
        agree(&x.softmax(axis).unwrap(), &expected("softmax"), 1e-14);
        agree(&x.log_softmax(axis).unwrap(), &expected("log_softmax"), 1e-14);
        let single = x.cast::<f32>();
        agree(&single.softmax(axis - 3).unwrap(), &expected("softmax"), 1e-6);
    }
}
