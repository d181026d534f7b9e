//! Optimizers of `f64`: the steps of `f32` to its digits, and more of them.
#![cfg(test)]

use plywood_autodiff::{Param, Pass};
use plywood_optimizers::{
    Adam, AdamW, Average, Lookahead, Optimizer, RMSprop, SGD, clip_grad_norm, clip_grad_value,
    grad_norm,
};
use plywood_tensor::{Float, Rng, Seed, Tensor};

/// The weights after ten steps down Σ (w − 1)², clipped, and their average.
fn trained<T: Float>(mut optimizer: impl Optimizer<T>, mut average: Average<T>) -> [Vec<f64>; 2] {
    let mut weight = Param::new(Tensor::from(vec![T::of(0.1), T::of(-2.0), T::of(5.0)]));
    for _ in 0..10 {
        let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
        let loss = (pass.param(&weight) - 1.0).square().sum();
        let mut grads = pass.backward(&loss).unwrap();
        clip_grad_value(&mut grads, 7.0).unwrap();
        clip_grad_norm(&mut grads, 5.0).unwrap();
        assert!(grad_norm(&grads) < 5.001);
        optimizer.step(&mut weight, &grads).unwrap();
        average.update(&weight).unwrap();
    }
    let values = |weight: &Param<T>| weight.value().cast::<f64>().as_slice().to_vec();
    let last = values(&weight);
    average.apply_to(&mut weight).unwrap();
    [last, values(&weight)]
}

/// Asserts that both types take the same way, and that one has more digits.
#[track_caller]
fn agree(single: [Vec<f64>; 2], double: [Vec<f64>; 2]) {
    let (single, double) = (single.concat(), double.concat());
    for (single, double) in single.iter().zip(&double) {
        assert!((single - double).abs() < 2e-6 * double.abs().max(1.0), "{single} {double}");
    }
    let is_single = |x: &f64| f64::from(*x as f32) == *x;
    assert!(single.iter().all(is_single));
    assert!(!double.iter().all(is_single));
}

#[test]
fn every_rule_takes_the_same_steps() {
    macro_rules! both {
        ($($optimizer:expr),*) => { $(
            agree(
                trained($optimizer, Average::ema(0.9)),
                trained($optimizer.of_numbers::<f64>(), Average::ema(0.9).of_numbers()),
            );
        )* };
    }
    both!(
        SGD::new(0.05),
        SGD::new(0.05).momentum(0.9).dampening(0.1).weight_decay(0.01),
        SGD::new(0.05).momentum(0.9).nesterov(true),
        Adam::new(0.1).weight_decay(0.01),
        AdamW::new(0.1).amsgrad(true),
        RMSprop::new(0.05),
        RMSprop::new(0.05).momentum(0.5).centered(true)
    );
    agree(
        trained(Lookahead::new(SGD::new(0.05)).every(3), Average::swa()),
        trained(
            Lookahead::new(SGD::new(0.05).of_numbers::<f64>()).every(3),
            Average::swa().of_numbers(),
        ),
    );
}

#[test]
fn the_last_digits_are_right() {
    let mut weight = Param::new(Tensor::from([3.0_f64]));
    let mut optimizer = SGD::new(0.1).momentum(0.9).of_numbers::<f64>();
    let (mut x, mut v) = (3.0_f64, 0.0_f64);
    for _ in 0..5 {
        let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
        let loss = pass.param(&weight).square().sum();
        optimizer.step(&mut weight, &pass.backward(&loss).unwrap()).unwrap();
        v = 0.9 * v + 2.0 * x;
        x -= 0.1 * v;
        assert!((weight.value().item().unwrap() - x).abs() <= 1e-15, "{x}");
    }
}

#[test]
fn small_and_large_gradients_are_clipped_in_double_precision_too() {
    let weight = Param::new(Tensor::from([1e-170_f64, 2e-170]));
    let grads = || {
        let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
        let loss = pass.param(&weight).square().sum();
        pass.backward(&loss).unwrap()
    };
    let mut small = grads();
    assert_eq!(clip_grad_norm(&mut small, 1.0).unwrap(), 0.0, "squares of 1e-170 are 0");
    assert_eq!(small.of(&weight), Some(&Tensor::from([2e-170, 4e-170])));
    assert_eq!(clip_grad_value(&mut small, 3e-170).unwrap(), 1);
}
