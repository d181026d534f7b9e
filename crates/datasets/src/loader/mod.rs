//! The data loader: an epoch's samples in order or shuffled, cut into batches, read ahead.

mod by_length;
mod epoch;
mod plan;
mod workers;

pub use epoch::Epoch;

use plywood_tensor::{Error, Result, Row, Seed};

use crate::Settings;
use crate::dataset::Dataset;
use by_length::{batches_by_length, order_by_length};
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
    settings: LoaderSettings,
}

#[derive(Clone, Debug, Settings)]
#[settings(held_by(<D: Dataset> DataLoader<D>, settings))]
struct LoaderSettings {
    /// The number of samples in a batch. The last of an epoch may be smaller.
    #[setting(default = 32, range = 1.0..)]
    batch_size: usize,
    /// Makes batches of samples of like [lengths](Dataset::lengths), each of as many as have at most this many tokens
    /// when all are filled up to the longest; the batch size doesn't matter then. The batches of a shuffled epoch come
    /// in an order of its own, and samples of equal lengths change places between them. By default all batches are of
    /// one size.
    #[setting(range = 1.0.., alias = "max_tokens")]
    batch_tokens: Option<usize>,
    /// Gives each epoch an order of its own. By default it is the data set's.
    shuffle: Option<Seed>,
    /// Switches augmentation on, if the data set has any. By default it is off.
    augment: Option<Seed>,
    /// How many threads read ahead, each up to two batches; with 0 the caller makes each batch
    /// when it asks for it.
    #[setting(default = 0, alias = "num_workers")]
    threads: usize,
    /// Whether a last batch smaller than the others is left out.
    #[setting(default = false)]
    drop_last: bool,
}

impl<D: Dataset> DataLoader<D> {
    /// A loader of batches of 32 in the data set's order, without augmentation, the last batch
    /// possibly smaller, on the calling thread.
    pub fn new(dataset: &D) -> Self {
        Self { dataset: dataset.clone(), settings: LoaderSettings::default() }
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
        let named = |error: Error| error.operation("data loader");
        self.settings.check().map_err(named)?;
        if samples == 0 {
            return Err(named(Error::value("the data set has no samples")));
        }
        let LoaderSettings { batch_size: size, drop_last, batch_tokens, .. } = self.settings;
        if let Some(tokens) = batch_tokens {
            if drop_last {
                return Err(named(
                    Error::value(
                        "batches by tokens have no size of which the last could be smaller",
                    )
                    .hint("leave out `drop_last` or `batch_tokens`"),
                ));
            }
            let lengths = self.lengths().map_err(named)?;
            let order = order_by_length(&lengths, None);
            return Ok(batches_by_length(&lengths, &order, tokens).map_err(named)?.len());
        }
        if !drop_last {
            return Ok(samples.div_ceil(size));
        }
        if samples < size {
            let error = Error::value(format!(
                "{samples} samples are no whole batch of {size}, and smaller ones are left out"
            ));
            return Err(named(error.hint("take a smaller batch size, or drop_last(false)")));
        }
        Ok(samples / size)
    }

    /// The lengths of all samples.
    fn lengths(&self) -> Result<Vec<[usize; 2]>> {
        let lengths = (0..self.dataset.len()).map(|sample| self.dataset.lengths(sample));
        lengths.collect::<Option<_>>().ok_or_else(|| {
            Error::value("the samples have no lengths to make batches by")
                .hint("`batch_size` makes batches of one size")
        })
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
            Plan::new(self, epoch, batches)
        });
        match plan {
            Ok(plan) => Epoch::new(plan, first, self.settings.threads),
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
        let Ok(plan) = Plan::new(self, epoch, batches) else { return error };
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
