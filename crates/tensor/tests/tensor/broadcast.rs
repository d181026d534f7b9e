//! Elementwise operations against NumPy's rule, an element at a time.

use plywood_tensor::{Element, Float, Tensor};
use plywood_testkit::{Array, arrays, assert_close, broadcast_shapes, cases, noise, numbers};
use proptest::prelude::*;

use crate::support::{agree, f64s, places, shape, tensor, tolerance};

/// The element that `place` of a larger shape sees.
fn seen<T: Element>(operand: &Tensor<T>, place: &[usize]) -> T {
    let own = operand.shape();
    let last = &place[place.len() - own.rank()..];
    let index: Vec<usize> = last
        .iter()
        .zip(own.iter())
        .map(|(&index, &size)| if size == 1 { 0 } else { index })
        .collect();
    operand.get(&index).unwrap()
}

/// Two operands and the shape they broadcast to.
fn operands() -> impl Strategy<Value = (Array, Array, Vec<usize>)> {
    broadcast_shapes(0..=4, 0..=4).prop_flat_map(|shapes| {
        let numbers = |shape: Vec<usize>| {
            numbers(shape.iter().product())
                .prop_map(move |values| Array { shape: shape.clone(), values })
        };
        (numbers(shapes.left), numbers(shapes.right), Just(shapes.result))
    })
}

fn zips<T: Float>(left: &Array, right: &Array, result: &[usize]) {
    let (a, b) = (tensor::<T>(left), tensor::<T>(right));
    let naive = |f: fn(T, T) -> T| {
        let elements =
            places(result).iter().map(|place| f(seen(&a, place), seen(&b, place))).collect();
        Tensor::from_vec(elements, shape(result)).unwrap()
    };
    assert_eq!(a.add(&b).unwrap(), naive(|a, b| a + b));
    assert_eq!(a.sub(&b).unwrap(), naive(|a, b| a - b));
    assert_eq!(a.mul(&b).unwrap(), naive(|a, b| a * b));
    assert_eq!(a.maximum(&b).unwrap(), naive(T::maximum));
    assert_eq!(a.minimum(&b).unwrap(), naive(T::minimum));
    assert_eq!(&a + &b, naive(|a, b| a + b));
    assert_eq!(a.clone() - &b, naive(|a, b| a - b));
    // 0 / 0 is NaN, which equals nothing.
    let quotients = naive(|a, b| a / b);
    assert_eq!(a.div(&b).unwrap().shape(), quotients.shape());
    assert_close(&f64s(&a.div(&b).unwrap()), &f64s(&quotients), 0.0);
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_zip_broadcasts_as_numpy_does((left, right, result) in operands()) {
        zips::<f32>(&left, &right, &result);
        zips::<f64>(&left, &right, &result);
    }

    #[test]
    fn prop_broadcast_to_repeats_elements((left, _, result) in operands()) {
        let x = tensor::<f32>(&left);
        let repeated = x.broadcast_to(shape(&result)).unwrap();
        let expected = places(&result).iter().map(|place| seen(&x, place)).collect();
        prop_assert_eq!(repeated, Tensor::from_vec(expected, shape(&result)).unwrap());
    }

    /// ⟨broadcast(x), y⟩ = ⟨x, sum_to(y)⟩ for all `y` says that one is the other's gradient.
    #[test]
    fn prop_sum_to_is_the_gradient_of_broadcasting((x, _, result) in operands(), seed: u64) {
        let x = tensor::<f64>(&x);
        let y = tensor::<f64>(&Array {
            values: noise(seed, result.iter().product()),
            shape: result.clone(),
        });
        let sums = y.sum_to(x.shape()).unwrap();
        prop_assert_eq!(sums.shape(), x.shape());
        let forward = x.broadcast_to(shape(&result)).unwrap().mul(&y).unwrap().sum();
        assert_close(&[x.mul(&sums).unwrap().sum()], &[forward], 1e-12);
    }

    #[test]
    fn prop_comparisons_and_choosing((left, right, result) in operands()) {
        let (a, b) = (tensor::<f32>(&left), tensor::<f32>(&right));
        let larger = a.gt(&b).unwrap();
        let chosen = larger.choose(&a, &b).unwrap();
        prop_assert_eq!(chosen, a.maximum(&b).unwrap());
        let [equal, unequal, at_least, below, at_most] = [
            a.eq_elements(&b), a.ne_elements(&b), a.ge(&b), a.lt(&b), a.le(&b),
        ].map(Result::unwrap);
        for (place, index) in places(&result).into_iter().enumerate() {
            let (x, y) = (seen(&a, &index), seen(&b, &index));
            prop_assert_eq!(larger.as_slice()[place], x > y);
            prop_assert_eq!(equal.as_slice()[place], x == y);
            prop_assert_eq!(unequal.as_slice()[place], x != y);
            prop_assert_eq!(at_least.as_slice()[place], x >= y);
            prop_assert_eq!(below.as_slice()[place], x < y);
            prop_assert_eq!(at_most.as_slice()[place], x <= y);
        }
        let larger_count = larger.as_slice().iter().filter(|&&x| x).count();
        prop_assert_eq!(larger.count(), larger_count);
    }

    #[test]
    fn prop_in_place_gives_the_same(x in arrays(plywood_testkit::shapes(0..=3, 0..=4)), seed: u64) {
        let a = tensor::<f32>(&x);
        let b = tensor::<f32>(&Array { values: noise(seed, x.values.len()), shape: x.shape });
        let sum = a.add(&b).unwrap();
        let mut alone = a.map(|x| x);
        alone.add_assign(&b).unwrap();
        prop_assert_eq!(&alone, &sum);
        // Shared with `a`, and added to itself.
        let mut shared = a.clone();
        shared.add_assign(&b).unwrap();
        prop_assert_eq!(&shared, &sum);
        let mut twice = a.clone();
        twice.add_assign(&a).unwrap();
        prop_assert_eq!(&twice, &(&a * 2.0));
        prop_assert_eq!(&a, &tensor::<f32>(&Array { shape: a.shape().to_vec(), values: x.values }));
    }
}

