//! The randomness of augmentation, keyed by seed, epoch and sample.

use plywood_tensor::{Rng, Seed};

/// The randomness of one epoch's augmentation: a generator of its own for each sample.
///
/// What a sample looks like depends on (seed, epoch, sample) and on nothing else: not on its batch,
/// nor on the thread that makes it.
///
/// ```
/// use plywood_datasets::Draw;
/// use plywood_tensor::Seed;
///
/// let draw = Draw::training(Seed(7), 3);
/// assert_eq!(draw.sample(42), draw.clone().sample(42));
/// assert_ne!(draw.sample(42), Draw::training(Seed(7), 4).sample(42));
/// assert_eq!(Draw::evaluation().sample(42), None);
/// ```
#[derive(Clone, Debug)]
pub struct Draw(Option<Rng>);

impl Draw {
    /// The randomness of an epoch of training.
    pub fn training(seed: Seed, epoch: usize) -> Self {
        Self(Some(epoch_rng(seed, *b"augment ", epoch)))
    }

    /// No randomness: augmentation is off.
    pub fn evaluation() -> Self {
        Self(None)
    }

    /// The generator for the sample at `index`; `None` when augmentation is off.
    pub fn sample(&self, index: usize) -> Option<Rng> {
        self.0.as_ref().map(|rng| rng.fork(index as u64))
    }
}

/// The generator for one purpose in one epoch. Purposes are words and not small numbers, so that
/// they don't meet what others derive from the same seed.
pub(crate) fn epoch_rng(seed: Seed, purpose: [u8; 8], epoch: usize) -> Rng {
    Rng::new(seed).fork(u64::from_le_bytes(purpose)).fork(epoch as u64)
}
