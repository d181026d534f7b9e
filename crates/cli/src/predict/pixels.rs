//! Predictions for the pixels of images: masks, drawn into the images.

use std::path::{Path, PathBuf};

use plywood::datasets::Mask;
use plywood::tensor::Result;
use plywood::zoo::PixelClassifier;

use super::answers::{Answer, PARTS};
use super::{Arguments, files};
use crate::image_files;
use crate::report::OPACITY;
use crate::say::{self, Output};

/// The folder in a run's that masks are written to.
const FOLDER: &str = "predictions";

/// A line for each image: its path, the class that most of its pixels are of, and the part of each class. Beside that
/// its mask as a PNG with a palette, and the image in its colours.
pub(super) fn predict(
    classifier: &PixelClassifier,
    images: &[PathBuf],
    arguments: &Arguments,
    out: &mut Output,
) -> Result<()> {
    files::check(images, "image", "*.png")?;
    let folder = Path::new(&arguments.model).join(FOLDER);
    let colors = Mask::colors(classifier.class_names().len());
    let mut written = 0_usize;
    let answer = |file: &Path| {
        let image = image_files::read(file)?;
        let mask = classifier.segment(&image).map_err(|error| error.at(file.display()))?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        mask.write_png(folder.join(format!("{stem}-mask.png")), &colors)?;
        mask.over(&image, &colors, OPACITY)?.write_png(folder.join(format!("{stem}-drawn.png")))?;
        written += 1;
        Ok(shares(&mask, classifier.class_names()))
    };
    let classes = (classifier.class_names(), PARTS);
    files::predict(images, arguments.format, classes, out, answer)?;
    if written > 0 {
        say::note(format!(
            "each image's mask is in {0} as `NAME-mask.png`, and drawn into it as `NAME-drawn.png`",
            folder.display()
        ));
    }
    Ok(())
}

/// The class of most pixels, and the part of the pixels that are of each.
fn shares(mask: &Mask, names: &[String]) -> Answer {
    let mut counts = vec![0_usize; names.len()];
    for &class in mask.classes().as_slice() {
        if let Some(count) = counts.get_mut(usize::from(class)) {
            *count += 1;
        }
    }
    // Of equally many the first.
    let most = (0..names.len()).rev().max_by_key(|&class| counts[class]).unwrap_or(0);
    let all = mask.classes().numel() as f64;
    let shares = counts.into_iter().map(|count| count as f64 / all).collect();
    Answer::Class(names.get(most).cloned().unwrap_or_default(), shares)
}
