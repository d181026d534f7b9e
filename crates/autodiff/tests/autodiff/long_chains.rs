//! Chains of operations that a recursive walk, or a recursive drop, would overflow the stack on.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::Tensor;

use crate::support::pass;

const LONG: usize = 200_000;

/// `x → (x + 1) / 2` and so on: each operation keeps what its gradient needs.
fn chain(x: &Var, pass: &mut Pass) -> Var {
    let shift = pass.input(Tensor::scalar(0.0));
    let mut y = x.clone();
    for place in 0..LONG {
        y = match place % 4 {
            0 => y.add(&shift).unwrap(),
            1 => -y,
            2 => y.tanh(),
            _ => y.mul(&y).unwrap(),
        };
    }
    y
}

#[test]
fn going_back() {
    let mut pass = pass();
    let x = pass.input(Tensor::scalar(1.0));
    let y = chain(&x, &mut pass);
    let grads = pass.backward(&y).unwrap();
    assert!(grads.wrt(&x).is_some());
}

#[test]
fn dropped_without_going_back() {
    let mut pass = pass();
    let x = pass.input(Tensor::scalar(1.0));
    let y = chain(&x, &mut pass);
    // The values hold the tape too: whoever goes last drops all of it.
    drop(pass);
    drop(x);
    drop(y);
}

#[test]
fn going_back_from_the_middle() {
    let mut pass = pass();
    let x = pass.input(Tensor::scalar(1.0));
    let middle = x.clone() * 2.0;
    let y = chain(&middle, &mut pass);
    let grads = pass.backward(&middle).unwrap();
    assert_eq!(grads.wrt(&x).unwrap().item().unwrap(), 2.0);
    drop(y);
}

#[test]
fn without_a_tape() {
    let mut pass = Pass::eval(&());
    let x = Var::constant(Tensor::scalar(1.0));
    assert!(chain(&x, &mut pass).item().unwrap().is_finite());
}

#[test]
fn in_a_dry_run() {
    let mut pass = Pass::dry_run(&());
    let x = pass.shape([1]).unwrap();
    chain(&x, &mut pass);
    assert_eq!(pass.trace().len(), LONG);
}
