//! A trained EfficientNet-Lite0 learns what emoji show, from one drawing style, and is tested on another.

use std::collections::BTreeSet;
use std::path::Path;

use plywood_autodiff::Params;
use plywood_datasets::transforms::{ColorJitter, RandomAffine, RandomHorizontalFlip};
use plywood_datasets::{Dataset, Image, Images, Split};
use plywood_layers::CrossEntropy;
use plywood_optimizers::{AdamW, OneCycle};
use plywood_tensor::{Error, Result, Seed, Tensor};
use plywood_training::{Accuracy, Trainer};
use serde::Deserialize;

use super::Recipe;
use crate::classifier::Classifier;

/// The side that images of 64×64 are brought to: the network was trained with larger ones, and a
/// multiple of its stride of 32 costs least.
const SIDE: usize = 128;

/// What learns besides the new last layer: the half of the blocks that see the largest parts of an
/// image. Those before it keep what photographs have taught them, and need no gradient.
const LEARNING: [&str; 10] = [
    "_blocks.8",
    "_blocks.9",
    "_blocks.10",
    "_blocks.11",
    "_blocks.12",
    "_blocks.13",
    "_blocks.14",
    "_blocks.15",
    "_conv_head",
    "_bn1",
];

/// What `emoji.json` says of an image; it says much more.
#[derive(Deserialize)]
struct Entry {
    category: String,
    image: String,
}

/// A trained EfficientNet-Lite0, fine-tuned on Google's drawings of 1,906 emoji in 9 categories and
/// tested on Twitter's drawings of the same: a tenth of Google's is kept to look at meanwhile, and of
/// Twitter's nothing is seen before the end.
///
/// `data` is the folder that `cargo xtask data` fills with `emoji-google` and `emoji-twitter`;
/// [`Pretrained`](crate::Pretrained) has the network.
///
/// # Errors
/// When a file is missing or damaged, or the network is another one.
pub fn emoji(trained: &Classifier, data: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    let data = data.as_ref();
    let [google, twitter] =
        ["emoji-google", "emoji-twitter"].map(|set| emoji_drawings(data.join(set), SIDE));
    let (google, twitter) = (google?, twitter?);
    let normalize = trained.preprocess().normalization()?;
    let [train, valid] = google.split([0.9, 0.1], seed)?;
    let mut classifier = trained.with_classes(google.class_names())?;
    for layer in LEARNING {
        if classifier.model.unfreeze(layer) == 0 {
            return Err(Error::value(format!("{} has no layer {layer}", trained.name()))
                .operation("emoji")
                .hint("the recipe is for efficientnet_lite0"));
        }
    }
    let train = train
        .transform(RandomHorizontalFlip::new())?
        .transform(RandomAffine::new(15.0).translate([0.1, 0.1]).scale([0.7, 1.2]))?
        .transform(ColorJitter::new().brightness(0.3).contrast(0.3).saturation(0.5))?;
    Ok(Recipe {
        model: classifier.model,
        train: train.normalize(&normalize)?,
        valid: valid.normalize(&normalize)?,
        test: twitter.normalize(&normalize)?,
        trainer: Trainer::new(AdamW::scheduled())
            .schedule(OneCycle::new(1e-3))
            .loss(CrossEntropy::new())
            .metric(Accuracy::top(1))
            .epochs(6)
            .batch_size(32)
            .seed(seed),
    })
}

/// Every drawing of a style with its category, `side × side` pixels in front of white; what is a part
/// of others, such as a colour of skin, is no class. `folder` is what `cargo xtask data emoji-google`
/// or `emoji-twitter` fills.
///
/// # Errors
/// When a file is missing or damaged.
pub fn emoji_drawings(folder: impl AsRef<Path>, side: usize) -> Result<Images> {
    let folder = folder.as_ref();
    let path = folder.join("emoji.json");
    let file = std::fs::read(&path).map_err(|error| {
        let set = folder.file_name().unwrap_or_default().to_string_lossy();
        Error::io("read", &path, error).hint(format!("`cargo xtask data {set}` brings it"))
    })?;
    let mut entries: Vec<Entry> = serde_json::from_slice(&file).map_err(|error| {
        Error::data(format!("this is no list of emoji: {error}")).at(path.display())
    })?;
    entries.retain(|entry| entry.category != "Component");
    let names: BTreeSet<&str> = entries.iter().map(|entry| entry.category.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for entry in &entries {
        let image = Image::read(folder.join("64").join(&entry.image))?;
        pixels.extend(image.to_rgb().fitted(side)?.pixels().as_slice());
        let label = names.iter().position(|name| *name == entry.category);
        labels.push(label.unwrap_or_default() as u32);
    }
    Images::new(Tensor::from_vec(pixels, [entries.len(), 3, side, side])?, labels, names)
}
