//! MedMNIST's sets of small medical images: a `.npz` file each, with three parts.

use std::path::Path;

use plywood_tensor::{Error, Result, Tensor};

use super::npz::Npz;
use crate::images::Images;

/// Sets of MedMNIST: medical images of one size, grey `[1, H, W]` or in colour `[3, H, W]`, with a class each.
///
/// Source: J. Yang et al., "MedMNIST v2" (2023); each set has a licence of its own.
///
/// ```
/// use plywood_datasets::{Dataset, MedMnist, Npz};
///
/// # let npy = |sizes: &str, bytes: &[u8]| {
/// #     let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({sizes})}}");
/// #     let length = (header.len() as u16).to_le_bytes();
/// #     [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), bytes].concat()
/// # };
/// # let mut file = Vec::new();
/// # let mut zip = rawzip::ZipArchiveWriter::new(&mut file);
/// # for (name, array) in ["train", "val", "test"].map(|part| (part, ("1, 2, 2", "1, 1"))) {
/// #     for (what, array) in [("images", npy(array.0, &[1, 2, 3, 4])), ("labels", npy(array.1, &[1]))] {
/// #         let (mut entry, config) = zip.new_file(&format!("{name}_{what}.npy")).start()?;
/// #         let mut writer = config.wrap(&mut entry);
/// #         std::io::Write::write_all(&mut writer, &array)?;
/// #         let (_, descriptor) = writer.finish()?;
/// #         entry.finish(descriptor)?;
/// #     }
/// # }
/// # zip.finish()?;
/// // Three parts of an image each; `MedMnist::open("data/pneumoniamnist.npz")` knows the classes' names itself.
/// let [train, valid, test] = MedMnist::from_npz(&Npz::read(&file[..])?, ["normal", "pneumonia"])?;
/// assert_eq!((train.shape(), valid.len(), test.labels()), ([1, 2, 2], 1, vec![1]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Other arrays are refused:
///
/// ```
/// use plywood_datasets::{MedMnist, Npz};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/arrays.npz");
/// let error = MedMnist::from_npz(&Npz::open(path)?, ["normal", "pneumonia"]).unwrap_err();
/// assert!(error.to_string().contains("there is no array `train_labels`"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct MedMnist;

impl MedMnist {
    /// The images to learn from, to validate and to test, from a file by its usual name, such as
    /// `pneumoniamnist.npz` or `pneumoniamnist_64.npz`. PneumoniaMNIST's classes have their names, those of other
    /// sets their numbers.
    ///
    /// # Errors
    /// When the file is missing or broken, or as [`from_npz`](Self::from_npz).
    pub fn open(path: impl AsRef<Path>) -> Result<[Images; 3]> {
        let path = path.as_ref();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        let names: &[&str] =
            if stem.starts_with("pneumoniamnist") { &["normal", "pneumonia"] } else { &[] };
        Self::from_npz(&Npz::open(path)?, names.iter().copied()).map_err(|e| e.at(path.display()))
    }

    /// The three parts, from the arrays `train_images`, `train_labels`, `val_images` and so on. Without class names
    /// classes are called by their numbers.
    ///
    /// # Errors
    /// When an array is missing or broken, images are not `[N, H, W]` or `[N, H, W, 3]` bytes, there are not as many
    /// labels as images, an image has several, or one is negative or has no name.
    pub fn from_npz<Name: Into<String>>(
        npz: &Npz,
        class_names: impl IntoIterator<Item = Name>,
    ) -> Result<[Images; 3]> {
        let parts = ["train", "val", "test"];
        let mut labels = Vec::new();
        for part in parts {
            let name = format!("{part}_labels");
            labels.push(classes(npz, &name).map_err(|e| e.operation("medmnist").at(&name))?);
        }
        let mut names: Vec<String> = class_names.into_iter().map(Into::into).collect();
        if names.is_empty() {
            let most = labels.iter().flatten().max().copied().unwrap_or(0);
            names = (0..=most).map(|class| class.to_string()).collect();
        }
        let mut sets = Vec::new();
        for (part, labels) in parts.iter().zip(labels) {
            let name = format!("{part}_images");
            let set = || {
                let pixels = npz.array(&name)?.to_tensor::<u8>()?;
                Images::new(channels_first(&pixels)?, labels, names.clone())
            };
            sets.push(set().map_err(|e: Error| e.operation("medmnist").at(&name))?);
        }
        sets.try_into().map_err(|_| Error::value("three parts").operation("medmnist"))
    }
}

/// Images `[N, H, W]` or `[N, H, W, 3]` as `[N, C, H, W]`.
fn channels_first(pixels: &Tensor<u8>) -> Result<Tensor<u8>> {
    match pixels.shape()[..] {
        [_, _, _] => pixels.unsqueeze(1),
        [_, _, _, 3] => pixels.permute(&[0, 3, 1, 2]),
        _ => Err(Error::shape(format!(
            "images {}, they should be (N, H, W) or (N, H, W, 3)",
            pixels.shape()
        ))
        .hint("sets of volumes aren't read")),
    }
}

/// The most classes that a set may have: each has a name.
const MOST_CLASSES: i64 = 10_000;

/// Labels `[N, 1]` or `[N]`.
fn classes(npz: &Npz, name: &str) -> Result<Vec<u32>> {
    let labels = npz.array(name)?;
    if !matches!(labels.shape()[..], [_] | [_, 1]) {
        return Err(Error::shape(format!(
            "labels {}, there should be one an image: (N, 1)",
            labels.shape()
        ))
        .hint("sets where an image has several aren't read"));
    }
    let labels = labels.whole_numbers()?;
    match labels.iter().position(|label| !(0..MOST_CLASSES).contains(label)) {
        None => Ok(labels.into_iter().map(|label| label as u32).collect()),
        Some(place) => Err(Error::data(format!(
            "label {place} is {}, classes go from 0 to {}",
            labels[place],
            MOST_CLASSES - 1
        ))),
    }
}

#[cfg(test)]
mod tests;
