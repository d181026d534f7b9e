//! A training run to be killed: with every kind of state, saving after each step.

use std::path::PathBuf;
use std::time::Duration;

use plywood::datasets::transforms::RandomHorizontalFlip;
use plywood::optimizers::Lookahead;
use plywood::prelude::*;

/// Images of noise, 2×8×8, in three classes.
const SIDE: usize = 8;
/// Wide enough that writing a checkpoint of some 10 MB takes longer than a step.
const HIDDEN: usize = 2048;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the run's files are
    folder: PathBuf,
    /// How often all images are gone through
    #[arg(long)]
    epochs: usize,
    /// Threads that prepare batches
    #[arg(long)]
    loader_threads: usize,
}

#[derive(Params)]
struct Net {
    conv: Conv2d,
    bn: BatchNorm2d,
    fc1: Linear,
    fc2: Linear,
}

impl Module for Net {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.bn.forward(&self.conv.forward(x, pass)?, pass)?.relu();
        let x = x.flatten()?.dropout(0.3, pass)?;
        let x = self.fc1.forward(&x, pass)?.relu();
        self.fc2.forward(&x, pass)
    }
}

fn net() -> Result<Net> {
    let mut rng = Rng::new(Seed(1));
    Ok(Net {
        conv: Conv2d::config(2, 4, 3).padding(1).init(&mut rng)?,
        bn: BatchNorm2d::config(4).init()?,
        fc1: Linear::config(4 * SIDE * SIDE, HIDDEN).init(&mut rng)?,
        fc2: Linear::config(HIDDEN, 3).init(&mut rng)?,
    })
}

fn images() -> Result<Images> {
    let noise: Tensor = Rng::new(Seed(2)).uniform([52, 2, SIDE, SIDE], 0.0, 150.0);
    let labels: Vec<u32> = (0..52).map(|sample| sample % 3).collect();
    Images::new(noise.map(|x| x as u8), labels, ["a", "b", "c"])
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let all = images()?;
    let valid = all.subset(&(40..52).collect::<Vec<_>>())?;
    let train = all.take(40)?.transform(RandomHorizontalFlip::new())?;
    let mut model = net()?;
    let run = Trainer::new(Lookahead::new(AdamW::default()).every(3))
        .schedule(OneCycle::new(0.01))
        .loss(cross_entropy)
        .metric(Accuracy::top(1))
        .clip_grad_norm(1.0)
        .accumulate(2)
        .average(Average::ema(0.9))
        .early_stopping(args.epochs)
        .keep_best(true)
        .epochs(args.epochs)
        .batch_size(8)
        .seed(Seed(3))
        .loader_threads(args.loader_threads)
        .checkpoint_in(&args.folder)
        .checkpoint_every(Duration::ZERO)
        .quiet(true)
        .fit(&mut model, &train, &valid)?;
    let result = run.evaluate(&model, &valid)?;
    run.write(&args.folder, &model, &result)
}
