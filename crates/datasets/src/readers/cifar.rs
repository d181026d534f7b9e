//! CIFAR-10 and CIFAR-100, in their binary version: records of labels and 32×32 pixels in colour.
//!
//! Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009).

use std::io::Read;
use std::path::Path;

use plywood_tensor::{Error, Result, Tensor};

use super::source::{Source, find, with_file};
use crate::images::Images;

/// The bytes of an image: the red plane, the green, the blue.
const PIXELS: usize = 3 * 32 * 32;

/// No part of either has a tenth of this.
const MOST_BYTES: usize = 1 << 31;

/// Images `[3, 32, 32]` of ten kinds of animals and vehicles: 50,000 for training and 10,000 for the test.
///
/// ```
/// use plywood_datasets::{Cifar10, Dataset};
///
/// let mut record = vec![0; 1 + 3 * 32 * 32]; // a label, and the red plane, the green, the blue
/// record[0] = 3;
/// let images = Cifar10::read(&record[..])?;
/// assert_eq!((images.len(), images.shape()), (1, [3, 32, 32]));
/// assert_eq!(images.class_names()[3], "cat");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Cifar10;

/// Images `[3, 32, 32]` of 100 kinds of things: 50,000 for training and 10,000 for the test.
///
/// ```
/// use plywood_datasets::{Cifar100, Dataset};
///
/// // The labels of 20 groups and of 100 classes, of which the second counts, and three planes.
/// let mut record = vec![0; 2 + 3 * 32 * 32];
/// record[..2].copy_from_slice(&[4, 0]);
/// let images = Cifar100::read(&record[..], ["apple", "aquarium fish"])?;
/// assert_eq!((images.len(), images.class_names()[0].as_str()), (1, "apple"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Cifar100;

impl Cifar10 {
    /// The names of the classes.
    pub const CLASS_NAMES: [&str; 10] =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// Reads records of a label and an image, as many as there are.
    ///
    /// # Errors
    /// When there are none, the last is cut short, or a label is above 9.
    pub fn read(reader: impl Read) -> Result<Images> {
        let mut records = Records::new(1, Self::CLASS_NAMES);
        records.read(reader)?;
        records.images()
    }

    /// The training images (`data_batch_1.bin` to `data_batch_5.bin`) and the test images
    /// (`test_batch.bin`) in a folder, each plain or gzipped.
    ///
    /// # Errors
    /// When a file is missing or broken.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<(Images, Images)> {
        let read = |names: &[String]| {
            let mut records = Records::new(1, Self::CLASS_NAMES);
            for name in names {
                records.read_file(folder.as_ref(), name, "the archive cifar-10-binary has it")?;
            }
            records.images().map_err(|e| e.at(folder.as_ref().display()))
        };
        let train: Vec<String> = (1..=5).map(|part| format!("data_batch_{part}.bin")).collect();
        Ok((read(&train)?, read(&["test_batch.bin".into()])?))
    }
}

impl Cifar100 {
    /// Reads records of two labels, of which the second and finer is taken, and an image, as many
    /// as there are. `class_names` has the name of each of the 100 classes.
    ///
    /// # Errors
    /// When there are none, the last is cut short, or a label has no name.
    pub fn read<Name: Into<String>>(
        reader: impl Read,
        class_names: impl IntoIterator<Item = Name>,
    ) -> Result<Images> {
        let mut records = Records::new(2, class_names);
        records.read(reader)?;
        records.images()
    }

    /// The training images (`train.bin`) and the test images (`test.bin`) in a folder, each plain
    /// or gzipped, with the names in `fine_label_names.txt`.
    ///
    /// # Errors
    /// When a file is missing or broken.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<(Images, Images)> {
        let folder = folder.as_ref();
        let hint = "the archive cifar-100-binary has it";
        let names = find(folder, &["fine_label_names.txt".into()], hint)?;
        let names = with_file(&names, |file| {
            let text = Source::new(file)?.rest(1 << 16)?;
            Ok(String::from_utf8_lossy(&text).into_owned())
        })?;
        let read = |name: &str| {
            let names = names.lines().map(str::trim).filter(|name| !name.is_empty());
            let mut records = Records::new(2, names);
            records.read_file(folder, name, hint)?;
            records.images().map_err(|e| e.at(folder.join(name).display()))
        };
        Ok((read("train.bin")?, read("test.bin")?))
    }
}

/// The images and labels of one or more files.
struct Records {
    /// How many labels each record has; the last is taken.
    label_bytes: usize,
    class_names: Vec<String>,
    pixels: Vec<u8>,
    labels: Vec<u32>,
}

impl Records {
    fn new<Name: Into<String>>(
        label_bytes: usize,
        class_names: impl IntoIterator<Item = Name>,
    ) -> Self {
        let class_names = class_names.into_iter().map(Into::into).collect();
        Self { label_bytes, class_names, pixels: Vec::new(), labels: Vec::new() }
    }

