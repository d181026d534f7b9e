//! Recordings at another rate.

use std::f64::consts::PI;

use plywood_tensor::{Result, Tensor, memory};

use super::notes::RecordingNote;
use super::recording::Recording;
use crate::Settings;

/// Brings recordings to a rate, by a windowed sinc that keeps out what the lower of both rates can't hold.
///
/// torchaudio's `Resample` with its defaults, the method `sinc_interp_hann`: each new sample is the sum of the old ones
/// around its time, weighted by a sinc under a Hann window. Outside of the recording there is silence. Sums are in
/// `f64`. Source: J. O. Smith, "Digital audio resampling" (2002).
///
/// ```
/// use plywood_datasets::{Recording, Resample};
/// use plywood_tensor::Tensor;
///
/// let second = Recording::new(Tensor::full([44_100], 0.5), 44_100)?;
/// let again = Resample::new(16_000).apply(&second)?;
/// assert_eq!((again.len(), again.rate()), (16_000, 16_000));
/// assert!((again.samples().as_slice()[8_000] - 0.5).abs() < 1e-3);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct Resample {
    /// The rate to come to, in Hz.
    #[setting(range = 1.0.., alias = "new_freq")]
    rate: u32,
    /// How many zeros of the sinc there are on either side: more make a sharper filter, and cost more.
    #[setting(default = 6, range = 1.0..=1024.0)]
    lowpass_filter_width: usize,
    /// Where the filter ends, as a part of half of the lower rate.
    #[setting(default = 0.99, range = 0.01..=1.0)]
    rolloff: f64,
}

impl Resample {
    /// The recording at the new rate, `[ceil(N · new / old)]`. One that has that rate already stays as it is.
    ///
    /// # Errors
    /// When a setting is out of range, or the new recording is more than the [memory budget](memory::budget) allows
    /// for.
    pub fn apply(&self, recording: &Recording) -> Result<Recording> {
        self.resampled(recording).map_err(|e| e.operation("resample"))
    }

    fn resampled(&self, recording: &Recording) -> Result<Recording> {
        self.check()?;
        let from = recording.rate();
        if from == self.rate {
            return Ok(recording.clone());
        }
        let divisor = greatest_common_divisor(from, self.rate);
        let [old, new] = [from, self.rate].map(|rate| (rate / divisor) as usize);
        let there = recording.len();
        let len = (there as u128 * new as u128).div_ceil(old as u128);
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let mut out = memory::vec_with_capacity(len)?;
        let phases = self.phases([old, new], there, len)?;
        // Each is in many sums.
        let mut samples: Vec<f64> = memory::vec_with_capacity(there)?;
        samples.extend(recording.samples().as_slice().iter().map(|&x| f64::from(x)));
        for block in 0..len.div_ceil(new) {
            // The sample of the old rate at the time where the block begins.
            let first = block * old;
            out.extend(
                phases.iter().take(len - block * new).map(|phase| phase.at(&samples, first)),
            );
        }
        let len = out.len();
        let note = RecordingNote::Resampled { from, to: self.rate };
        let notes = recording.notes().iter().copied().chain([note]);
        Ok(Recording::new(Tensor::from_vec(out, [len])?, self.rate)?.noted(notes))
    }

    /// The filters of the new samples in a block, which is the shortest time that has a whole number of samples of
    /// both rates: `old` and `new` of them. No more filters than new samples are wanted, and none wider than the `there`
    /// old samples.
    fn phases(&self, [old, new]: [usize; 2], there: usize, wanted: usize) -> Result<Vec<Phase>> {
        let zeros = self.lowpass_filter_width as f64;
        // Rates are in parts of the block from here on, and the filter's in zeros of the sinc.
        let base = old.min(new) as f64 * self.rolloff;
        let width = (zeros * old as f64 / base).ceil().min(there as f64);
        let phases = new.min(wanted);
        let bytes = (2.0 * width + 2.0) * size_of::<f64>() as f64 * phases as f64;
        // A conversion to integers saturates.
        memory::check(bytes as usize)?;
        let scale = base / old as f64;
        let phase = |phase: usize| {
            let centre = phase as f64 / new as f64;
            // The old sample at or before the new one.
            let middle = (phase as u128 * old as u128 / new as u128) as i64;
            let reach = width as i64;
            let weights = (middle - reach..=middle + reach + 1).map(|sample| {
                let time = ((sample as f64 / old as f64) - centre) * base;
                let time = time.clamp(-zeros, zeros);
                let cosine = libm::cos(time * PI / zeros / 2.0);
                let angle = time * PI;
                let sinc = if angle == 0.0 { 1.0 } else { libm::sin(angle) / angle };
                sinc * cosine * cosine * scale
            });
            Phase { first: middle - reach, weights: weights.collect() }
        };
        Ok((0..phases).map(phase).collect())
    }
}

/// The filter of one new sample of each block.
struct Phase {
    /// The first old sample with a weight, counted from the beginning of the block.
    first: i64,
    weights: Vec<f64>,
}

impl Phase {
    /// The new sample of the block that begins at the old sample `block`.
    fn at(&self, samples: &[f64], block: usize) -> f32 {
        let first = block as i64 + self.first;
        let skipped = usize::try_from(-first).unwrap_or(0);
        let there = samples.get(usize::try_from(first).unwrap_or(0)..).unwrap_or(&[]);
        let weights = self.weights.get(skipped..).unwrap_or(&[]);
        let terms = there.len().min(weights.len());
        let (there, weights) = (&there[..terms], &weights[..terms]);
        // Four sums side by side: one by one, each addition would wait for that before it.
        let mut sums = [0.0; 4];
        let mut add = |x: &[f64], w: &[f64]| {
            for ((sum, x), w) in sums.iter_mut().zip(x).zip(w) {
                *sum += x * w;
            }
        };
        let (x, w) = (there.chunks_exact(16), weights.chunks_exact(16));
        let (rest_x, rest_w) = (x.remainder(), w.remainder());
        for (x, w) in x.zip(w) {
            // Written out, so that a register holds two sums over all of it.
            add(&x[..4], &w[..4]);
            add(&x[4..8], &w[4..8]);
            add(&x[8..12], &w[8..12]);
            add(&x[12..], &w[12..]);
        }
        let (x, w) = (rest_x.chunks_exact(4), rest_w.chunks_exact(4));
        let rest = x.remainder().iter().zip(w.remainder());
        let rest = rest.fold(0.0, |sum, (x, w)| sum + x * w);
        x.zip(w).for_each(|(x, w)| add(x, w));
        ((sums[0] + sums[1]) + (sums[2] + sums[3]) + rest) as f32
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests;
