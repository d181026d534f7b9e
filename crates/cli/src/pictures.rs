//! Pictures from files, and what is said of those that were read in another way than they were written.

use std::path::Path;

use plywood::datasets::{ImageFolder, Images, Picture};
use plywood::tensor::Result;

use crate::say;

/// The picture in a file.
pub(crate) fn read(path: &Path) -> Result<Picture> {
    let picture = Picture::read(path)?;
    for note in picture.notes() {
        say::note(format!("{}: {note}", path.display()));
    }
    Ok(picture)
}

/// All pictures below a folder, as squares.
pub(crate) fn load(folder: &Path, side: usize) -> Result<Images> {
    let pictures = ImageFolder::open(folder, side)?;
    let images = pictures.load()?;
    tell(&pictures);
    Ok(images)
}

/// Tells of what is known of a folder's pictures once they were read.
pub(crate) fn tell(pictures: &ImageFolder) {
    for note in pictures.notes() {
        say::note(note);
    }
}
