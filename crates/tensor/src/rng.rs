//! Random numbers that are a key and a position: Philox4x32-10.
//!
//! A counter-based generator computes its `n`-th number from `n` alone. So threads may draw any
//! part of a sequence in any order, and the state to save is two numbers.
//!
//! Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).

use std::convert::Infallible;

use rand::TryRng;
use rand::seq::SliceRandom;

use crate::compiled_here;
use crate::element::Float;
use crate::error::Result;
use crate::memory;
use crate::or_panic::or_panic;
use crate::shape::{IntoShape, Shape};
use crate::simd::vectorized;
use crate::tensor::Tensor;
use crate::threads;

/// The number that all randomness of a run is derived from.
///
/// ```
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let draw = |seed| -> Tensor { Rng::new(seed).normal([3], 0.0, 1.0) };
/// assert_eq!(draw(Seed(7)), draw(Seed(7)));
/// assert_ne!(draw(Seed(7)), draw(Seed(8)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

/// A random number generator. It implements `rand`'s traits, so that all of its distributions
/// work, and fills tensors.
///
/// ```
/// use plywood_tensor::{Rng, Seed};
///
/// let mut rng = Rng::new(Seed(7));
/// let weights = rng.normal::<f32>([64, 32], 0.0, 0.02);
///
/// // The state is two numbers, and a generator for a purpose of its own is a label away.
/// let mut resumed = Rng::from_state(rng.state());
/// assert_eq!(rng.uniform::<f32>([3], 0.0, 1.0), resumed.uniform([3], 0.0, 1.0));
/// let shuffling = rng.fork(1);
/// # let _ = (weights, shuffling);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    key: u64,
    /// The next word of the sequence; a block of the generator has four.
    position: u64,
}

const WORDS: u64 = 4;

impl Rng {
    /// The generator of a seed.
    pub fn new(seed: Seed) -> Self {
        Self { key: seed.0, position: 0 }
    }

    /// A generator of its own for one purpose (`label`): its numbers have nothing to do with
    /// this one's, nor with those of another label, and drawing from either doesn't move the
    /// other.
    #[must_use]
    pub fn fork(&self, label: u64) -> Self {
        let [a, b, ..] = philox(self.key, [label as u32, (label >> 32) as u32, 1, 0]);
        Self { key: u64::from(a) | u64::from(b) << 32, position: 0 }
    }

    /// The key and the position: all there is to save.
    pub fn state(&self) -> [u64; 2] {
        [self.key, self.position]
    }

    /// The generator that had this [state](Self::state).
    pub fn from_state([key, position]: [u64; 2]) -> Self {
        Self { key, position }
    }

    /// Independent numbers, uniform between `low` (included) and `high` (excluded, but for
    /// rounding). They have 24 random bits.
    ///
    /// # Panics
    /// With the text of [`try_uniform`](Self::try_uniform)'s error.
    #[doc(alias = "rand")]
    #[track_caller]
    pub fn uniform<T: Float>(&mut self, shape: impl IntoShape, low: f64, high: f64) -> Tensor<T> {
        or_panic(self.try_uniform(shape, low, high))
    }

    /// As [`uniform`](Self::uniform), for sizes that may be too large.
    ///
    /// # Errors
    /// When it is no shape, or there is not enough memory; then the state is what it was.
    pub fn try_uniform<T: Float>(
        &mut self,
        shape: impl IntoShape,
        low: f64,
        high: f64,
    ) -> Result<Tensor<T>> {
        uniform(self, shape.into_shape()?, low, high)
    }

    /// Independent numbers from the normal distribution, by the Box–Muller transform.
    ///
    /// # Panics
    /// With the text of [`try_normal`](Self::try_normal)'s error.
    #[doc(alias = "randn")]
    #[track_caller]
    pub fn normal<T: Float>(&mut self, shape: impl IntoShape, mean: f64, std: f64) -> Tensor<T> {
        or_panic(self.try_normal(shape, mean, std))
    }

    /// As [`normal`](Self::normal), for sizes that may be too large.
    ///
    /// # Errors
    /// When it is no shape, or there is not enough memory; then the state is what it was.
    pub fn try_normal<T: Float>(
        &mut self,
        shape: impl IntoShape,
        mean: f64,
        std: f64,
    ) -> Result<Tensor<T>> {
        normal(self, shape.into_shape()?, mean, std)
    }

    /// 1 with the given probability, else 0, independently.
    ///
    /// # Panics
    /// With the text of [`try_bernoulli`](Self::try_bernoulli)'s error.
    #[track_caller]
    pub fn bernoulli<T: Float>(&mut self, shape: impl IntoShape, probability: f64) -> Tensor<T> {
        or_panic(self.try_bernoulli(shape, probability))
    }

