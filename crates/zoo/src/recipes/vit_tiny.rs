//! A small Vision Transformer on Fashion-MNIST.

use std::path::Path;

use plywood_datasets::transforms::{RandomCrop, RandomHorizontalFlip};
use plywood_datasets::{FashionMnist, Normalize, Split};
use plywood_layers::CrossEntropy;
use plywood_optimizers::{AdamW, Average, OneCycle};
use plywood_tensor::{Result, Rng, Seed};
use plywood_training::{Accuracy, Trainer};

use super::Recipe;

/// A [`VitTiny`](crate::VitTiny) of four layers behind two convolutions, on the 70,000 pieces of clothing in a folder of
/// IDX files, for 15 epochs.
///
/// A Transformer isn't told which patches are neighbours: it learns from images that are moved and mirrored. A twelfth
/// of the training images is kept aside to choose the settings by, so that the test images are looked at once.
///
/// # Errors
/// When a file is missing or damaged.
pub fn vit_tiny(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    let (train, test) = FashionMnist::from_dir(folder)?;
    let [train, valid] = train.split([11.0 / 12.0, 1.0 / 12.0], seed)?;
    let normalize = Normalize::measured_on(&train);
    let [_, height, width] = train.shape();
    let model = crate::vit_tiny(train.shape(), train.classes());
    let model = model.layers(4).conv_stem(true).class_token(false);
    Ok(Recipe {
        model: Box::new(model.init(&mut Rng::new(seed))?),
        train: train
            .normalize(&normalize)?
            .transform(RandomCrop::new([height, width]).padding(2))?
            .transform(RandomHorizontalFlip::new())?,
        valid: valid.normalize(&normalize)?,
        test: test.normalize(&normalize)?,
        trainer: Trainer::new(AdamW::scheduled().betas([0.9, 0.95]).weight_decay(0.05))
            .schedule(OneCycle::new(2e-3).warm_up(0.05))
            .loss(CrossEntropy::new().label_smoothing(0.1))
            .clip_grad_norm(1.0)
            .average(Average::ema(0.999).use_buffers(true))
            .metric(Accuracy::top(1))
            .epochs(15)
            .batch_size(64)
            .seed(seed),
    })
}
