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

    /// Everything that the sample at `index` may depend on.
    pub fn context(&self, index: usize) -> Context {
        Context(self.0.as_ref().map(|Training { epoch, rng, lasting }| {
            let key = index as u64;
            Shown { epoch: *epoch, sample: index, rng: rng.fork(key), lasting: lasting.fork(key) }
        }))
    }
}

/// What a [transform](crate::Transform) may let an image depend on: in training the epoch, the sample and
/// its generators, in evaluation nothing.
///
/// ```
/// use plywood_datasets::{Context, Draw};
/// use plywood_tensor::Seed;
///
/// let mut context = Draw::training(Seed(7), 3).context(42); // sample 42 in the fourth epoch
/// assert_eq!((context.epoch(), context.sample()), (Some(3), Some(42)));
/// assert!(context.rng().is_some());
/// assert!(Context::evaluation().rng().is_none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Context(Option<Shown>);

#[derive(Clone, Debug, PartialEq)]
struct Shown {
    epoch: usize,
    sample: usize,
    rng: Rng,
    lasting: Rng,
}

impl Context {
    /// That of an evaluation: nothing to draw from.
    pub fn evaluation() -> Self {
        Self(None)
    }

    /// The epoch, counted from 0; none in evaluation.
    pub fn epoch(&self) -> Option<usize> {
        self.0.as_ref().map(|shown| shown.epoch)
    }

    /// The sample's place in its data set; none in evaluation.
    pub fn sample(&self) -> Option<usize> {
        self.0.as_ref().map(|shown| shown.sample)
    }

    /// The sample's generator of this epoch; none in evaluation. It goes on from transform to transform.
    pub fn rng(&mut self) -> Option<&mut Rng> {
        self.0.as_mut().map(|shown| &mut shown.rng)
    }

    /// The sample's generator that is the same in every epoch; none in evaluation.
    pub fn lasting_rng(&mut self) -> Option<&mut Rng> {
        self.0.as_mut().map(|shown| &mut shown.lasting)
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
