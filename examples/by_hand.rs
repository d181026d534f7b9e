//! A network by hand: every step of training, one line each.
//!
//! Shows the open way: batches from a loader, a pass, the loss, the gradients, the optimizer's
//! step, and an evaluation without a tape. [`Trainer`] does the same in the short way.
//!
//! Run it with `cargo run --release --example by_hand`.

use plywood::prelude::*;
use plywood_examples::{finish, println};

/// Two layers: 64 pixels, 32 hidden numbers, 10 digits.
#[derive(Params)]
struct Network {
    fc1: Linear,
    fc2: Linear,
}

impl Module for Network {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.fc1.forward(&x.flatten()?, pass)?.relu(); // [N, 32]
        self.fc2.forward(&x, pass) // [N, 10]
    }
}

fn main() -> Result<()> {
    let [train, test] = Digits::embedded()?.split([0.8, 0.2], Seed(7))?;
    let mut rng = Rng::new(Seed(7));
    let mut model =
        Network { fc1: Linear::new(64, 32, &mut rng)?, fc2: Linear::new(32, 10, &mut rng)? };
    println!("{}\n", summary(&model, [1, 1, 8, 8])?);

    let loader = DataLoader::new(&train).batch_size(32).shuffle(Seed(7));
    let mut optimizer = SGD::new(0.1).momentum(0.9);
    for epoch in 0..10 {
        let mut sum = 0.0;
        for batch in loader.epoch(epoch) {
            let batch = batch?;
            let mut pass = Pass::train(&model, &mut rng); // tape, mode, randomness and names of one step
            let logits = model.forward(&Var::constant(batch.images), &mut pass)?;
            let loss = cross_entropy(&logits, &batch.labels)?;
            sum += loss.item()?;
            let grads = pass.backward(&loss)?; // names every parameter without a gradient
            optimizer.step(&mut model, &grads)?;
        }
        println!("epoch {:>2}  loss {:.4}", epoch + 1, sum / loader.batches()? as f32);
    }

    let mut accuracy = Accuracy::top(1);
    for batch in DataLoader::new(&test).batch_size(360).epoch(0) {
        let batch = batch?;
        let logits = model.forward(&Var::constant(batch.images), &mut Pass::eval(&model))?;
        accuracy.update(logits.value()?, &batch.labels)?;
    }
    println!("\n{} of the test digits are read correctly", accuracy.display(accuracy.value()));
    finish()
}