    fn read(&mut self, reader: impl Read) -> Result<()> {
        let parse = || {
            let bytes = Source::new(reader)?.rest(MOST_BYTES)?;
            let record = self.label_bytes + PIXELS;
            let whole = bytes.len() / record;
            if bytes.len() % record != 0 {
                return Err(Error::data(format!(
                    "{} bytes are {whole} records of {record} bytes and {} more",
                    bytes.len(),
                    bytes.len() % record
                ))
                .hint("it is cut short, or of another format"));
            }
            let classes = self.class_names.len();
            for (place, record) in bytes.chunks_exact(record).enumerate() {
                let (labels, pixels) = record.split_at(self.label_bytes);
                let label = labels.last().copied().unwrap_or(0);
                if usize::from(label) >= classes {
                    return Err(Error::data(format!(
                        "record {place} has label {label}, there are {classes} class names"
                    ))
                    .hint("labels and records count from 0"));
                }
                self.labels.push(u32::from(label));
                self.pixels.extend(pixels);
            }
            Ok(())
        };
        parse().map_err(|e: Error| e.operation("cifar"))
    }

    fn read_file(&mut self, folder: &Path, name: &str, hint: &str) -> Result<()> {
        let path = find(folder, &[name.into()], hint)?;
        with_file(&path, |file| self.read(file))
    }

    fn images(self) -> Result<Images> {
        let pixels = Tensor::from_vec(self.pixels, [self.labels.len(), 3, 32, 32])?;
        Images::new(pixels, self.labels, self.class_names)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::idx::tests::gzipped;
    use super::*;
    use crate::dataset::Dataset;
    use crate::draw::Draw;

    fn record(labels: &[u8], red: u8) -> Vec<u8> {
        let planes = [red, 0, 255].map(|value| [value; 1024]).concat();
        [labels, &planes].concat()
    }

    #[test]
    fn labels_and_planes() {
        let file = [record(&[3], 51), record(&[9], 102)].concat();
        let images = Cifar10::read(&gzipped(&file)[..]).unwrap();
        assert_eq!(images.labels(), [3, 9]);
        let batch = images.batch(&[1], &Draw::evaluation()).unwrap();
        let pixel = [0, 1, 2].map(|c| batch.images.get(&[0, c, 31, 5]).unwrap());
        assert_eq!(pixel, [0.4, 0.0, 1.0]);

        let file = record(&[1, 2], 51);
        let images = Cifar100::read(&file[..], ["a", "b", "c"]).unwrap();
        assert_eq!(images.labels(), [2]);
    }

    #[test]
    fn folders() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        };
        for part in 1..=5 {
            write(&format!("data_batch_{part}.bin"), &record(&[part], 0));
        }
        assert_eq!(
            Cifar10::from_dir(folder.path()).unwrap_err().to_string(),
            format!(
                "{}: there is no file test_batch.bin; the archive cifar-10-binary has it",
                folder.path().display()
            ),
        );
        write("test_batch.bin", &record(&[0], 0));
        let (train, test) = Cifar10::from_dir(folder.path()).unwrap();
        assert_eq!((train.labels(), test.labels()), (vec![1, 2, 3, 4, 5], vec![0]));

        // Of several files it is said which.
        let broken = [record(&[4], 0), record(&[10], 0)].concat();
        write("data_batch_3.bin", &broken);
        assert_eq!(
            Cifar10::from_dir(folder.path()).unwrap_err().to_string(),
            format!(
                "{}: cifar: record 1 has label 10, there are 10 class names; \
                 labels and records count from 0",
                folder.path().join("data_batch_3.bin").display()
            ),
        );

        write("fine_label_names.txt", b"apple\nbear\n\n");
        write("train.bin", &record(&[0, 1], 0));
        write("test.bin", &record(&[0, 2], 0));
        assert_eq!(
            Cifar100::from_dir(folder.path()).unwrap_err().to_string(),
            format!(
                "{}: cifar: record 0 has label 2, there are 2 class names; \
                 labels and records count from 0",
                folder.path().join("test.bin").display()
            ),
        );
        write("test.bin", &record(&[0, 0], 0));
        let (_, test) = Cifar100::from_dir(folder.path()).unwrap();
        assert_eq!(test.class_names(), ["apple", "bear"]);
    }

    #[test]
    fn broken_files_are_refused() {
        let refusal = |file: &[u8]| Cifar10::read(file).unwrap_err().to_string();
        assert_eq!(
            refusal(&record(&[3], 1)[..3000]),
            "cifar: 3000 bytes are 0 records of 3073 bytes and 3000 more; \
             it is cut short, or of another format",
        );
        assert_eq!(
            refusal(&record(&[10], 1)),
            "cifar: record 0 has label 10, there are 10 class names; \
             labels and records count from 0",
        );
        assert_eq!(refusal(&[]), "images: images [0, 3, 32, 32] (N, C, H, W) are empty",);
    }

    proptest! {
        #[test]
        fn prop_no_bytes_bring_the_reader_down(
            bytes in proptest::collection::vec(any::<u8>(), 0..7000),
        ) {
            let whole = bytes.len() / 3073 * 3073;
            let _ = Cifar10::read(&bytes[..]);
            let _ = Cifar10::read(&bytes[..whole]);
        }
    }
}
