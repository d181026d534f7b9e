//! LeNet on the embedded digits.

use plywood_datasets::{Digits, Images, Normalize, Split, transforms::RandomAffine};
use plywood_layers::CrossEntropy;
use plywood_optimizers::{AdamW, OneCycle};
use plywood_tensor::{Result, Rng, Seed};
use plywood_training::{Accuracy, Trainer};

use super::Recipe;
use crate::lenet;

/// Which samples are in which fold doesn't depend on the seed that a network is trained from.
const FOLD_SEED: Seed = Seed(7);

/// LeNet on the 1,797 real digits that are inside the datasets crate: seven tenths to learn from,
/// one to look at meanwhile, two to look at in the end, each with the same part of every class.
///
/// # Errors
/// When something doesn't fit, which would be a defect.
pub fn digits(seed: Seed) -> Result<Recipe> {
    recipe(Digits::embedded()?.split([0.7, 0.1, 0.2], seed)?, seed)
}

/// The same on five fixed folds, so that every digit is looked at once in the end: of the other four
/// folds seven eighths are to learn from, one to look at meanwhile.
///
/// # Errors
/// When something doesn't fit, which would be a defect.
pub fn digits_folds(seed: Seed) -> Result<Vec<Recipe>> {
    let fold = |(others, test): (Images, Images)| {
        let [train, valid] = others.split([0.875, 0.125], seed)?;
        recipe([train, valid, test], seed)
    };
    Digits::embedded()?.k_folds(5, FOLD_SEED)?.into_iter().map(fold).collect()
}

fn recipe([train, valid, test]: [Images; 3], seed: Seed) -> Result<Recipe> {
    let normalize = Normalize::measured_on(&train);
    // What handwriting varies by, within the one pixel that 8×8 leave.
    let handwriting = RandomAffine::new(8.0).translate([0.06, 0.06]).scale([0.92, 1.08]);
    let train = train.normalize(&normalize)?.transform(handwriting)?;
    Ok(Recipe {
        model: Box::new(lenet([1, 8, 8], 10).init(&mut Rng::new(seed))?),
        train,
        valid: valid.normalize(&normalize)?,
        test: test.normalize(&normalize)?,
        trainer: Trainer::new(AdamW::scheduled().weight_decay(0.05))
            .schedule(OneCycle::new(6e-3))
            .loss(CrossEntropy::new())
            .metric(Accuracy::top(1))
            .epochs(60)
            .batch_size(16)
            .seed(seed),
    })
}