    /// As [`bernoulli`](Self::bernoulli), for sizes that may be too large.
    ///
    /// # Errors
    /// When it is no shape, or there is not enough memory; then the state is what it was.
    pub fn try_bernoulli<T: Float>(
        &mut self,
        shape: impl IntoShape,
        probability: f64,
    ) -> Result<Tensor<T>> {
        bernoulli(self, shape.into_shape()?, probability)
    }

    /// Fills `out` with what [`bernoulli`](Self::bernoulli) of a fresh generator gives from element
    /// `first` on, a multiple of four.
    pub(crate) fn bernoulli_part<T: Float>(&self, first: usize, probability: f64, out: &mut [T]) {
        debug_assert!(first.is_multiple_of(WORDS as usize) && self.position == 0);
        fill(self.key, first as u64 / WORDS, out, &|words: [u32; 4]| {
            words.map(|word| if unit(word) < probability { T::ONE } else { T::ZERO })
        });
    }

    /// 64 random bits, such as the key of another generator.
    pub fn next_key(&mut self) -> u64 {
        u64::from(self.next()) | u64::from(self.next()) << 32
    }

    /// A uniform number in [0, 1).
    pub fn unit(&mut self) -> f64 {
        unit(self.next())
    }

    /// The numbers `0..len` in random order.
    ///
    /// # Panics
    /// When there is not enough memory for them.
    #[doc(alias = "randperm")]
    pub fn permutation(&mut self, len: usize) -> Vec<usize> {
        let mut order = or_panic(memory::vec_with_capacity(len));
        order.extend(0..len);
        order.shuffle(self);
        order
    }

    /// Fills a tensor four elements at a time, each four from a block of their own.
    fn tensor<T: Float>(
        &mut self,
        shape: Shape,
        four: impl Fn([u32; 4]) -> [T; 4] + Sync,
    ) -> Result<Tensor<T>> {
        let first = self.position.div_ceil(WORDS);
        let len = shape.numel();
        let key = self.key;
        let numbers = Tensor::build(shape, |out| {
            threads::chunks_mut(out, threads::CHUNK, len * 16, |index, chunk| {
                fill(key, first + (index * threads::CHUNK) as u64 / WORDS, chunk, &four);
            });
        })?;
        self.position = (first + len.div_ceil(WORDS as usize) as u64) * WORDS;
        Ok(numbers)
    }

    fn next(&mut self) -> u32 {
        let word = words(self.key, self.position / WORDS)[(self.position % WORDS) as usize];
        self.position += 1;
        word
    }
}

impl From<Seed> for Rng {
    fn from(seed: Seed) -> Self {
        Self::new(seed)
    }
}

compiled_here! {
    fn uniform<'a, T>(rng: &'a mut Rng, shape: Shape, low: f64, high: f64) -> Result<Tensor<T>> {
        rng.tensor(shape, |words| words.map(|word| T::of(unit(word).mul_add(high - low, low))))
    }
}

compiled_here! {
    fn normal<'a, T>(rng: &'a mut Rng, shape: Shape, mean: f64, std: f64) -> Result<Tensor<T>> {
        rng.tensor(shape, |[a, b, c, d]| {
            let pair = |u: u32, v: u32| {
                // 1 − unit lies in (0, 1], where the logarithm is finite.
                let radius = (-2.0 * (1.0 - unit(u)).ln()).sqrt() * std;
                let (sin, cos) = (std::f64::consts::TAU * unit(v)).sin_cos();
                [T::of(radius * cos + mean), T::of(radius * sin + mean)]
            };
            let ([w, x], [y, z]) = (pair(a, b), pair(c, d));
            [w, x, y, z]
        })
    }
}

compiled_here! {
    fn bernoulli<'a, T>(rng: &'a mut Rng, shape: Shape, probability: f64) -> Result<Tensor<T>> {
        rng.tensor(shape, |words| {
            words.map(|word| if unit(word) < probability { T::ONE } else { T::ZERO })
        })
    }
}

/// 24 bits of a word as a number in [0, 1): exact in `f32` too.
fn unit(word: u32) -> f64 {
    f64::from(word >> 8) / f64::from(1 << 24)
}

/// Blocks that are computed side by side.
const SIDE_BY_SIDE: usize = 32;

vectorized! {
    /// Fills a slice four elements at a time, each four from a block of their own, from the block
    /// `first` on.
    fn fill<T: Float, F: Fn([u32; 4]) -> [T; 4]>(key: u64, first: u64, out: &mut [T], four: &F) {
        let groups = out.chunks_mut(SIDE_BY_SIDE * WORDS as usize);
        for (group, out) in (0..).zip(groups) {
            let block = first + group * SIDE_BY_SIDE as u64;
            let [a, b, c, d] = philox_side_by_side(key, block);
            for (lane, out) in out.chunks_mut(WORDS as usize).enumerate() {
                out.copy_from_slice(&four([a[lane], b[lane], c[lane], d[lane]])[..out.len()]);
            }
        }
    }
}

