//! Spectrograms: how strong each frequency is, moment by moment.

use std::f64::consts::PI;
use std::fmt;

use plywood_tensor::{Error, POSITIVE, Result, Tensor, check_setting, memory};

use super::real_fft::RealFft;
use super::recording::Recording;
use crate::Settings;

/// The settings of a [`Spectrogram`]: torchaudio's names and defaults.
///
/// ```
/// use plywood_datasets::SpectrogramConfig;
///
/// let spectrogram = SpectrogramConfig::new().n_fft(512).hop_length(128).build()?;
/// assert_eq!((spectrogram.bins(), spectrogram.frames(16_000)?), (257, 126));
/// let error = SpectrogramConfig::new().power(0.0).build().unwrap_err();
/// assert_eq!(error.to_string(), "spectrogram: the power is 0; it should be more than 0");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Settings)]
pub struct SpectrogramConfig {
    /// How many samples a Fourier transform sees.
    #[setting(default = 400, range = 2.0..=1_048_576.0, called = "n_fft")]
    n_fft: usize,
    /// How many of them the window leaves, in their middle: all of them, unless it is said.
    #[setting(range = 1.0.., called = "win_length")]
    win_length: Option<usize>,
    /// How many samples lie between the beginnings of two frames: half of the window, unless it is said.
    #[setting(range = 1.0.., called = "hop_length")]
    hop_length: Option<usize>,
    /// The exponent of the magnitudes: 1 for amplitudes, 2 for power.
    #[setting(default = 2.0, range = POSITIVE)]
    power: f64,
    /// Whether frame `t` has its middle at sample `t · hop_length`, where the recording is mirrored at its ends; else
    /// its beginning.
    #[setting(default = true)]
    center: bool,
}

/// The magnitudes of short Fourier transforms under a periodic Hann window, `[n_fft / 2 + 1, frames]`.
///
/// As torchaudio's `Spectrogram` and librosa's `stft`. The transform is in `f32`: its planner is `rustfft`'s scalar
/// one, which takes the same steps on every processor, and its sines, which the system computes in `f64`, are rounded
/// so much that the last bit, in which systems differ, is lost.
///
/// ```
/// use plywood_datasets::{Recording, Spectrogram};
/// use plywood_tensor::Tensor;
///
/// // A square wave whose period is 8 of 64 samples.
/// let square = Tensor::from_fn([64], |at| if at[0] % 8 < 4 { 0.5 } else { -0.5 });
/// let spectrogram = Spectrogram::config().n_fft(16).build()?;
/// let picture = spectrogram.apply(&Recording::new(square, 8000)?)?;
/// assert_eq!(picture.shape(), [9, 9].into()); // frequencies, frames
/// let middle: Vec<f32> = (0..9).map(|k| picture.get(&[k, 4]).unwrap()).collect();
/// let strongest = (0..9).max_by(|&a, &b| middle[a].total_cmp(&middle[b]));
/// assert_eq!(strongest, Some(2)); // twice in 16 samples
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Spectrogram {
    config: SpectrogramConfig,
    /// `[n_fft]`
    window: Vec<f32>,
    hop: usize,
    transform: RealFft,
}

/// By its settings, from which all else follows.
impl fmt::Debug for Spectrogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Spectrogram").field(&self.config).finish()
    }
}

impl SpectrogramConfig {
    /// Plans the transform, once for all recordings.
    ///
    /// # Errors
    /// When a setting is out of range, or the window is longer than the transform.
    pub fn build(&self) -> Result<Spectrogram> {
        self.built().map_err(|e| e.operation("spectrogram"))
    }

    fn built(&self) -> Result<Spectrogram> {
        self.check()?;
        let n_fft = self.n_fft;
        let win_length = self.win_length.unwrap_or(n_fft);
        check_setting("win_length", win_length, 1.0..=n_fft as f64)?;
        // Plans take some numbers for each of the samples.
        memory::check(n_fft.saturating_mul(64))?;
        let mut window = vec![0.0; n_fft];
        for (i, weight) in
            window.iter_mut().skip((n_fft - win_length) / 2).take(win_length).enumerate()
        {
            let angle = 2.0 * PI * i as f64 / win_length as f64;
            *weight = (0.5 - 0.5 * libm::cos(angle)) as f32;
        }
        // torchaudio's default hop is 0, which nobody can take, for a window of 1.
        let hop = self.hop_length.unwrap_or((win_length / 2).max(1));
        Ok(Spectrogram { config: self.clone(), window, hop, transform: RealFft::new(n_fft) })
    }
}

