//! Softmax and its logarithm against their definitions and PyTorch.

use plywood_tensor::{
    Float, Targets, Tensor, cross_entropy, cross_entropy_grad, cross_entropy_losses,
};
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
    gradients::<T>(&expected, axis, tolerance);
}

/// The gradients against their equations, from a result of each.
fn gradients<T: Float>(y: &Tensor<f64>, axis: isize, tolerance: f64) {
    let dy = y.map(|y| (y * 77.0).sin());
    let place = y.shape().axis(axis).unwrap() as isize;
    let sums = |x: &Tensor<f64>| x.sum_axes(&[axis]).unwrap().unsqueeze(place).unwrap();
    let expected = &(y * &dy) - &(y * &sums(&(y * &dy)));
    agree(&y.cast::<T>().softmax_grad(&dy.cast(), axis).unwrap(), &expected, tolerance);
    let expected = &dy - &(y * &sums(&dy));
    let logarithms = y.ln().cast::<T>();
    agree(&logarithms.log_softmax_grad(&dy.cast(), axis).unwrap(), &expected, 2.0 * tolerance);
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

/// The loss that doesn't round differs from a plain one by what the latter loses.
#[test]
fn cross_entropy_is_what_it_says() {
    let (n, classes) = (37, 501);
    let scores = crate::support::noise::<f64>(3, &[n, classes]).map(|x| 20.0 * x);
    let labels: Vec<u32> = (0..n as u32).map(|sample| sample * 31 % 501).collect();
    for smoothing in [0.0, 0.1, 1.0] {
        let targets = Targets { labels: labels.clone().into(), smoothing };
        let dy = crate::support::noise::<f64>(4, &[n]);
        let y = scores.softmax(1).unwrap();
        let q = Tensor::from_fn([n, classes], |at| {
            let hit = labels[at[0]] as usize == at[1];
            smoothing / classes as f64 + if hit { 1.0 - smoothing } else { 0.0 }
        });
        let losses = &q * &scores.log_softmax(1).unwrap() * -1.0;
        let dx = (&y - &q) * &dy.reshape([n, 1]).unwrap();
        let (actual, probabilities) = cross_entropy(&scores.cast::<f32>(), &targets).unwrap();
        agree(&actual, &losses.sum_axes(&[1]).unwrap(), 1e-5);
        assert_eq!(cross_entropy_losses(&scores.cast::<f32>(), &targets).unwrap(), actual);
        agree(&probabilities, &y, 1e-5);
        agree(&cross_entropy_grad(probabilities, &targets, &dy.cast()).unwrap(), &dx, 1e-5);
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

/// What is left of large scores that differ little is not lost in them.
#[test]
fn logarithms_of_large_scores_keep_their_digits() {
    let x = Tensor::from([[20_000.0_f32, 19_990.0]]);
    let small = (-10_f64).exp().ln_1p();
    // The sum of exponentials is 1 and a little, of which single precision keeps three digits.
    let agrees = |actual: f64, expected: f64| {
        assert!((actual / expected - 1.0).abs() < 2e-3, "{actual} should be {expected}");
    };
    let logarithms = f64s(&x.log_softmax(1).unwrap());
    agrees(logarithms[0], -small);
    assert!((logarithms[1] + 10.0 + small).abs() < 1e-6, "{}", logarithms[1]);
    for (smoothing, expected) in [(0.0, small), (1e-6, small + 5e-6)] {
        let targets = Targets { labels: Tensor::from([0_u32]), smoothing };
        let (losses, _) = cross_entropy(&x, &targets).unwrap();
        agrees(losses.as_slice()[0].into(), expected);
    }
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