/// The words of the blocks from `first` on, word by word: a loop that becomes vectors.
#[inline(always)]
fn philox_side_by_side(key: u64, first: u64) -> [[u32; SIDE_BY_SIDE]; 4] {
    let [mut a, mut b, mut c, mut d] = [[0; SIDE_BY_SIDE]; 4];
    for lane in 0..SIDE_BY_SIDE {
        [a[lane], b[lane], c[lane], d[lane]] = words(key, first + lane as u64);
    }
    [a, b, c, d]
}

#[inline(always)]
fn words(key: u64, block: u64) -> [u32; 4] {
    philox(key, [block as u32, (block >> 32) as u32, 0, 0])
}

/// Ten rounds of Philox4x32.
#[inline(always)]
fn philox(key: u64, mut counter: [u32; 4]) -> [u32; 4] {
    let mut key = [key as u32, (key >> 32) as u32];
    for _ in 0..10 {
        let a = u64::from(counter[0]) * 0xD251_1F53;
        let b = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (b >> 32) as u32 ^ counter[1] ^ key[0],
            b as u32,
            (a >> 32) as u32 ^ counter[3] ^ key[1],
            a as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

impl TryRng for Rng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.next())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next_key())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for part in bytes.chunks_mut(4) {
            part.copy_from_slice(&self.next().to_le_bytes()[..part.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the paper's authors publish with their library, Random123.
    #[test]
    fn philox_gives_the_published_numbers() {
        let pi = 0xA409_3822 | 0x299F_31D0 << 32;
        let cases = [
            (0, [0; 4], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
            (u64::MAX, [u32::MAX; 4], [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]),
            (
                pi,
                [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344],
                [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1],
            ),
        ];
        for (key, counter, expected) in cases {
            assert_eq!(philox(key, counter), expected);
        }
    }

    #[test]
    fn blocks_side_by_side_are_the_blocks() {
        for (key, first) in [(0, 0), (u64::MAX, u64::from(u32::MAX) - 3), (7, 123_456_789)] {
            let many = philox_side_by_side(key, first);
            for lane in 0..SIDE_BY_SIDE {
                assert_eq!(many.map(|word| word[lane]), words(key, first + lane as u64));
            }
        }
    }

    #[test]
    fn numbers_depend_on_the_position_alone() {
        let draw = |threads| {
            let draw = || Rng::new(Seed(3)).normal::<f32>([100_001], 0.0, 1.0);
            threads::with(threads, draw).unwrap()
        };
        assert_eq!(draw(1), draw(3));

        let mut whole = Rng::new(Seed(3));
        let mut parts = whole.clone();
        let whole = whole.uniform::<f32>([12], -1.0, 1.0);
        let (first, second) = (parts.uniform::<f32>([8], -1.0, 1.0), parts.uniform([4], -1.0, 1.0));
        assert_eq!(whole.to_vec(), [first.to_vec(), second.to_vec()].concat());
    }

    #[test]
    fn distributions_have_their_moments() {
        let mut rng = Rng::new(Seed(11));
        let n = 200_000;
        let mean = |tensor: &Tensor<f64>| tensor.as_slice().iter().sum::<f64>() / n as f64;
        let normal = rng.normal::<f64>([n], 2.0, 3.0);
        let variance = mean(&normal.map(|x| (x - 2.0) * (x - 2.0)));
        // Three standard errors of each estimate.
        assert!((mean(&normal) - 2.0).abs() < 3.0 * 3.0 / (n as f64).sqrt());
        assert!((variance - 9.0).abs() < 3.0 * 9.0 * (2.0 / n as f64).sqrt());
        let uniform = rng.uniform::<f64>([n], -1.0, 3.0);
        assert!((mean(&uniform) - 1.0).abs() < 3.0 * 4.0 / (12.0 * n as f64).sqrt());
        assert!(uniform.as_slice().iter().all(|&x| (-1.0..3.0).contains(&x)));
        assert!((mean(&rng.bernoulli([n], 0.25)) - 0.25).abs() < 3.0 * (0.1875 / n as f64).sqrt());
    }

    #[test]
    fn forks_are_apart() {
        let rng = Rng::new(Seed(1));
        let draw = |mut rng: Rng| rng.uniform::<f32>([4], 0.0, 1.0).to_vec();
        assert_ne!(draw(rng.fork(0)), draw(rng.fork(1)));
        assert_ne!(draw(rng.fork(0)), draw(rng.clone()));
        assert_eq!(draw(rng.fork(5)), draw(rng.fork(5)));
    }

    #[test]
    fn a_permutation_has_every_number_once() {
        let mut order = Rng::new(Seed(2)).permutation(1000);
        assert!(order.iter().enumerate().any(|(index, &value)| index != value));
        order.sort_unstable();
        assert!(order.into_iter().eq(0..1000));
    }
}
