//! Images from files, and what is said of those that were read in another way than they were written.

use std::path::Path;

use plywood::datasets::{Image, ImageFolder, Images};
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

/// All images below a folder, as squares.
pub(crate) fn load(folder: &Path, side: usize) -> Result<Images> {
    let files = ImageFolder::open(folder, side)?;
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