#[test]
fn runs_longer_than_a_task_are_joined() {
    // 3 · 70,000 elements: several tasks, whose borders lie in the middle of rows.
    let row = crate::support::noise::<f32>(1, &[70_000]);
    let column = crate::support::noise::<f32>(2, &[3, 1]);
    let sum = &column + &row;
    for (index, line) in sum.as_slice().chunks(70_000).enumerate() {
        let x = column.as_slice()[index];
        assert!(line.iter().zip(row.as_slice()).all(|(&sum, &y)| sum == x + y));
    }
    let repeated = column.broadcast_to([3, 70_000]).unwrap();
    assert_eq!(&repeated + &row, sum);
}

#[test]
fn functions_of_one_number() {
    let x = crate::support::noise::<f64>(3, &[4, 7]);
    let single = x.cast::<f32>();
    type Function = (fn(&Tensor<f64>) -> Tensor<f64>, fn(&Tensor) -> Tensor, fn(f64) -> f64);
    let functions: [Function; 6] = [
        (Tensor::exp, Tensor::exp, f64::exp),
        (|x| x.abs().ln(), |x| x.abs().ln(), |x| x.abs().ln()),
        (|x| x.abs().sqrt(), |x| x.abs().sqrt(), |x| x.abs().sqrt()),
        (Tensor::abs, Tensor::abs, f64::abs),
        (|x| -x, |x| -x, |x| -x),
        (|x| x.clamp(-0.5, 0.25), |x| x.clamp(-0.5, 0.25), |x| x.clamp(-0.5, 0.25)),
    ];
    for (double, float, function) in functions {
        let expected = x.map(function);
        agree(&double(&x), &expected, tolerance::<f64>(0));
        agree(&float(&single), &expected, tolerance::<f32>(0));
    }
}
