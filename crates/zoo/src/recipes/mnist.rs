//! ResNet-9 on the full MNIST sets: digits and clothes.

use std::path::Path;

use plywood_datasets::transforms::{RandomAffine, RandomCrop, RandomErasing, RandomHorizontalFlip};
use plywood_datasets::{FashionMnist, Images, Mnist, Normalize, Split};
use plywood_layers::CrossEntropy;
use plywood_optimizers::{OneCycle, SGD};
use plywood_tensor::{Result, Rng, Seed};
use plywood_training::{Accuracy, Trainer};

use super::Recipe;
use crate::resnet9;

/// A narrow ResNet-9 on the 70,000 handwritten digits in a folder of IDX files, for 4 epochs.
///
/// # Errors
/// When a file is missing or damaged.
pub fn mnist(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    // What handwriting varies by; a mirrored digit is none.
    let handwriting = RandomAffine::new(10.0).translate([0.07, 0.07]).scale([0.9, 1.1]);
    recipe(Mnist::from_dir(folder)?, 4, seed, |train| train.transform(handwriting))
}

/// A narrow ResNet-9 on the 70,000 pieces of clothing in a folder of IDX files, for 12 epochs.
///
/// # Errors
/// When a file is missing or damaged.
pub fn fashion(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    recipe(FashionMnist::from_dir(folder)?, 12, seed, |train| {
        let [_, height, width] = train.shape();
        train
            .transform(RandomCrop::new([height, width]).padding(2))?
            .transform(RandomHorizontalFlip::new())?
            .transform(RandomErasing::new().area([0.02, 0.2]))
    })
}

/// A twelfth of the training images is kept aside, so that the test set is looked at once.
fn recipe(
    (train, test): (Images, Images),
    epochs: usize,
    seed: Seed,
    vary: impl FnOnce(Images) -> Result<Images>,
) -> Result<Recipe> {
    let [train, valid] = train.split([11.0 / 12.0, 1.0 / 12.0], seed)?;
    let normalize = Normalize::measured_on(&train);
    let model = resnet9(train.shape(), train.classes()).width(16);
    Ok(Recipe {
        model: Box::new(model.init(&mut Rng::new(seed))?),
        train: vary(train.normalize(&normalize)?)?,
        valid: valid.normalize(&normalize)?,
        test: test.normalize(&normalize)?,
        trainer: Trainer::new(SGD::scheduled().momentum(0.9).nesterov(true).weight_decay(5e-4))
            .schedule(OneCycle::new(0.2).warm_up(0.25))
            // A tenth of each label's probability is spread over all classes: Szegedy et al., "Rethinking
            // the Inception architecture" (2015), section 7.
            .loss(CrossEntropy::new().label_smoothing(0.1))
            .metric(Accuracy::top(1))
            .epochs(epochs)
            .batch_size(128)
            .seed(seed),
    })
}
