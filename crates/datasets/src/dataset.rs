//! The data set: samples that can be had by index.

use plywood_tensor::{Error, Result};

use crate::batch::Batch;
use crate::draw::Draw;

/// Samples that can be had by index, as whole batches.
///
/// A data set is a handle: `clone` is cheap, because what is large is shared (behind an
/// [`Arc`](std::sync::Arc) or in a tensor). Loader threads hold clones, hence `Send + Sync`.
///
/// ```
/// use plywood_datasets::{Dataset, Draw, ImageBatch};
/// use plywood_tensor::{Result, Tensor};
///
/// /// Images of one grey each: below one half is class 0.
/// #[derive(Clone)]
/// struct Greys(usize);
///
/// impl Dataset for Greys {
///     type Batch = ImageBatch;
///
///     fn len(&self) -> usize {
///         self.0
///     }
///
///     fn batch(&self, indices: &[usize], _: &Draw) -> Result<ImageBatch> {
///         let grey = |index: usize| index as f32 / self.0 as f32;
///         Ok(ImageBatch {
///             images: Tensor::from_fn([indices.len(), 1, 4, 4], |at| grey(indices[at[0]])),
///             labels: indices.iter().map(|&i| u32::from(grey(i) >= 0.5)).collect::<Vec<_>>().into(),
///         })
///     }
///
///     fn fingerprint(&self) -> String {
///         format!("{} greys", self.0)
///     }
/// }
///
/// let batch = Greys(10).batch(&[2, 7], &Draw::evaluation())?;
/// assert_eq!(batch.labels, Tensor::from([0, 1]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait Dataset: Clone + Send + Sync + 'static {
    /// What a batch of samples is.
    type Batch: Batch;

    /// The number of samples.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The samples at `indices`, in that order, as one batch. Augmentation takes all its
    /// randomness from `draw`, so that the same arguments give the same bytes.
    ///
    /// # Errors
    /// When an index is out of range, or a sample can't be read.
    fn batch(&self, indices: &[usize], draw: &Draw) -> Result<Self::Batch>;

    /// A short line that tells this data from other data, such as the number of samples and a
    /// checksum: what a checkpoint compares before it goes on.
    fn fingerprint(&self) -> String;

    /// What errors call a sample: the file or line that it comes from, where there is one. By default its
    /// place in the data set, such as `sample 7`.
    fn sample_name(&self, index: usize) -> String {
        format!("sample {index}")
    }

    /// The lengths of a sample's sequences, such as a translation's and its sentence's, the one that weighs most first: by
    /// them a [loader](crate::DataLoader::batch_tokens) puts samples of like lengths into a batch. None by default, for
    /// samples that are all of one size.
    fn lengths(&self, index: usize) -> Option<[usize; 2]> {
        let _ = index;
        None
    }

    /// The names of the classes, that of class 0 first; none when there are no classes, or they
    /// have no names. Reports show them.
    fn class_names(&self) -> &[String] {
        &[]
    }
}

/// Refuses indices outside a data set of `len` samples.
pub(crate) fn check_indices(indices: &[usize], len: usize) -> Result<()> {
    match indices.iter().find(|&&index| index >= len) {
        None => Ok(()),
        Some(index) => {
            Err(Error::index(format!("there is no sample {index} in a data set of {len}")))
        }
    }
}

/// As [`check_indices`], for a subset, which must have samples.
pub(crate) fn check_subset(indices: &[usize], len: usize) -> Result<()> {
    let check = || {
        if indices.is_empty() {
            return Err(Error::value("a subset of no samples"));
        }
        check_indices(indices, len)
    };
    check().map_err(|e| e.operation("subset"))
}
