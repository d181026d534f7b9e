//! What a folder of images holds.

use std::collections::HashSet;
use std::path::Path;

use plywood::datasets::{Dataset, DecodeLimits};
use plywood::tensor::{Error, Result, visible_line};

use crate::image_files::{self, listed};
use crate::say::Output;

pub(super) fn show(folder: &Path, out: &mut Output) -> Result<()> {
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
    let labels = images.labels();
    out.say(format!("{} images in {} classes", images.len(), images.class_names().len()));
    for (class, name) in images.class_names().iter().enumerate() {
        let count = labels.iter().filter(|&&label| label as usize == class).count();
        out.say(format!("{count:>7}  {}", visible_line(name)));
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
