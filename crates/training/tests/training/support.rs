//! What these tests train: a small network with every kind of state, on images of noise.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use plywood_autodiff::{Pass, Var};
use plywood_datasets::transforms::{RandomAffine, RandomHorizontalFlip};
use plywood_datasets::{ImageBatch, Images, Split};
use plywood_layers::{
    BatchNorm2d, Conv2d, Flatten, Linear, Module, Params, Sequential, cross_entropy,
    write_safetensors,
};
use plywood_optimizers::{AdamW, Lookahead, OneCycle};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};
use plywood_training::{Accuracy, RocAuc, Run, Trainer};

/// A convolution, batch normalisation, dropout and a linear layer: 2×8×8 images, three classes.
#[derive(Params)]
pub(crate) struct Net {
    conv: Conv2d,
    bn: BatchNorm2d,
    fc: Linear,
}

pub(crate) fn net() -> Net {
    let mut rng = Rng::new(Seed(1));
    Net {
        conv: Conv2d::config(2, 4, 3).padding(1).init(&mut rng).unwrap(),
        bn: BatchNorm2d::config(4).init().unwrap(),
        fc: Linear::config(4 * 4 * 4, 3).init(&mut rng).unwrap(),
    }
}

impl Module for Net {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.bn.forward(&self.conv.forward(x, pass)?, pass)?.relu();
        let x = x.max_pool2d(2)?.flatten()?.dropout(0.3, pass)?;
        self.fc.forward(&x, pass)
    }
}

/// The simplest classifier of such images, whose only state are its weights.
pub(crate) fn linear() -> Sequential {
    Sequential::new()
        .add(Flatten)
        .add(Linear::config(2 * 8 * 8, 3).init(&mut Rng::new(Seed(1))).unwrap())
}

/// Images of noise, brighter in one corner or the other.
pub(crate) fn images(samples: usize) -> Images {
    let mut rng = Rng::new(Seed(2));
    let noise: Tensor = rng.uniform([samples, 2, 8, 8], 0.0, 150.0);
    let labels: Vec<u32> = (0..samples as u32).map(|sample| sample % 3).collect();
    let pixels = Tensor::from_fn([samples, 2, 8, 8], |at| {
        let bright = at[2] / 3 == at[0] % 3;
        (noise.get(at).unwrap() + if bright { 60.0 } else { 0.0 }) as u8
    });
    Images::new(pixels, labels, ["top", "middle", "bottom"]).unwrap()
}

/// 40 images to learn from, each time a little different, and 12 to look at.
pub(crate) fn data() -> (Images, Images) {
    let all = images(52);
    let valid = all.subset(&(40..52).collect::<Vec<_>>()).unwrap();
    let train = all.take(40).unwrap();
    let train = train.transform(RandomHorizontalFlip::new()).unwrap();
    (train.transform(RandomAffine::new(10.0).translate([0.1, 0.1])).unwrap(), valid)
}

/// Steps in an epoch, and looks at the validation set.
pub(crate) const STEPS: usize = 5;
pub(crate) const LOOKS: usize = 2;
pub(crate) const EPOCHS: usize = 4;

/// Everything that has a state or a decision: an optimizer with moments and slow weights, a schedule,
/// clipping, metrics with and without a sample's scores, early stopping, the best weights.
pub(crate) fn trainer() -> Trainer {
    Trainer::new(Lookahead::new(AdamW::default()).every(3))
        .schedule(OneCycle::new(0.02))
        .metric(Accuracy::top(1))
        .metric(Accuracy::top(2))
        .metric(RocAuc::new())
        .clip_grad_norm(1.0)
        .early_stopping(3)
        .keep_best(true)
        .epochs(EPOCHS)
        .batch_size(8)
        .seed(Seed(3))
        .quiet(true)
}

/// What a run came to, to the bit.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) weights: Vec<u8>,
    pub(crate) history: String,
    pub(crate) steps: String,
    pub(crate) best_epoch: usize,
}

impl Outcome {
    pub(crate) fn of<S>(model: &impl Params, run: &Run<S>) -> Self {
        // The shortest decimals that read back as the same numbers differ where bits do.
        let (history, steps) = (format!("{:?}", run.history()), format!("{:?}", run.steps()));
        Self { weights: weights(model), history, steps, best_epoch: run.best_epoch() }
    }
}

/// A model's safetensors file.
pub(crate) fn weights(model: &impl Params) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_safetensors(model, &mut bytes).unwrap();
    bytes
}

/// Trains in a folder, and fails when the model is asked for the `fail_at`-th time, be it to learn
/// or to be looked at.
pub(crate) fn train_until(
    fail_at: usize,
    folder: Option<&Path>,
    checkpoint_every: Duration,
) -> Result<Outcome> {
    train_by(trainer().freeze_after(2, "conv.bias"), fail_at, folder, checkpoint_every)
}

/// As [`train_until`], with a trainer of one's own.
pub(crate) fn train_by(
    trainer: Trainer,
    fail_at: usize,
    folder: Option<&Path>,
    checkpoint_every: Duration,
) -> Result<Outcome> {
    let asked = AtomicUsize::new(0);
    let step = move |model: &Net, batch: &ImageBatch, pass: &mut Pass| {
        if asked.fetch_add(1, Ordering::Relaxed) == fail_at {
            return Err(Error::value("the power is out"));
        }
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        Ok((cross_entropy(&output, &batch.labels)?, output))
    };
    let (train, valid) = data();
    let mut model = net();
    let mut trainer = trainer.step(step).checkpoint_every(checkpoint_every);
    if let Some(folder) = folder {
        trainer = trainer.checkpoint_in(folder);
    }
    let run = trainer.fit(&mut model, &train, &valid)?;
    Ok(Outcome::of(&model, &run))
}
