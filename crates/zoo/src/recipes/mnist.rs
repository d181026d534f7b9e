//! LeNet on the full MNIST sets: digits and clothes.

use std::path::Path;

use plywood_datasets::{FashionMnist, Images, Mnist, Normalize, Split};
use plywood_layers::cross_entropy;
use plywood_optimizers::{AdamW, OneCycle};
use plywood_tensor::{Result, Seed};
use plywood_training::{Accuracy, Trainer};

use super::{ClassLoss, Recipe};
use crate::{LeNetConfig, lenet};

/// LeNet on the 70,000 handwritten digits in a folder of IDX files.
///
/// # Errors
/// When a file is missing or damaged.
pub fn mnist(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    recipe(Mnist::from_dir(folder)?, seed)
}

/// LeNet on the 70,000 pieces of clothing in a folder of IDX files.
///
/// # Errors
/// When a file is missing or damaged.
pub fn fashion(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    recipe(FashionMnist::from_dir(folder)?, seed)
}

/// A twelfth of the training pictures is kept aside, so that the test set is looked at once.
fn recipe((train, test): (Images, Images), seed: Seed) -> Result<Recipe> {
    let [train, valid] = train.split([11.0 / 12.0, 1.0 / 12.0], seed)?;
    let normalize = Normalize::measured_on(&train);
    Ok(Recipe {
        model: Box::new(lenet(&LeNetConfig::for_images(train.shape(), train.classes()), seed)?),
        train: train.normalize(&normalize)?,
        valid: valid.normalize(&normalize)?,
        test: test.normalize(&normalize)?,
        trainer: Trainer::new(AdamW::default())
            .schedule(OneCycle::new(4e-3))
            .loss(cross_entropy as ClassLoss)
            .metric(Accuracy::top(1))
            .epochs(8)
            .batch_size(128)
            .seed(seed.0),
    })
}
