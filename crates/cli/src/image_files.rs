//! Images from files, and what is said of those that were read in another way than they were written.

use std::path::Path;

use plywood::datasets::{Fit, Image, ImageFolder, Images};
use plywood::tensor::Result;

use crate::say;

/// The image in a file.
pub(crate) fn read(path: &Path) -> Result<Image> {
    let image = Image::read(path)?;
    for note in image.notes() {
        say::note(format!("{}: {note}", path.display()));
    }
    Ok(image)
}

/// All images below a folder, brought to one size.
pub(crate) fn load(folder: &Path, fit: impl Into<Fit>) -> Result<Images> {
    let files = ImageFolder::open(folder, fit)?;
    let images = files.load()?;
    tell(&files);
    Ok(images)
}

/// Tells of what is known of a folder's images once they were read.
pub(crate) fn tell(images: &ImageFolder) {
    for note in images.notes() {
        say::note(note);
    }
}
