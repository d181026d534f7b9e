//! Which samples are in which batch of an epoch.

use plywood_tensor::Result;

use super::DataLoader;
use crate::dataset::Dataset;
use crate::draw::{Draw, epoch_rng};

/// One epoch: its order and its randomness. Any batch of it can be made at any time.
pub(super) struct Plan<D> {
    dataset: D,
    order: Vec<usize>,
    batch_size: usize,
    pub(super) batches: usize,
    draw: Draw,
}

impl<D: Dataset> Plan<D> {
    pub(super) fn new(loader: &DataLoader<D>, epoch: usize, batches: usize) -> Self {
        let samples = loader.dataset.len();
        Self {
            dataset: loader.dataset.clone(),
            order: match loader.settings.shuffle {
                Some(seed) => epoch_rng(seed, *b"shuffle ", epoch).permutation(samples),
                None => (0..samples).collect(),
            },
            batch_size: loader.settings.batch_size,
            batches,
            draw: match loader.settings.augment {
                Some(seed) => Draw::training(seed, epoch),
                None => Draw::evaluation(),
            },
        }
    }

    /// The batch at `index` of the epoch, which must be below `batches`.
    pub(super) fn batch(&self, index: usize) -> Result<D::Batch> {
        self.dataset.batch(self.samples(index), &self.draw)
    }

    /// The samples of that batch, by their places in the data set.
    pub(super) fn samples(&self, index: usize) -> &[usize] {
        let start = index * self.batch_size;
        let end = self.order.len().min(start.saturating_add(self.batch_size));
        &self.order[start..end]
    }
}
