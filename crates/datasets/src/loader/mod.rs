//! The data loader: an epoch's samples in order or shuffled, cut into batches, read ahead.

mod epoch;
mod plan;
mod workers;

pub use epoch::Epoch;

use plywood_tensor::{Error, Result, Row, Seed};

use crate::dataset::Dataset;
use plan::Plan;

/// Cuts a data set into batches, epoch by epoch.
///
/// The order of an epoch depends on the seed and the epoch's number alone, so any batch of any
/// epoch can be had without those before it ([`epoch_from`](Self::epoch_from)), and the number of
/// threads changes nothing in the batches. Threads are the loader's own, and what they call runs on
/// them alone: they never wait for the pool that kernels run on.
///
/// ```
/// use plywood_datasets::{DataLoader, Digits};
/// use plywood_tensor::Seed;
///
/// let digits = Digits::embedded()?;
/// let loader = DataLoader::new(&digits).batch_size(64).shuffle(Seed(7)).threads(2);
/// assert_eq!(loader.batches()?, 29); // 28 of 64, and the last of 5
///
/// let whole: Vec<_> = loader.epoch(3).collect::<Result<_, _>>()?;
/// let rest: Vec<_> = loader.epoch_from(3, 20).collect::<Result<_, _>>()?;
/// assert_eq!(whole[20..], rest);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DataLoader<D> {
    dataset: D,
    batch_size: usize,
    order: Option<Seed>,
    augment: Option<Seed>,
    threads: usize,
    drop_last: bool,
}

impl<D: Dataset> DataLoader<D> {
    /// A loader of batches of 32 in the data set's order, without augmentation, the last batch
    /// possibly smaller, on the calling thread.
    pub fn new(dataset: &D) -> Self {
        Self {
            dataset: dataset.clone(),
            batch_size: 32,
            order: None,
            augment: None,
            threads: 0,
            drop_last: false,
        }
    }

    /// The number of samples in a batch.
    #[must_use]
    pub fn batch_size(mut self, samples: usize) -> Self {
        self.batch_size = samples;
        self
    }

    /// Gives each epoch an order of its own.
    #[must_use]
    pub fn shuffle(mut self, seed: Seed) -> Self {
        self.order = Some(seed);
        self
    }

    /// Switches augmentation on, if the data set has any.
    #[must_use]
    pub fn augment(mut self, seed: Seed) -> Self {
        self.augment = Some(seed);
        self
    }

    /// How many threads read ahead, each up to two batches; with 0 the caller makes each batch
    /// when it asks for it.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Whether a last batch smaller than the others is left out.
    #[must_use]
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }

    /// The data set.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// The number of batches in an epoch, at least 1.
    ///
    /// # Errors
    /// When there can be none: the data set is empty, the batch size is 0, or the only batch is
    /// smaller than the others and left out.
    pub fn batches(&self) -> Result<usize> {
        let samples = self.dataset.len();
        let refuse = |error: Error| Err(error.operation("data loader"));
        if self.batch_size == 0 {
            return refuse(Error::value("a batch size of 0").hint("it must be at least 1"));
        }
        if samples == 0 {
            return refuse(Error::value("the data set has no samples"));
        }
        if !self.drop_last {
            return Ok(samples.div_ceil(self.batch_size));
        }
        if samples < self.batch_size {
            let size = self.batch_size;
            return refuse(
                Error::value(format!(
                    "{samples} samples are no whole batch of {size}, and smaller ones are left out"
                ))
                .hint("take a smaller batch size, or drop_last(false)"),
            );
        }
        Ok(samples / self.batch_size)
    }

    /// The batches of an epoch. What makes [`batches`](Self::batches) fail comes as the first and
    /// only item.
    pub fn epoch(&self, epoch: usize) -> Epoch<D> {
        self.epoch_from(epoch, 0)
    }

    /// The batches of an epoch from the `first` on (counted from 0), as they are in the whole
    /// epoch: how a run that was stopped in the middle of one goes on.
    pub fn epoch_from(&self, epoch: usize, first: usize) -> Epoch<D> {
        let plan = self.batches().and_then(|batches| {
            if first > batches {
                return Err(Error::index(format!(
                    "an epoch of {batches} batches can't begin at batch {first}"
                ))
                .operation("data loader"));
            }
            Ok(Plan::new(self, epoch, batches))
        });
        match plan {
            Ok(plan) => Epoch::new(plan, first, self.threads),
            Err(error) => Epoch::refused(error),
        }
    }

    /// Names the sample that an error about a [row](Error::row) of a batch is about, by what the data set
    /// [calls](Dataset::sample_name) it. The place of a sample in a shuffled batch is of no use to whoever
    /// has to mend it. An error about something else stays as it is, and so does one about other rows than
    /// the batch's samples, such as the words of sentences.
    ///
    /// ```
    /// use plywood_datasets::{DataLoader, Rows};
    /// use plywood_tensor::{Error, Row, Seed, Tensor};
    ///
    /// let rows = Rows::new(Tensor::zeros([3, 2]), Tensor::from([0_u32, 7, 1]))?;
    /// let loader = DataLoader::new(&rows).batch_size(2).shuffle(Seed(5));
    /// for (index, batch) in loader.epoch(0).enumerate() {
    ///     let labels = batch?.target;
    ///     if let Some(place) = labels.as_slice().iter().position(|&label| label > 1) {
    ///         let row = Row { place, rows: labels.numel() };
    ///         let error = loader.locate(Error::index("label 7").in_row(row), 0, index);
    ///         assert_eq!(error.to_string(), "sample 1: label 7");
    ///     }
    /// }
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[must_use]
    pub fn locate(&self, error: Error, epoch: usize, batch: usize) -> Error {
        let (Some(Row { place, rows }), Ok(batches)) = (error.row(), self.batches()) else {
            return error;
        };
        if batch >= batches {
            return error;
        }
        let plan = Plan::new(self, epoch, batches);
        match plan.samples(batch) {
            samples if samples.len() == rows && place < rows => {
                error.name_row(self.dataset.sample_name(samples[place]))
            }
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests;
