//! A single neuron: weights, a bias and an activation, and how it learns.
//!
//! Shows what a gradient is for. The neuron has to find out when a learner passes the driving
//! test, from two numbers: lessons taken, and hours of sleep the night before.
//!
//! Run it with `cargo run --example neuron`.

use plywood::layers::binary_cross_entropy_with_logits;
use plywood::prelude::*;
use plywood_examples::{finish, println};

/// `σ(w · x + b)`
#[derive(Params)]
struct Neuron {
    weight: Param, // [1, 2]
    bias: Param,   // [1]
}

impl Module for Neuron {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let (weight, bias) = (pass.param(&self.weight), pass.param(&self.bias));
        x.linear(&weight, Some(&bias)) // [N, 1]
    }
}

fn main() -> Result<()> {
    // Lessons (in tens) and sleep (in ten hours) of eight learners, and who passed.
    let learners = Tensor::from([
        [0.4, 0.8],
        [1.0, 0.3],
        [1.2, 0.5],
        [1.5, 0.4],
        [1.4, 0.8],
        [2.0, 0.6],
        [2.2, 0.7],
        [2.5, 0.9],
    ]);
    let passed = Tensor::from([[0.0], [0.0], [0.0], [0.0], [1.0], [1.0], [1.0], [1.0]]);

    let mut neuron =
        Neuron { weight: Param::new(Tensor::zeros([1, 2])), bias: Param::new(Tensor::zeros([1])) };
    let mut optimizer = SGD::new(2.0).momentum(0.9);
    let mut rng = Rng::new(Seed(7));
    for step in 0..=200 {
        let mut pass = Pass::train(&neuron, &mut rng);
        let score = neuron.forward(&Var::constant(learners.clone()), &mut pass)?;
        let loss = binary_cross_entropy_with_logits(&score, &passed)?;
        if step % 50 == 0 {
            println!("step {step:>3}  loss {:.4}", loss.item()?);
        }
        let grads = pass.backward(&loss)?;
        optimizer.step(&mut neuron, &grads)?;
    }

    println!("\nweights {}  bias {}", neuron.weight.value(), neuron.bias.value());
    for (lessons, sleep) in [(10.0, 8.0), (14.0, 6.0), (22.0, 8.0)] {
        let learner = Var::constant(Tensor::from([[lessons / 10.0, sleep / 10.0]]));
        let score = neuron.forward(&learner, &mut Pass::eval(&neuron))?;
        let probability = score.sigmoid().item()?;
        println!(
            "{lessons:>2} lessons, {sleep} h of sleep: passes with {:.1} %",
            probability * 100.0
        );
    }
    finish()
}
