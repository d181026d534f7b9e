//! Which samples are in which batch of an epoch.

use std::ops::Range;

use plywood_tensor::Result;

use super::DataLoader;
use super::by_length::{batches_by_length, order_by_length};
use crate::dataset::Dataset;
use crate::draw::{Draw, epoch_rng};

/// One epoch: its order and its randomness. Any batch of it can be made at any time.
pub(super) struct Plan<D> {
    dataset: D,
    order: Vec<usize>,
    cuts: Cuts,
    pub(super) batches: usize,
    draw: Draw,
}

/// Where the order is cut into batches.
enum Cuts {
    /// Batches of one size.
    Every(usize),
    /// Each batch where it is in the order.
    At(Vec<Range<usize>>),
}

impl<D: Dataset> Plan<D> {
    pub(super) fn new(loader: &DataLoader<D>, epoch: usize, batches: usize) -> Result<Self> {
        let settings = &loader.settings;
        let samples = loader.dataset.len();
        let mut rng = settings.shuffle.map(|seed| epoch_rng(seed, *b"shuffle ", epoch));
        let (order, cuts) = match (settings.batch_tokens, &mut rng) {
            (None, Some(rng)) => (rng.permutation(samples), Cuts::Every(settings.batch_size)),
            (None, None) => ((0..samples).collect(), Cuts::Every(settings.batch_size)),
            (Some(tokens), rng) => {
                let lengths = loader.lengths()?;
                let order = order_by_length(&lengths, rng.as_mut());
                let mut batches = batches_by_length(&lengths, &order, tokens)?;
                if let Some(rng) = rng {
                    let turns = rng.permutation(batches.len());
                    batches = turns.into_iter().map(|turn| batches[turn].clone()).collect();
                }
                (order, Cuts::At(batches))
            }
        };
        let draw = match settings.augment {
            Some(seed) => Draw::training(seed, epoch),
            None => Draw::evaluation(),
        };
        Ok(Self { dataset: loader.dataset.clone(), order, cuts, batches, draw })
    }

    /// The batch at `index` of the epoch, which must be below `batches`.
    pub(super) fn batch(&self, index: usize) -> Result<D::Batch> {
        self.dataset.batch(self.samples(index), &self.draw)
    }

    /// The samples of that batch, by their places in the data set.
    pub(super) fn samples(&self, index: usize) -> &[usize] {
        match &self.cuts {
            Cuts::At(batches) => &self.order[batches[index].clone()],
            &Cuts::Every(size) => {
                let start = index * size;
                let end = self.order.len().min(start.saturating_add(size));
                &self.order[start..end]
            }
        }
    }
}
