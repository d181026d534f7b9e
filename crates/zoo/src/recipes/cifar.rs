//! CIFAR-10: as in ResNet's paper, and in as few epochs as will do.

use std::path::Path;

use plywood_datasets::transforms::{AlternatingFlip, RandomCrop, RandomHorizontalFlip};
use plywood_datasets::{Cifar10, Dataset, Draw, Images, Normalize, Split};
use plywood_layers::{CrossEntropy, Layer};
use plywood_optimizers::{Group, Lookahead, MultiStepDecay, PiecewiseLinear, SGD, Select, rules};
use plywood_tensor::{Result, Rng, Seed};
use plywood_training::{Accuracy, Trainer};

use super::Recipe;
use crate::{airbench94, resnet20};

/// ResNet-20 as its paper trains it, on the 60,000 images in a folder of CIFAR-10's binary files:
/// 64,000 steps with a tenth of the learning rate after 32,000 and 48,000. The paper has 8.75 %
/// error. Channels are normalised, where the paper subtracts each pixel's mean.
///
/// Source: He et al., "Deep residual learning for image recognition" (2015), section 4.2.
///
/// # Errors
/// When a file is missing or damaged.
pub fn cifar10_resnet20(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    recipe(folder, seed, |train| {
        let model = resnet20([3, 32, 32], 10).init(&mut Rng::new(seed))?;
        let train = train
            .transform(RandomCrop::new(32).padding(4))?
            .transform(RandomHorizontalFlip::new())?;
        // 45,000 images are 352 steps: 32,000 are 91 epochs, 48,000 are 136, 64,000 are 182.
        let trainer = Trainer::new(SGD::scheduled().momentum(0.9).weight_decay(1e-4))
            .schedule(MultiStepDecay::new(0.1, [91, 136]))
            .loss(CrossEntropy::new())
            .epochs(182)
            .batch_size(128);
        Ok((Box::new(model), train, trainer))
    })
}

/// Epochs and images in a step of [`cifar10_fast`].
const EPOCHS: usize = 10;
const BATCH: usize = 1024;
/// How far a step of [`SGD`] with Nesterov's momentum goes beyond an even gradient, in
/// [`cifar10_fast`]: its published learning rate and weight decay are divided by it.
const MOMENTUM: f64 = 0.85;
const REACH: f64 = 1.0 + 1.0 / (1.0 - MOMENTUM);
/// How many images' patches the first layer is computed from.
const WHITENED: usize = 5_000;

/// `airbench94` for 10 epochs, on the 60,000 images in a folder of CIFAR-10's binary files: whitened
/// patches, convolutions that begin by handing on, flips that alternate, smoothed labels, a learning
/// rate 64 times as high for what normalisation adds, lookahead, and in the test the mean of both sides
/// of an image. Its author has 94.0 % from all 50,000 training images, in 9.9 epochs, and with
/// images in the test that are also moved by a pixel.
///
/// Source: K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (2024).
///
/// # Errors
/// When a file is missing or damaged.
pub fn cifar10_fast(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    recipe(folder, seed, |train| {
        let mut model = airbench94([3, 32, 32], 10).mirror(true).init(&mut Rng::new(seed))?;
        let step = train.len().div_ceil(WHITENED);
        let some: Vec<usize> = (0..train.len()).step_by(step).collect();
        model.whiten(&train.batch(&some, &Draw::evaluation())?.images)?;
        let train = train
            .transform(RandomCrop::new(32).padding(2).reflect(true))?
            .transform(AlternatingFlip)?;

        let rate = 11.5 / REACH;
        // With the same decay for a step as the others.
        let faster = |group: &mut Group<rules::SGD>| {
            group.rate = 64.0;
            group.rule.weight_decay /= 64.0;
        };
        let sgd = SGD::scheduled()
            .momentum(MOMENTUM)
            .nesterov(true)
            .weight_decay(0.0153 / REACH / rate)
            .group(Select::ending("norm1.bias"), faster)
            .group(Select::ending("norm2.bias"), faster);
        let steps = EPOCHS * train.len().div_ceil(BATCH);
        let lookahead = Lookahead::new(sgd).kept(0.95_f64.powi(5)).growing(steps as u64);
        let trainer = Trainer::new(lookahead)
            .schedule(PiecewiseLinear::new([(0.0, 0.2 * rate), (0.23, rate), (1.0, 0.07 * rate)]))
            .loss(CrossEntropy::new().label_smoothing(0.2))
            .freeze_after(3, "whiten.bias")
            .epochs(EPOCHS)
            .batch_size(BATCH);
        Ok((Box::new(model), train, trainer))
    })
}

type Training = Trainer<plywood_training::Supervised<CrossEntropy>>;

/// A tenth of the training images is kept aside, so that the test set is looked at once. `training`
/// gets the others, normalised, and gives the model, the images as they are varied, and the trainer.
fn recipe(
    folder: impl AsRef<Path>,
    seed: Seed,
    training: impl FnOnce(Images) -> Result<(Box<dyn Layer>, Images, Training)>,
) -> Result<Recipe> {
    let (train, test) = Cifar10::from_dir(folder)?;
    let [train, valid] = train.split([0.9, 0.1], seed)?;
    let normalize = Normalize::measured_on(&train);
    let (model, train, trainer) = training(train.normalize(&normalize)?)?;
    let (valid, test) = (valid.normalize(&normalize)?, test.normalize(&normalize)?);
    let trainer = trainer.metric(Accuracy::top(1)).seed(seed);
    Ok(Recipe { model, train, valid, test, trainer })
}