impl Spectrogram {
    /// The settings, to be changed before they are built.
    pub fn config() -> SpectrogramConfig {
        SpectrogramConfig::new()
    }

    /// The magnitudes, to the power that was wanted, `[n_fft / 2 + 1, frames]`.
    ///
    /// # Errors
    /// When the recording is too short for a frame, or there is not enough memory.
    pub fn apply(&self, recording: &Recording) -> Result<Tensor> {
        let picture = || {
            let samples = recording.samples().as_slice();
            let frames = self.frames(samples.len())?;
            let mut picture = Tensor::try_full([self.bins(), frames], 0.0)?;
            let out = picture.as_mut_slice();
            self.each_block(samples, |first, count, powers| {
                for (bin, power) in powers.iter().enumerate() {
                    out[bin * frames + first..][..count].copy_from_slice(&power[..count]);
                }
            })?;
            Ok(picture)
        };
        picture().map_err(|e: Error| e.operation("spectrogram"))
    }

    /// How many frequencies there are.
    pub fn bins(&self) -> usize {
        self.config.n_fft / 2 + 1
    }

    /// How many frames a recording of so many samples has.
    ///
    /// # Errors
    /// When it is too short for one.
    pub fn frames(&self, samples: usize) -> Result<usize> {
        let n_fft = self.config.n_fft;
        let (needed, padding) = match self.config.center {
            true => (n_fft / 2 + 1, n_fft / 2 * 2),
            false => (n_fft, 0),
        };
        if samples < needed {
            return Err(Error::data(format!(
                "{samples} samples are too few for an n_fft of {n_fft}, which needs {needed}"
            ))
            .hint("take a smaller n_fft, or leave the recording out")
            .operation("spectrogram"));
        }
        Ok((samples.saturating_add(padding) - n_fft) / self.hop + 1)
    }

    /// Computes the powers of the frequencies for some frames side by side: `take` gets the first frame's place, how
    /// many there are, and the powers of each frequency.
    pub(super) fn each_block(
        &self,
        samples: &[f32],
        mut take: impl FnMut(usize, usize, &[[f32; FRAMES]]),
    ) -> Result<()> {
        let n_fft = self.config.n_fft;
        let frames = self.frames(samples.len())?;
        let before = if self.config.center { n_fft / 2 } else { 0 };
        let mut values = vec![0.0; n_fft];
        let mut transform = self.transform.begin();
        let mut powers = vec![[0.0; FRAMES]; self.bins()];
        for frame in 0..frames {
            let start = frame * self.hop;
            // All but the outermost frames lie within the recording.
            let inside = start.checked_sub(before).and_then(|at| samples.get(at..)?.get(..n_fft));
            match inside {
                Some(inside) => {
                    for ((value, weight), sample) in values.iter_mut().zip(&self.window).zip(inside)
                    {
                        *value = sample * weight;
                    }
                }
                None => {
                    for (i, (value, weight)) in values.iter_mut().zip(&self.window).enumerate() {
                        *value = samples[mirrored(start + i, before, samples.len())] * weight;
                    }
                }
            }
            let place = frame % FRAMES;
            for (power, value) in powers.iter_mut().zip(transform.of(&values)) {
                let square = value.re * value.re + value.im * value.im;
                power[place] = match self.config.power {
                    2.0 => square,
                    1.0 => square.sqrt(),
                    exponent => libm::pow(f64::from(square), exponent / 2.0) as f32,
                };
            }
            if place + 1 == FRAMES || frame + 1 == frames {
                take(frame - place, place + 1, &powers);
            }
        }
        Ok(())
    }

    /// The exponent of the magnitudes.
    pub(super) fn power(&self) -> f64 {
        self.config.power
    }
}

/// Frames whose powers are computed side by side, so that sums over frequencies are sums of vectors.
pub(super) const FRAMES: usize = 8;

/// Where the sample is that stands at `place` when `before` are put in front of `len`, mirrored at both ends without
/// repeating the outermost. There are more than `before`, and at most as many behind.
fn mirrored(place: usize, before: usize, len: usize) -> usize {
    let distance = place.abs_diff(before);
    match place < before || distance < len {
        true => distance,
        false => 2 * (len - 1) - distance,
    }
}

#[cfg(test)]
mod tests;
