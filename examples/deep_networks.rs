//! Networks of more than a hundred layers: ResNet-110 learns emoji, ResNet-152 takes a step.
//!
//! What shortcuts are for: without them, networks of this depth hardly learn at all. ResNet-110 learns
//! the categories of Google's emoji, 32×32 pixels each, until its loss has clearly fallen; ResNet-152
//! takes one step on a photograph of a cat, 224×224, and its mirror image. Guessing would have a loss
//! of ln 9 = 2.20 in the one, and ln 1000 = 6.91 in the other. `cargo xtask data emoji-google` brings
//! the emoji; everything that comes of it is written to `runs/deep_networks`.
//!
//! Run it with `cargo run --release --example deep_networks`.

use std::path::Path;
use std::time::Instant;

use plywood::datasets::transforms::{RandomCrop, RandomHorizontalFlip};
use plywood::datasets::{Context, chelsea};
use plywood::prelude::*;
use plywood::zoo::imagenet;
use plywood::zoo::{recipes, resnet110, resnet152};
use plywood_examples::{emoji_folder, finish, is_smoke_run, println, shortened, write_metrics};
use serde_json::json;

const FOLDER: &str = "runs/deep_networks";
const SEED: Seed = Seed(7);

/// What ResNet-110 came to.
struct Learnt {
    losses: Vec<f64>,
    accuracy: f64,
    seconds: f64,
}

fn main() -> Result<()> {
    threads::init();
    let learnt = learn_emoji(&emoji_folder()?)?;
    let [before, after] = learnt.ends();
    println!(
        "ResNet-110: training loss {before:.3} in the first epoch, {after:.3} in the last; right about \
         {:.1} % of drawings that it didn't learn from; {:.0} s\n",
        100.0 * learnt.accuracy,
        learnt.seconds
    );

    let ([before, after], seconds) = step_on_the_cat(if is_smoke_run() { 64 } else { 224 })?;
    println!(
        "ResNet-152: loss {before:.3} before a step on a cat, {after:.3} after it; {seconds:.1} s"
    );
    let metrics = json!({
        "resnet110": {
            "train_losses": learnt.losses,
            "test_accuracy": learnt.accuracy,
            "train_seconds": learnt.seconds,
        },
        "resnet152": { "loss_before": before, "loss_after": after, "step_seconds": seconds },
        "seed": SEED.0,
    });
    write_metrics(FOLDER, &metrics)?;
    println!("written to {FOLDER}");
    finish()
}

impl Learnt {
    /// The mean training loss of the first and the last epoch.
    fn ends(&self) -> [f64; 2] {
        [self.losses.first(), self.losses.last()].map(|loss| loss.copied().unwrap_or(f64::NAN))
    }
}

/// Trains ResNet-110 on eight tenths of Google's emoji.
fn learn_emoji(data: &Path) -> Result<Learnt> {
    let emoji = recipes::emoji_drawings(data.join("emoji-google"), 32)?;
    let [train, valid, test] = emoji.split([0.8, 0.1, 0.1], SEED)?;
    let normalize = Normalize::measured_on(&train);
    let mut model = resnet110(emoji.shape(), emoji.classes()).init(&mut Rng::new(SEED))?;
    println!(
        "ResNet-110: {} parameters, {} drawings in {} categories to learn from",
        model.parameter_count(),
        train.len(),
        emoji.classes()
    );
    let train = train
        .transform(RandomCrop::new(32).padding(4))?
        .transform(RandomHorizontalFlip::new())?
        .normalize(&normalize)?;
    // The paper warms up too: at this depth, the whole rate is too much in the beginning.
    let trainer = Trainer::new(SGD::scheduled().momentum(0.9).weight_decay(1e-4))
        .schedule(OneCycle::new(0.05))
        .loss(cross_entropy)
        .metric(Accuracy::top(1))
        .epochs(8)
        .batch_size(64)
        .seed(SEED)
        .checkpoint_in(format!("{FOLDER}/resnet110"))
        .stop_on_signals(true);
    let run = shortened(trainer).fit(&mut model, &train, &valid.normalize(&normalize)?)?;
    let result = run.evaluate(&model, &test.normalize(&normalize)?)?;
    run.write(format!("{FOLDER}/resnet110"), &model, &result)?;
    Ok(Learnt {
        losses: run.history().iter().map(|epoch| epoch.train.loss).collect(),
        accuracy: result.metric("accuracy").unwrap_or(f64::NAN),
        seconds: run.train_seconds(),
    })
}

/// The loss of ResNet-152 on the cat and its mirror image before and after a step, and the step's time.
fn step_on_the_cat(side: usize) -> Result<([f64; 2], f64)> {
    let mut model = resnet152([3, side, side], 1000).init(&mut Rng::new(SEED))?;
    let cat = Normalize::new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])?
        .apply(chelsea()?.fitted(side)?.to_unit(), &mut Context::evaluation())?;
    let mirrored: Vec<u32> = (0..side as u32).rev().collect();
    let images = Tensor::stack(&[&cat, &cat.index_select(2, &mirrored.into())?], 0)?;
    let class = imagenet::class_names().iter().position(|name| *name == "Egyptian cat");
    let labels = Tensor::from(vec![class.unwrap_or_default() as u32; 2]);
    println!("ResNet-152: {} parameters", model.parameter_count());

    let mut optimizer = SGD::new(0.001).momentum(0.9);
    let mut rng = Rng::new(SEED);
    let begun = Instant::now();
    let mut pass = Pass::train(&model, &mut rng);
    let loss = cross_entropy(&model.forward(&Var::constant(images.clone()), &mut pass)?, &labels)?;
    let before = loss.item()?;
    let grads = pass.backward(&loss)?;
    drop(loss);
    optimizer.step(&mut model, &grads)?;
    let seconds = begun.elapsed().as_secs_f64();

    // In training mode as well: running statistics of one step say little.
    let mut pass = Pass::train(&model, &mut rng);
    let after = cross_entropy(&model.forward(&Var::constant(images), &mut pass)?, &labels)?;
    Ok(([before, after.item()?].map(f64::from), seconds))
}
