//! Images from files, and what is said of those that can't be read, or were read in another way than they
//! were written.

use std::path::Path;

use plywood::datasets::{Dataset, Fit, Image, ImageFolder, Images, Split};
use plywood::tensor::{Error, Result};
use plywood::zoo::Preprocess;

use crate::missing;
use crate::say;
use crate::split::Splitting;

/// The most images that are named.
pub(crate) const NAMED: usize = 20;

/// The image in a file.
pub(crate) fn read(path: &Path) -> Result<Image> {
    let image = Image::read(path).map_err(|error| missing::hinted(error, path))?;
    for note in image.notes() {
        say::note(format!("{}: {note}", path.display()));
    }
    Ok(image)
}

/// The images below a folder, to be brought to one size when they are read.
pub(crate) fn open(folder: &Path, fit: impl Into<Fit>) -> Result<ImageFolder> {
    ImageFolder::open(folder, fit).map_err(|error| missing::hinted(error, folder))
}

/// The images below a folder, to be brought to the size of a network's input when they are read, in colour or in greys
/// as it takes them.
pub(crate) fn open_for(folder: &Path, preprocess: &Preprocess) -> Result<ImageFolder> {
    let images = open(folder, preprocess.fit())?;
    if preprocess.channels() == 1 { images.grey() } else { Ok(images) }
}

/// All images below a folder, as a network takes them. Those that can't be read are an error, or are left out.
pub(crate) fn load(folder: &Path, preprocess: &Preprocess, skip_broken: bool) -> Result<Images> {
    loaded(&open_for(folder, preprocess)?, skip_broken)
}

/// Whether red, green and blue are the same in all of these images.
pub(crate) fn are_grey(images: &Images) -> Result<bool> {
    for index in 0..images.len() {
        let image = images.image(index)?;
        let [channels, height, width] = [image.shape()[0], image.shape()[1], image.shape()[2]];
        let mut planes = image.as_slice().chunks(height * width);
        let first = planes.next();
        if channels == 1 || !planes.all(|plane| Some(plane) == first) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All these images. Those that can't be read are an error, or are left out.
pub(crate) fn loaded(files: &ImageFolder, skip_broken: bool) -> Result<Images> {
    let (images, broken) = files.load_readable()?;
    tell(files);
    settle(&broken, files.len(), skip_broken)?;
    Ok(images)
}

/// The images of other data to test on, if there are any: of the classes of `all`.
pub(crate) fn load_other(
    splitting: &Splitting,
    preprocess: &Preprocess,
    skip_broken: bool,
    all: &Images,
) -> Result<Option<Images>> {
    let Some(folder) = splitting.test() else { return Ok(None) };
    let images = load(folder, preprocess, skip_broken)?;
    same_classes(all.class_names(), &images, folder)?;
    Ok(Some(images))
}

/// The images of a folder that can be read, which all are decoded for. Those that can't be are an error, or are
/// left out.
pub(crate) fn readable(files: ImageFolder, skip_broken: bool) -> Result<ImageFolder> {
    let broken = files.broken();
    tell(&files);
    settle(&broken, files.len(), skip_broken)?;
    let mut places: Vec<usize> = (0..files.len()).collect();
    places.retain(|place| broken.binary_search_by_key(place, |(other, _)| *other).is_err());
    files.subset(&places)
}

/// Tells of what is known of a folder's images once they were read.
pub(crate) fn tell(images: &ImageFolder) {
    for note in images.notes() {
        say::note(note);
    }
}

/// What the samples of a set are called.
pub(crate) fn sample_names(images: &Images) -> Vec<String> {
    (0..images.len()).map(|index| images.sample_name(index)).collect()
}

/// Refuses a test set, of this folder, that has other classes.
pub(crate) fn same_classes(known: &[String], test: &impl Dataset, folder: &Path) -> Result<()> {
    if known == test.class_names() {
        return Ok(());
    }
    let list = |names: &[String]| match names.len() {
        0..=20 => names.join(", "),
        count => format!("{} and {} others", names[..3].join(", "), count - 3),
    };
    Err(Error::data(format!(
        "its classes are {}, those of the model are {}",
        list(test.class_names()),
        list(known)
    ))
    .at(folder.display()))
}

/// Refuses images that can't be read, or says that they are left out.
fn settle(broken: &[(usize, Error)], images: usize, skip: bool) -> Result<()> {
    let errors: Vec<&Error> = broken.iter().map(|(_, error)| error).collect();
    let count = errors.len();
    if count == 0 {
        return Ok(());
    }
    if !skip || count == images {
        return Err(Error::data(format!(
            "{count} of {images} images can't be read, which `--skip-broken` leaves out:{}",
            listed(&errors)
        )));
    }
    for error in errors.iter().take(NAMED) {
        say::note(format!("left out: {error}"));
    }
    if let Some(more @ 1..) = count.checked_sub(NAMED) {
        say::note(format!("left out: {more} more images that can't be read"));
    }
    Ok(())
}

/// What is wrong with images, in a line each.
pub(crate) fn listed<Text: std::fmt::Display>(errors: &[Text]) -> String {
    let mut text = String::new();
    for error in errors.iter().take(NAMED) {
        text += &format!("\n  {error}");
    }
    if let Some(more @ 1..) = errors.len().checked_sub(NAMED) {
        text += &format!("\n  and {more} more");
    }
    text
}
