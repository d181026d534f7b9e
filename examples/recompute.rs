//! Memory for time: ResNet-110 in training, with its activations kept and computed again.
//!
//! The way back needs what the way forward has computed, and of 110 layers that is a lot. Instead, a block
//! can keep its input alone and compute the rest again when the way back gets there. Both ways take three steps
//! from the same first weights here; the bits of the weights afterwards are the same.
//!
//! Run it with `cargo run --release --example recompute`.

use std::time::Instant;

use plywood::datasets::chelsea;
use plywood::layers::{StateDict, state_dict};
use plywood::prelude::*;
use plywood::tensor::{memory, release_idle_memory};
use plywood::zoo::resnet110;
use plywood_examples::{finish, is_smoke_run, println, progress};

const STEPS: usize = 3;

/// Crops of 32 × 32 pixels `[N, 3, 32, 32]` of the photograph of a cat, and in which of ten columns of it each
/// lies: what is learnt matters less here than what it takes.
fn crops(count: usize) -> Result<(Tensor, Tensor<u32>)> {
    let photograph = chelsea()?.to_unit(); // [3, 300, 451]
    let [height, width] = [photograph.shape()[1] - 32, photograph.shape()[2] - 32];
    let mut crops = Vec::new();
    let mut columns = Vec::new();
    for place in 0..count {
        let [top, left] = [place * 37 % height, place * 101 % width];
        let crop = photograph.narrow(1, top, 32)?.narrow(2, left, 32)?;
        crops.push(crop.unsqueeze(0)?);
        columns.push((left * 10 / width) as u32);
    }
    let crops: Vec<&Tensor> = crops.iter().collect();
    Ok((Tensor::concat(&crops, 0)?, Tensor::from(columns)))
}

/// What a few steps of training came to.
struct Trained {
    weights: StateDict,
    /// Seconds that the last step took.
    last_step: f64,
    /// What tensors needed at once.
    megabytes: f64,
}

fn train(recompute: bool, batch: usize) -> Result<Trained> {
    release_idle_memory();
    let (images, labels) = crops(batch)?;
    let config = resnet110([3, 32, 32], 10).recompute(recompute);
    let mut model = config.init(&mut Rng::new(Seed(7)))?;
    let mut optimizer = SGD::new(0.01).momentum(0.9);
    let mut rng = Rng::new(Seed(7));
    let mut seconds = 0.0;
    let how = if recompute { "computed again" } else { "kept" };
    for step in 1..=STEPS {
        progress!("activations {how}: step {step} of {STEPS}");
        let start = Instant::now();
        let mut pass = Pass::train(&model, &mut rng);
        let logits = model.forward(&Var::constant(images.clone()), &mut pass)?;
        let loss = cross_entropy(&logits, &labels)?;
        let grads = pass.backward(&loss)?;
        optimizer.step(&mut model, &grads)?;
        seconds = start.elapsed().as_secs_f64();
    }
    Ok(Trained {
        weights: state_dict(&model),
        last_step: seconds,
        megabytes: memory::held() as f64 / 1e6,
    })
}

fn main() -> Result<()> {
    threads::init();
    let batch = if is_smoke_run() { 4 } else { 64 };
    println!("ResNet-110, {STEPS} steps with {batch} images of 32 × 32\n");
    let (again, kept) = (train(true, batch)?, train(false, batch)?);
    println!("activations      memory of tensors    a step");
    for (how, trained) in [("kept", &kept), ("computed again", &again)] {
        let Trained { megabytes, last_step, .. } = trained;
        println!("{how:<16} {megabytes:>14.0} MB {last_step:>7.2} s");
    }
    let same = kept.weights == again.weights;
    println!(
        "\nthe weights afterwards are {}",
        if same { "the same, bit for bit" } else { "different" }
    );
    if !same {
        return Err(Error::value("computing again has changed the weights"));
    }
    finish()
}
