//! Dropout: what its mask depends on, and what it leaves alone.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Rng, Seed, Tensor};

use crate::support::error_of;

const N: usize = 100_000;

fn train(seed: u64) -> Pass {
    Pass::without_model(&mut Rng::new(Seed(seed)))
}

fn dropped(p: f64, pass: &mut Pass) -> Tensor {
    Var::constant(Tensor::ones([N])).dropout(p, pass).unwrap().value().unwrap().clone()
}

#[test]
fn the_mask_follows_from_the_seed_and_the_call() {
    let (mut one, mut other, mut third) = (train(7), train(7), train(8));
    let first = dropped(0.5, &mut one);
    assert_eq!(first, dropped(0.5, &mut other));
    assert_ne!(first, dropped(0.5, &mut third));
    let second = dropped(0.5, &mut one);
    assert_ne!(first, second);
    assert_eq!(second, dropped(0.5, &mut other));
}

/// Two masks of one pass agree as often as chance has it: in half of all places, ± three standard
/// errors.
#[test]
fn masks_of_two_calls_are_independent() {
    let mut pass = train(3);
    let (a, b) = (dropped(0.5, &mut pass), dropped(0.5, &mut pass));
    let same = a.as_slice().iter().zip(b.as_slice()).filter(|(a, b)| a == b).count() as f64;
    let n = N as f64;
    assert!((same - n / 2.0).abs() < 3.0 * (n / 4.0).sqrt(), "{same}");
}

/// The next step draws another number from the same generator, and so another mask.
#[test]
fn each_pass_of_a_run_has_masks_of_its_own() {
    let mut rng = Rng::new(Seed(7));
    let mut masks = [(); 2].map(|()| dropped(0.5, &mut Pass::without_model(&mut rng)));
    assert_ne!(masks[0], masks[1]);
    // The state of the generator is all that a resumed run needs.
    let state = rng.state();
    let next = dropped(0.5, &mut Pass::without_model(&mut rng));
    masks[0] = dropped(0.5, &mut Pass::without_model(&mut Rng::from_state(state)));
    assert_eq!(masks[0], next);
}

#[test]
fn the_mean_stays() {
    let x = dropped(0.3, &mut train(7));
    let kept = x.as_slice().iter().filter(|&&x| x != 0.0).count();
    assert!(x.as_slice().iter().all(|&x| x == 0.0 || (x - 1.0 / 0.7).abs() < 1e-6));
    // Three standard errors.
    assert!((kept as f64 / N as f64 - 0.7).abs() < 3.0 * (0.21 / N as f64).sqrt(), "{kept}");
}

#[test]
fn the_gradient_has_the_same_mask() {
    let mut pass = train(7);
    let x = pass.input(Tensor::ones([N]));
    let y = x.clone().dropout(0.5, &mut pass).unwrap();
    let grads = pass.backward(&y.sum()).unwrap();
    assert_eq!(grads.wrt(&x).unwrap(), y.value().unwrap());
}

#[test]
fn off_in_evaluation_and_at_0() {
    let mut eval = Pass::eval(&());
    assert_eq!(dropped(0.5, &mut eval), Tensor::ones([N]));
    assert_eq!(dropped(0.0, &mut train(7)), Tensor::ones([N]));
}

#[test]
fn everything_is_dropped_at_1() {
    let mut pass = train(7);
    let x = pass.input(Tensor::ones([N]));
    let y = x.clone().dropout(1.0, &mut pass).unwrap();
    assert_eq!(y.value().unwrap(), &Tensor::zeros([N]));
    let grads = pass.backward(&y.sum()).unwrap();
    assert_eq!(grads.wrt(&x).unwrap(), &Tensor::zeros([N]));
}

#[test]
fn no_probability_is_refused_in_every_mode() {
    for p in [-0.1, 1.5, f64::NAN] {
        for mut pass in [train(7), Pass::eval(&()), Pass::dry_run(&())] {
            let x = Var::constant(Tensor::ones([2]));
            assert_eq!(
                error_of(x.dropout(p, &mut pass)),
                format!("dropout: the probability is {p}; it should be between 0 and 1"),
            );
        }
    }
}
