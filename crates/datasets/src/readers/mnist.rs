//! MNIST and Fashion-MNIST from a folder of their files.

use std::path::Path;

use plywood_tensor::Result;

use super::idx::{classes, read_file};
use super::source::find;
use crate::images::Images;

/// Handwritten digits: 60,000 for training and 10,000 for the test, 28×28 greys.
///
/// Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
/// document recognition" (1998).
///
/// ```no_run
/// use plywood_datasets::Mnist;
///
/// // `plywood fetch mnist --data data` brings them.
/// let (train, test) = Mnist::from_dir("data/mnist")?;
/// assert_eq!(train.shape(), [1, 28, 28]);
/// # let _ = test;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Mnist;

/// Images of clothes, of the same sizes and numbers as [`Mnist`] and harder.
///
/// Source: H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST" (2017), MIT.
///
/// ```no_run
/// use plywood_datasets::{Dataset, FashionMnist};
///
/// // `plywood fetch fashion --data data` brings them.
/// let (train, _test) = FashionMnist::from_dir("data/fashion")?;
/// assert_eq!(train.class_names()[9], "ankle boot");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct FashionMnist;

impl Mnist {
    /// The training and the test images, from a folder with the four files by their usual names
    /// (`train-images-idx3-ubyte` and so on), plain or gzipped.
    ///
    /// # Errors
    /// When a file is missing or broken.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<(Images, Images)> {
        let names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        from_dir(
            folder.as_ref(),
            names,
            "`plywood fetch mnist --data DIR` brings it into DIR/mnist",
        )
    }
}

impl FashionMnist {
    /// The training and the test images, from a folder with the four files by their usual names
    /// (`train-images-idx3-ubyte` and so on), plain or gzipped.
    ///
    /// # Errors
    /// When a file is missing or broken.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<(Images, Images)> {
        let names = [
            "T-shirt",
            "trousers",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ];
        from_dir(
            folder.as_ref(),
            names,
            "`plywood fetch fashion --data DIR` brings it into DIR/fashion",
        )
    }
}

fn from_dir(folder: &Path, names: [&str; 10], hint: &str) -> Result<(Images, Images)> {
    let read = |part: &str| {
        let [images, labels] = [("images", 3), ("labels", 1)].map(|(what, rank)| {
            // Some mirrors and tools spell the names with a dot.
            let names = ["-", "."].map(|dot| format!("{part}-{what}{dot}idx{rank}-ubyte"));
            find(folder, &names, hint)
        });
        let (images, labels) = (images?, labels?);
        let bytes = |path: &Path| read_file(path)?.into_bytes().map_err(|e| e.at(path.display()));
        let (pixels, bytes) = (bytes(&images)?, bytes(&labels)?);
        let labels = classes(&bytes, names.len()).map_err(|e| e.at(labels.display()))?;
        Images::from_bytes(&pixels, labels, names).map_err(|e| e.at(images.display()))
    };
    Ok((read("train")?, read("t10k")?))
}

#[cfg(test)]
mod tests {
    use super::super::idx::tests::{file, gzipped};
    use super::*;
    use crate::dataset::Dataset;

    #[test]
    fn both_spellings_plain_and_gzipped() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        };
        let images = file(8, &[3, 2, 2], &[0; 12]);
        write("train-images-idx3-ubyte", &images);
        write("train-labels-idx1-ubyte.gz", &gzipped(&file(8, &[3], &[7, 8, 9])));
        write("t10k-images.idx3-ubyte", &images);
        write("t10k-labels.idx1-ubyte.gz", &file(8, &[3], &[1, 2, 3]));
        let (train, test) = Mnist::from_dir(folder.path()).unwrap();
        assert_eq!((train.len(), train.labels(), test.labels()), (3, vec![7, 8, 9], vec![1, 2, 3]));

        write("t10k-labels.idx1-ubyte.gz", &file(8, &[3], &[1, 10, 3]));
        let labels = folder.path().join("t10k-labels.idx1-ubyte.gz");
        assert_eq!(
            Mnist::from_dir(folder.path()).unwrap_err().to_string(),
            format!(
                "{}: image 1 has label 10, there are 10 class names; labels count from 0",
                labels.display()
            ),
        );
        write("t10k-labels.idx1-ubyte.gz", &images);
        assert_eq!(
            Mnist::from_dir(folder.path()).unwrap_err().to_string(),
            format!(
                "{}: labels [3, 2, 2] have 3 axes, they should have 1 (N); is it the file of the images?",
                labels.display()
            ),
        );
        write("t10k-labels.idx1-ubyte.gz", &file(8, &[2], &[1, 2]));
        assert_eq!(
            FashionMnist::from_dir(folder.path()).unwrap_err().to_string(),
            format!(
                "{}: images: 3 images [3, 1, 2, 2] (N, C, H, W) have 2 labels; \
                 check that both belong to the same part of the data",
                folder.path().join("t10k-images.idx3-ubyte").display()
            ),
        );
    }

    #[test]
    fn what_is_missing_is_named_and_how_to_get_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            Mnist::from_dir(folder.path()).unwrap_err().to_string(),
            format!(
                "{}: there is no file train-images-idx3-ubyte or train-images.idx3-ubyte; \
                 `plywood fetch mnist --data DIR` brings it into DIR/mnist",
                folder.path().display()
            ),
        );
        assert_eq!(
            FashionMnist::from_dir("no/such/folder").unwrap_err().to_string(),
            "no/such/folder: there is no such folder; `plywood fetch fashion --data DIR` brings it into \
             DIR/fashion",
        );
    }
}
