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
pub struct Draw(Option<Training>);

#[derive(Clone, Debug)]
struct Training {
    epoch: usize,
    /// Of this epoch.
    rng: Rng,
    /// Of all epochs.
    lasting: Rng,
}

/// What a [transform](crate::Transform) may let a picture depend on when it is shown in training.
#[derive(Clone, Debug, PartialEq)]
pub struct Showing {
    /// The epoch, counted from 0.
    pub epoch: usize,
    /// The sample's generator of this epoch.
    pub rng: Rng,
    /// The sample's generator that is the same in every epoch.
    pub lasting: Rng,
}

impl Draw {
    /// The randomness of an epoch of training.
    pub fn training(seed: Seed, epoch: usize) -> Self {
        let rng = epoch_rng(seed, *b"augment ", epoch);
        Self(Some(Training { epoch, rng, lasting: Rng::new(seed).fork(purpose(*b"lasting ")) }))
    }

    /// No randomness: augmentation is off.
    pub fn evaluation() -> Self {
        Self(None)
    }

    /// The generator for the sample at `index`; `None` when augmentation is off.
    pub fn sample(&self, index: usize) -> Option<Rng> {
        self.0.as_ref().map(|training| training.rng.fork(index as u64))
    }

    /// Everything that the sample at `index` may depend on; `None` when augmentation is off.
    pub fn showing(&self, index: usize) -> Option<Showing> {
        self.0.as_ref().map(|Training { epoch, rng, lasting }| {
            let index = index as u64;
            Showing { epoch: *epoch, rng: rng.fork(index), lasting: lasting.fork(index) }
        })
    }
}

/// The generator for one purpose in one epoch. Purposes are words and not small numbers, so that
/// they don't meet what others derive from the same seed.
pub(crate) fn epoch_rng(seed: Seed, purpose: [u8; 8], epoch: usize) -> Rng {
    Rng::new(seed).fork(self::purpose(purpose)).fork(epoch as u64)
}

fn purpose(word: [u8; 8]) -> u64 {
    u64::from_le_bytes(word)
}
