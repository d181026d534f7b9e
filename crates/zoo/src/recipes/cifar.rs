//! CIFAR-10: as in ResNet's paper, and in as few epochs as will do.

use std::path::Path;

use plywood_datasets::transforms::{RandomCrop, RandomErasing, RandomHorizontalFlip};
use plywood_datasets::{Cifar10, Images, Normalize, Split};
use plywood_layers::{Layer, cross_entropy};
use plywood_optimizers::{MultiStepDecay, OneCycle, SGD, Schedule};
use plywood_tensor::{Result, Seed};
use plywood_training::{Accuracy, Trainer};

use super::{ClassLoss, Recipe, smoothed_cross_entropy};
use crate::{CifarResNetConfig, ResNet9Config, resnet9, resnet20};

/// ResNet-20 as its paper trains it, on the 60,000 pictures in a folder of CIFAR-10's binary files:
/// 64,000 steps with a tenth of the learning rate after 32,000 and 48,000. The paper has 8.75 %
/// error. Channels are normalised, where the paper subtracts each pixel's mean.
///
/// Source: He et al., "Deep residual learning for image recognition" (2015), section 4.2.
///
/// # Errors
/// When a file is missing or damaged.
pub fn cifar10_resnet20(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    let config = CifarResNetConfig::for_images([3, 32, 32], 10);
    recipe(folder, seed, Box::new(resnet20(&config, seed)?), |train| {
        let sgd = SGD::new(0.0).momentum(0.9).weight_decay(1e-4);
        // 45,000 pictures are 352 steps: 32,000 are 91 epochs, 48,000 are 136, 64,000 are 182.
        let schedule = MultiStepDecay::new(0.1, [91, 136], 0.1);
        Ok((augmented(train)?, trainer(sgd, schedule, cross_entropy, 182)))
    })
}

/// ResNet-9 for 12 epochs with one cycle of the learning rate, smoothed labels and erased rectangles,
/// on the 60,000 pictures in a folder of CIFAR-10's binary files.
///
/// Source: D. Page, "How to train your ResNet" (2018); K. Jordan, "94% on CIFAR-10 in 3.29 seconds
/// on a single GPU" (2024), of which this has the smoothed labels, but not the network.
///
/// # Errors
/// When a file is missing or damaged.
pub fn cifar10_fast(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    let config = ResNet9Config::for_images([3, 32, 32], 10);
    recipe(folder, seed, Box::new(resnet9(&config, seed)?), |train| {
        let sgd = SGD::new(0.0).momentum(0.9).nesterov(true).weight_decay(5e-4);
        let train = augmented(train)?.transform(RandomErasing::new().area(0.02, 0.1))?;
        Ok((train, trainer(sgd, OneCycle::new(0.2), smoothed_cross_entropy, 12)))
    })
}

type Training = Trainer<plywood_training::Supervised<ClassLoss>>;

/// A tenth of the training pictures is kept aside, so that the test set is looked at once.
fn recipe(
    folder: impl AsRef<Path>,
    seed: Seed,
    model: Box<dyn Layer>,
    training: impl FnOnce(Images) -> Result<(Images, Training)>,
) -> Result<Recipe> {
    let (train, test) = Cifar10::from_dir(folder)?;
    let [train, valid] = train.split([0.9, 0.1], seed)?;
    let normalize = Normalize::measured_on(&train);
    let (train, trainer) = training(train.normalize(&normalize)?)?;
    let (valid, test) = (valid.normalize(&normalize)?, test.normalize(&normalize)?);
    Ok(Recipe { model, train, valid, test, trainer: trainer.seed(seed.0) })
}

/// Moved by up to four pixels, and mirrored.
fn augmented(train: Images) -> Result<Images> {
    train.transform(RandomCrop::new(32).padding(4))?.transform(RandomHorizontalFlip::new())
}

fn trainer(
    optimizer: SGD,
    schedule: impl Schedule + 'static,
    loss: ClassLoss,
    epochs: usize,
) -> Training {
    Trainer::new(optimizer)
        .schedule(schedule)
        .loss(loss)
        .metric(Accuracy::top(1))
        .epochs(epochs)
        .batch_size(128)
}
