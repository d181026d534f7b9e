//! ResNet-9 on X-rays of children's chests: who has pneumonia.

use std::path::Path;

use plywood_datasets::transforms::{ColorJitter, RandomAffine};
use plywood_datasets::{
    Dataset, ImageFolder, Images, MedMnist, Normalize, Split, check_groups_apart,
};
use plywood_layers::{CrossEntropy, balanced_class_weights};
use plywood_optimizers::{Average, OneCycle, SGD};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};
use plywood_training::{Accuracy, LogLoss, RocAuc, Trainer};

use super::Recipe;
use crate::resnet9;

/// Which patients are in which fold doesn't depend on the seed that a network is trained from.
const FOLD_SEED: Seed = Seed(7);
const FOLDS: usize = 5;
/// The side of the images of [`xray_folds`].
const SIDE: usize = 64;

/// How long and how wide: what differs between images of 28×28 and 64×64.
struct Size {
    width: usize,
    epochs: usize,
}

/// A narrow ResNet-9 that tells pneumonia in X-rays of children's chests at 28×28, of PneumoniaMNIST and its own
/// split: `pneumoniamnist.npz` in `folder`. Class 1 is pneumonia.
///
/// The test images come from other children, and look a little different; the validation images, from those of
/// training, say less than they seem to. So what it learns from is varied in light as much as in place. X-rays aren't
/// mirrored: the heart is on one side.
///
/// Source of the images: D. Kermany et al. (2018), CC BY 4.0; of the set: J. Yang et al., "MedMNIST v2" (2023). It is
/// an exercise and no diagnosis.
///
/// # Errors
/// When the file is missing or damaged.
pub fn xray(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    let path = folder.as_ref().join("pneumoniamnist.npz");
    let parts = MedMnist::open(path).map_err(|error| {
        error.hint("MedMNIST's site has `pneumoniamnist.npz`; put it there, or name its folder")
    })?;
    recipe(parts, &Size { width: 16, epochs: 20 }, seed)
}

/// The same at 64×64, of Kermany's images in five fixed folds by patient: the folder `chest_xray/train`, as it is
/// published, in `folder`. Of the other four folds seven eighths of the patients are to learn from, one to look at
/// meanwhile.
///
/// The patient is what a file's name begins with, such as `person17_bacteria_56.jpeg`; of the normal ones it is the
/// number behind `IM-`. A `NORMAL2-IM-0501-0001.jpeg` counts as the same patient as an `IM-0501-0001.jpeg`: whether it
/// is isn't known, and one patient in two folds would flatter the network.
///
/// # Errors
/// When the folder is missing, an image can't be read or has no patient in its name, or a patient is in two folds,
/// which would be a defect.
pub fn xray_folds(folder: impl AsRef<Path>, seed: Seed) -> Result<Vec<Recipe>> {
    let path = folder.as_ref().join("chest_xray/train");
    let files = ImageFolder::open(path, [SIDE, SIDE])?.grey()?;
    if files.class_names() != ["NORMAL", "PNEUMONIA"] {
        return Err(Error::data(format!(
            "the folders are {}, they should be NORMAL and PNEUMONIA",
            files.class_names().join(", ")
        ))
        .operation("xray_folds"));
    }
    let images = files.load()?;
    let folds = images.k_folds_by_group(&patients(&images)?, FOLDS, FOLD_SEED)?;
    let fold = |(others, test): (Images, Images)| {
        let [train, valid] = others.split_by_group(&patients(&others)?, [0.875, 0.125], seed)?;
        let groups = [patients(&train)?, patients(&valid)?, patients(&test)?];
        check_groups_apart(
            "patient",
            &[("training", &groups[0]), ("validation", &groups[1]), ("test", &groups[2])],
        )?;
        recipe([train, valid, test], &Size { width: 8, epochs: 8 }, seed)
    };
    folds.into_iter().map(fold).collect()
}

/// The patient of each image.
fn patients(images: &Images) -> Result<Vec<String>> {
    (0..images.len()).map(|sample| patient(&images.sample_name(sample))).collect()
}

/// The patient in the name of one of Kermany's files.
fn patient(path: &str) -> Result<String> {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
    let number = |text: &str| -> String { text.chars().take_while(char::is_ascii_digit).collect() };
    let found = match (name.strip_prefix("person"), name.split_once("IM-")) {
        (Some(rest), _) => Some(("person", number(rest))),
        (None, Some((_, rest))) => Some(("IM-", number(rest))),
        (None, None) => None,
    };
    match found {
        Some((kind, number)) if !number.is_empty() => Ok(format!("{kind}{number}")),
        _ => Err(Error::data("no patient is in the file's name")
            .operation("xray_folds")
            .at(path)
            .hint("names begin with `person17_`, `IM-0115-` or `NORMAL2-IM-0501-`")),
    }
}

fn recipe([train, valid, test]: [Images; 3], size: &Size, seed: Seed) -> Result<Recipe> {
    let normalize = Normalize::measured_on(&train);
    let model = resnet9(train.shape(), train.classes()).width(size.width);
    let weights = balanced_class_weights(&Tensor::from(train.labels()), train.classes())?;
    // How a child stands before the plate, and how the plate was exposed.
    let place = RandomAffine::new(8.0).translate([0.08, 0.08]).scale([0.9, 1.1]);
    let light = ColorJitter::new().brightness(0.3).contrast(0.3);
    Ok(Recipe {
        model: Box::new(model.init(&mut Rng::new(seed))?),
        train: train.transform(place)?.transform(light)?.normalize(&normalize)?,
        valid: valid.normalize(&normalize)?,
        test: test.normalize(&normalize)?,
        trainer: Trainer::new(SGD::scheduled().momentum(0.9).nesterov(true).weight_decay(2e-3))
            .schedule(OneCycle::new(0.1).warm_up(0.25))
            .loss(CrossEntropy::new().label_smoothing(0.1).class_weights(weights))
            .average(Average::ema(0.99).use_buffers(true))
            .metric(Accuracy::top(1))
            .metric(RocAuc::new())
            .metric(LogLoss::new())
            .epochs(size.epochs)
            .batch_size(64)
            .seed(seed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patients_are_in_the_names_of_files() {
        let of = |name: &str| patient(&format!("chest_xray/train/X/{name}")).unwrap();
        assert_eq!(of("person17_bacteria_56.jpeg"), "person17");
        assert_eq!(of("person1343_virus_2315_1.jpeg"), "person1343");
        assert_eq!(of("IM-0115-0001.jpeg"), "IM-0115");
        assert_eq!(of("NORMAL2-IM-0501-0001-0002.jpeg"), "IM-0501");
        for name in ["scan.png", "person_1.png", "IM-x.png"] {
            assert_eq!(
                patient(name).unwrap_err().to_string(),
                format!(
                    "{name}: xray_folds: no patient is in the file's name; names begin with \
                     `person17_`, `IM-0115-` or `NORMAL2-IM-0501-`"
                )
            );
        }
    }
}
