//! ResNet-9 on photos of German traffic signs, validated on signs that it hasn't learnt from.

mod blur;
mod contrast;

use std::collections::BTreeMap;
use std::path::Path;

use plywood_datasets::transforms::{ColorJitter, RandomAffine};
use plywood_datasets::{Gtsrb, GtsrbSigns, Images, Split};
use plywood_layers::CrossEntropy;
use plywood_optimizers::{OneCycle, SGD};
use plywood_tensor::{Result, Rng, Seed};
use plywood_training::{Accuracy, Trainer};

use super::Recipe;
use crate::{ResNet9Config, resnet9};
use blur::RandomBlur;
use contrast::Contrast;

/// The side that images are brought to.
const SIDE: usize = 32;

/// The part of each class's tracks that is kept to look at meanwhile.
const VALIDATION: f64 = 0.1;

/// A ResNet-9 of 16 to 128 channels on the German Traffic Sign Recognition Benchmark, for 12 epochs, from the
/// published folders, as [`Gtsrb::from_dir`] reads them.
///
/// Of each class a tenth of the tracks, but one at least, is validated on, with all of their frames: frames of one
/// track show one physical sign, and a network that has seen some of them knows the others. Which ones follows
/// from the seed. A class of a single track has it in training alone.
///
/// Many photos are dark, blurred or overexposed. So the network gets four channels: red, green and blue, less the
/// image's mean grey and divided by the deviation of its greys, both of which count the middle most; and the greys,
/// less the mean of their surroundings and divided by the deviation there. In training, images are turned, sheared,
/// moved, scaled, blurred and have other light and colours; never mirrored, as a mirrored sign is another one. The
/// scores in evaluation are the mean of five views, moved by two pixels ([`ResNet9Config::shift`]).
///
/// Source: Stallkamp et al., "Man vs. computer: Benchmarking machine learning algorithms for traffic sign
/// recognition" (2012), whose readers were right about 98.84 % of the test images; contrast: Ciresan et al.,
/// "Multi-column deep neural network for traffic sign classification" (2012), section 2.
///
/// # Errors
/// When a file is missing or damaged.
pub fn signs(folder: impl AsRef<Path>, seed: Seed) -> Result<Recipe> {
    let GtsrbSigns { train: all, tracks, test } = Gtsrb::new(SIDE).from_dir(folder)?;
    let [train, valid] = split_by_track(&all, &tracks, seed)?;
    let train = train
        .transform(
            RandomAffine::new(15.0)
                .translate([0.1, 0.1])
                .scale([0.85, 1.17])
                .shear([8.0, 4.0])
                .edge(true),
        )?
        .transform(RandomBlur)?
        .transform(ColorJitter::new().brightness(0.3).contrast(0.3).saturation(0.3))?
        .transform(Contrast)?;
    let model = signs_network().shift(2).init(&mut Rng::new(seed))?;
    Ok(Recipe {
        model: Box::new(model),
        train,
        valid: valid.transform(Contrast)?,
        test: test.transform(Contrast)?,
        trainer: Trainer::new(SGD::scheduled().momentum(0.9).nesterov(true).weight_decay(5e-4))
            .schedule(OneCycle::new(0.2).warm_up(0.2))
            .loss(CrossEntropy::new().label_smoothing(0.1))
            .metric(Accuracy::top(1))
            .epochs(12)
            .batch_size(128)
            .seed(seed),
    })
}

/// The network of [`signs`], which looks once at an image: for those who ask it what decided, with the weights
/// that the recipe came to.
///
/// ```
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::recipes;
///
/// let model = recipes::signs_network().init(&mut Rng::new(Seed(7)))?;
/// # let _ = model;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn signs_network() -> ResNet9Config {
    resnet9([contrast::CHANNELS, SIDE, SIDE], Gtsrb::CLASS_NAMES.len()).width(16)
}

/// The images to learn from and those to validate on: no track in both, and of each class a track in both, if it has
/// two.
///
/// `split_by_group` keeps tracks together as well, but validates on others, by which README's figures weren't chosen.
fn split_by_track(all: &Images, tracks: &[[u32; 2]], seed: Seed) -> Result<[Images; 2]> {
    let mut of_class: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for &[class, track] in tracks {
        let own = of_class.entry(class).or_default();
        // The frames of a track follow one another.
        if own.last() != Some(&track) {
            own.push(track);
        }
    }
    let mut rng = Rng::new(seed);
    for own in of_class.values_mut() {
        own.sort_unstable();
        own.dedup();
        let held = ((own.len() as f64 * VALIDATION).round() as usize).max(1).min(own.len() - 1);
        let order = rng.permutation(own.len());
        *own = order.into_iter().take(held).map(|place| own[place]).collect();
    }
    let is_held =
        |[class, track]: [u32; 2]| of_class.get(&class).is_some_and(|held| held.contains(&track));
    let part = |held: bool| {
        let places: Vec<usize> =
            (0..tracks.len()).filter(|&place| is_held(tracks[place]) == held).collect();
        all.subset(&places)
    };
    Ok([part(false)?, part(true)?])
}

#[cfg(test)]
mod tests {
    use plywood_datasets::{Dataset, Draw};
    use plywood_tensor::Tensor;

    use super::*;

    #[test]
    fn no_track_is_in_both_parts() {
        let tracks: Vec<[u32; 2]> = (0..400)
            .map(|place: u32| if place < 10 { [0, place / 5] } else { [1, place / 13] })
            .collect();
        let labels = tracks.iter().map(|&[class, _]| class).collect();
        let pixels = Tensor::from_fn([400, 1, 1, 2], |at| {
            let [_, track] = tracks[at[0]];
            track as u8
        });
        let all = Images::new(pixels, labels, ["a", "b"]).unwrap();
        let [train, valid] = split_by_track(&all, &tracks, Seed(3)).unwrap();
        let of = |part: &Images| {
            let all: Vec<usize> = (0..part.len()).collect();
            let batch = part.batch(&all, &Draw::evaluation()).unwrap();
            let track = |place: usize| (batch.images.as_slice()[2 * place] * 255.0).round() as u32;
            let mut tracks: Vec<[u32; 2]> =
                all.iter().map(|&place| [part.labels()[place], track(place)]).collect();
            tracks.dedup();
            tracks
        };
        let [train, valid] = [of(&train), of(&valid)];
        assert!(valid.iter().all(|track| !train.contains(track)), "{valid:?} {train:?}");
        // Class 0 has two tracks; class 1 has 31, of which three are held.
        let count = |part: &[[u32; 2]], class| part.iter().filter(|own| own[0] == class).count();
        assert_eq!([count(&train, 0), count(&valid, 0)], [1, 1]);
        assert_eq!([count(&train, 1), count(&valid, 1)], [28, 3]);
    }
}
