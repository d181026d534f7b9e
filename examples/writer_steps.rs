//! The first steps of the example `writer`, to be taken by PyTorch as well.
//!
//! Shows a training loop without a trainer. It leaves in `runs/writer_steps` the first weights, the batches, the
//! learning rates and the bits a letter of each step and at the end; `benchmarks/writer.py` takes the same steps from
//! the same weights with PyTorch's layers and optimizer, and says how far apart both are.
//!
//! Run it with `cargo run --release --example writer_steps`; `-- --seed 8` takes another seed.

use std::path::Path;

use plywood::datasets::{Draw, TextBatch};
use plywood::layers::replace_file;
use plywood::optimizers::Progress;
use plywood::prelude::*;
use plywood::training::Objective;
use plywood::zoo::NextLetter;
use plywood_examples::{finish, println};
use serde_json::json;

const STEPS: usize = 300;
/// Windows of the validation text that are looked at in the end.
const LOOKED_AT: usize = 256;

fn main() -> Result<()> {
    threads::init();
    let (seed, folder) = plywood_examples::seed_and_folder("writer_steps")?;
    let recipe = zoo::recipes::writer(plywood_examples::austen_folder()?, seed)?;
    let (mut model, folder) = (recipe.model, Path::new(&folder));
    save(&model, folder.join("first.safetensors"))?;

    let steps = if plywood_examples::is_smoke_run() { 3 } else { STEPS };
    let mut optimizer = AdamW::scheduled().betas([0.9, 0.95]).weight_decay(0.1);
    let schedule = OneCycle::new(2e-3).warm_up(0.1);
    let loader = DataLoader::new(&recipe.train).batch_size(8).shuffle(seed).augment(seed);
    let (mut batches, mut rates, mut losses) = (Vec::new(), Vec::new(), Vec::new());
    for (step, batch) in loader.epoch(0).take(steps).enumerate() {
        let batch = batch?;
        let mut pass = Pass::train(&model, &mut Rng::new(seed));
        let loss = NextLetter.forward(&model, &batch, &mut pass)?.loss;
        losses.push(f64::from(loss.item()?) / 2_f64.ln());
        let mut grads = pass.backward(&loss)?;
        clip_grad_norm(&mut grads, 1.0)?;
        let progress = Progress { step: step as u64, steps_per_epoch: steps as u64, epochs: 1 };
        rates.push(schedule.learning_rate(&progress));
        optimizer.set_learning_rate(rates[step]);
        optimizer.step(&mut model, &grads)?;
        batches.push(batch);
    }
    let samples: Vec<usize> = (0..LOOKED_AT.min(recipe.valid.len())).collect();
    let valid = recipe.valid.batch(&samples, &Draw::evaluation())?;
    let loss = NextLetter.forward(&model, &valid, &mut Pass::eval(&model))?.loss;
    let bits = f64::from(loss.item()?) / 2_f64.ln();
    replace_file(folder.join("batches.u32"), &batches.iter().flat_map(bytes).collect::<Vec<_>>())?;
    replace_file(folder.join("valid.u32"), &bytes(&valid))?;
    plywood_examples::write_metrics(
        folder,
        &json!({
            "batch": batches.first().map_or(0, plywood::datasets::Batch::len),
            "length": valid.input.shape()[1],
            "rates": rates,
            "step_bits": losses,
            "valid_bits": bits,
        }),
    )?;
    println!("{bits:.4} bits a letter after {} steps; now benchmarks/writer.py", losses.len());
    finish()
}

/// The input of a batch and then its target, each number in four bytes, the first of the least value.
fn bytes(batch: &TextBatch) -> Vec<u8> {
    let numbers = batch.input.as_slice().iter().chain(batch.target.as_slice());
    numbers.flat_map(|number| number.to_le_bytes()).collect()
}
