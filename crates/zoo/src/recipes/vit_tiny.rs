//! A small Vision Transformer on Fashion-MNIST.

use std::path::Path;

use plywood_datasets::transforms::{RandomCrop, RandomHorizontalFlip};
use plywood_datasets::{FashionMnist, Normalize, Split};
use plywood_layers::CrossEntropy;
use plywood_optimizers::{AdamW, Average, OneCycle};
use plywood_tensor::{Result, Rng, Seed};
use plywood_training::{Accuracy, Trainer};

use super::Recipe;

/// A [`VitTiny`](crate::VitTiny) on the 70,000 pieces of clothing in a folder of IDX files, for 12 epochs.
///
/// A Transformer isn't told which patches are neighbours: it learns from images that are moved and mirrored. A twelfth
/// of the training images is kept aside to choose the settings by, so that the test images are looked at once.
///
/// # Errors
/// When a file is missing or damaged.
pub fn vit_tiny(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    let knob = |name: &str, default: f64| std::env::var(name).ok().and_then(|t| t.parse().ok()).unwrap_or(default);
    let (train, test) = FashionMnist::from_dir(folder)?;
    let [train, valid] = train.split([11.0 / 12.0, 1.0 / 12.0], seed)?;
    let normalize = Normalize::measured_on(&train);
    let [_, height, width] = train.shape();
    let model = crate::vit_tiny(train.shape(), train.classes()).class_token(false).conv_stem(knob("STEM", 1.0) > 0.0).layers(knob("LAYERS", 4.0) as usize).dim(knob("DIM", 64.0) as usize).feedforward(knob("FF", 128.0) as usize);
    Ok(Recipe {
        model: Box::new(model.init(&mut Rng::new(seed))?),
        train: train
            .normalize(&normalize)?
            .transform(RandomCrop::new([height, width]).padding(2))?
            .transform(RandomHorizontalFlip::new())?,
        valid: valid.normalize(&normalize)?,
        test: test.normalize(&normalize)?,
        trainer: Trainer::new(AdamW::scheduled().betas([0.9, knob("B2", 0.95)]).weight_decay(0.05))
            .schedule(OneCycle::new(knob("LR", 2e-3)).warm_up(knob("WU", 0.05)))
            .loss(CrossEntropy::new().label_smoothing(knob("LS", 0.1)))
            .clip_grad_norm(1.0)
            .average(Average::ema(0.999).use_buffers(true))
            .metric(Accuracy::top(1))
            .epochs(knob("EPOCHS", 12.0) as usize)
            .batch_size(knob("BS", 64.0) as usize)
            .seed(seed),
    })
}
