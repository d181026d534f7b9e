//! What a folder of images holds.

use std::collections::HashSet;
use std::path::Path;

use plywood::datasets::{Dataset, DecodeLimits, ImageFolder};
use plywood::tensor::{Error, Result, Seed, visible_line};

use crate::image_files::{self, listed};
use crate::say::Output;
use crate::split::{Parts, Splitting};

/// The least images of which each part can have some.
const LEAST: usize = 10;

pub(super) fn show(
    folder: &Path,
    splitting: &Splitting,
    seed: Seed,
    out: &mut Output,
) -> Result<()> {
    let images = image_files::open(folder, 8)?.limits(DecodeLimits::default());
    let (mut sizes, mut broken) = (HashSet::new(), Vec::new());
    for index in 0..images.len() {
        match images.image(index) {
            Ok(image) => {
                let [_, height, width] = image.shape();
                sizes.insert((height, width));
            }
            Err(error) => broken.push(error),
        }
    }
    image_files::tell(&images);
    out.say(format!("{} images in {} classes", images.len(), images.class_names().len()));
    let parts = match images.len() >= LEAST {
        true => Some(splitting.parts(&images, test_images(splitting, &images)?, seed)?),
        false => None,
    };
    let parts = parts.as_ref().map(Parts::each);
    if let Some([train, valid, test]) = parts.map(|parts| parts.map(Dataset::len)) {
        out.say(format!("{train} to learn from, {valid} to validate, {test} to test"));
        out.say(format!("{:>7}{:>8}{:>10}{:>8}", "images", "learn", "validate", "test"));
    }
    for (class, name) in images.class_names().iter().enumerate() {
        let count = |images: &ImageFolder| {
            images.labels().iter().filter(|&&label| label as usize == class).count()
        };
        let of_parts = parts.map(|parts| {
            let [train, valid, test] = parts.map(count);
            format!("{train:>8}{valid:>10}{test:>8}")
        });
        let of_parts = of_parts.unwrap_or_default();
        out.say(format!("{:>7}{of_parts}  {}", count(&images), visible_line(name)));
    }
    let range = |side: fn(&(usize, usize)) -> usize| {
        let least = sizes.iter().map(side).min().unwrap_or(0);
        (least, sizes.iter().map(side).max().unwrap_or(0))
    };
    let ((lowest, highest), (narrowest, widest)) = (range(|size| size.0), range(|size| size.1));
    out.say(format!("{lowest} to {highest} pixels high, {narrowest} to {widest} wide"));
    match broken.len() {
        0 => Ok(()),
        count => Err(Error::data(format!(
            "{count} can't be read, which `--skip-broken` leaves out in training:{}",
            listed(&broken)
        ))),
    }
}

/// The images of the folder that was told to test on, if one was.
fn test_images(splitting: &Splitting, images: &ImageFolder) -> Result<Option<ImageFolder>> {
    let Some(folder) = splitting.test() else { return Ok(None) };
    let test = image_files::open(folder, 8)?;
    image_files::same_classes(images.class_names(), &test, folder)?;
    Ok(Some(test))
}
