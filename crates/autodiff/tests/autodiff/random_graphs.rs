//! Random graphs of operations: working in place never shows, neither in a value that somebody
//! holds nor in any gradient.

use plywood_autodiff::Var;
use plywood_tensor::{Rng, Seed, Tensor};
use plywood_testkit::{assert_same_bits, cases};
use proptest::prelude::*;

use crate::support::pass;

/// One step of a random program: an operation, on which of the values so far, and whether it takes
/// its operand away or a clone of it.
#[derive(Clone, Debug)]
struct Step {
    operation: u8,
    operands: [prop::sample::Index; 2],
    takes: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0_u8..18, any::<[prop::sample::Index; 2]>(), any::<bool>())
        .prop_map(|(operation, operands, takes)| Step { operation, operands, takes });
    prop::collection::vec(step, 1..24)
}

/// Every value is `[4, 4]`, and stays near 1.
fn apply(operation: u8, x: Var<f64>, other: &Var<f64>) -> Var<f64> {
    match operation {
        0 => x.tanh(),
        1 => x.sigmoid(),
        2 => x.relu(),
        3 => -x,
        4 => x * 0.5,
        5 => x.softplus(),
        6 => x.gelu(),
        7 => x.clamp(-0.5, 0.75).exp(),
        8 => x.softsign().square(),
        9 => x.add(other).unwrap() * 0.5,
        10 => x.mul(other).unwrap().tanh(),
        11 => x.sub(other).unwrap() * 0.5,
        12 => x.maximum(other).unwrap(),
        13 => x.matmul(other.t()).unwrap().tanh(),
        14 => x.softmax(-1).unwrap(),
        15 => x.transpose(0, 1).unwrap(),
        16 => x.reshape([16]).unwrap().reshape([4, 4]).unwrap(),
        _ => x.detach().div(&(other.clone().square() + 1.0)).unwrap(),
    }
}

/// A value that somebody holds, and what it was when they began to.
struct Held {
    value: Tensor<f64>,
    was: Vec<f64>,
}

impl Held {
    fn new(value: &Tensor<f64>) -> Self {
        Self { value: value.clone(), was: value.to_vec() }
    }
}

/// Runs the program; gives its result and the gradients of its inputs. With `hold`, every value is
/// held by a clone to the end, so that nothing can be done in place.
fn run(steps: &[Step], seed: u64, hold: bool) -> Vec<Tensor<f64>> {
    let mut rng = Rng::new(Seed(seed));
    let mut pass = pass();
    let inputs: Vec<Tensor<f64>> = (0..3).map(|_| rng.normal([4, 4], 0.0, 1.0)).collect();
    let mut held: Vec<Held> = inputs.iter().map(Held::new).collect();
    let vars: Vec<Var<f64>> = inputs.into_iter().map(|input| pass.input(input)).collect();
    let mut values = vars.clone();
    for step in steps {
        let [first, second] = step.operands.map(|index| index.index(values.len()));
        let other = values[second].clone();
        let x = match step.takes && values.len() > 2 {
            true => values.swap_remove(first),
            false => values[first].clone(),
        };
        let y = apply(step.operation, x, &other);
        if hold || step.takes {
            held.push(Held::new(y.value().unwrap()));
        }
        values.push(y);
        for held in &held {
            assert_same_bits(held.value.as_slice(), &held.was);
        }
    }
    let mut loss = vars[0].sum() * 0.1;
    for value in &values {
        loss = loss.add(&value.mean()).unwrap();
    }
    let grads = pass.backward_partial(&loss).unwrap();
    for held in &held {
        assert_same_bits(held.value.as_slice(), &held.was);
    }
    let mut results = vec![loss.value().unwrap().clone()];
    results.extend(vars.iter().filter_map(|var| grads.wrt(var)).cloned());
    results
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_working_in_place_never_shows(steps in steps(), seed: u64) {
        let (free, held) = (run(&steps, seed, false), run(&steps, seed, true));
        prop_assert_eq!(free.len(), held.len());
        for (free, held) in free.iter().zip(&held) {
            assert_same_bits(free.as_slice(), held.as_slice());
        }
    }
}
