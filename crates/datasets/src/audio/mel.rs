//! Mel spectrograms: frequencies in bands that are equally far apart to the ear.

use plywood_tensor::{Error, POSITIVE, Result, Tensor, memory};

use super::log::LogScale;
use super::recording::Recording;
use super::spectrogram::{FRAMES, Spectrogram, SpectrogramConfig};
use crate::Settings;

/// How a frequency in Hz becomes a pitch in mel.
///
/// ```
/// use plywood_datasets::MelScale;
///
/// assert!((MelScale::Slaney.mel(1000.0) - 15.0).abs() < 1e-9);
/// assert!((MelScale::Htk.mel(1000.0) - 1000.0).abs() < 0.1);
/// assert!((MelScale::Htk.hertz(MelScale::Htk.mel(440.0)) - 440.0).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum MelScale {
    /// 2595 · log10(1 + f / 700): that of HTK, torchaudio's default.
    Htk,
    /// Linear below 1 kHz, logarithmic above: that of Slaney's Auditory Toolbox, librosa's default.
    Slaney,
}

/// How high the filters of a [`MelSpectrogram`] are.
///
/// ```
/// use plywood_datasets::{MelNorm, MelSpectrogram};
///
/// let librosa = MelSpectrogram::config().norm(MelNorm::Slaney);
/// assert_ne!(librosa, MelSpectrogram::config());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum MelNorm {
    /// Each is 1 in its middle: torchaudio's default.
    None,
    /// Each has the same area, 2 / (its width in Hz) in its middle: librosa's default.
    Slaney,
}

/// The settings of a [`MelSpectrogram`]: torchaudio's names and defaults.
///
/// ```
/// use plywood_datasets::{MelNorm, MelScale, MelSpectrogramConfig};
///
/// // The bands that Whisper sees.
/// let config = MelSpectrogramConfig::new().n_mels(80).hop_length(160);
/// let mel = config.mel_scale(MelScale::Slaney).norm(MelNorm::Slaney).build()?;
/// assert_eq!(mel.shape(16_000)?, [80, 101]); // of a second
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Settings)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MelSpectrogramConfig {
    /// The rate of the recordings, in Hz.
    #[setting(default = 16_000, range = 1.0.., called = "sample_rate")]
    sample_rate: u32,
    /// How many samples a Fourier transform sees.
    #[setting(default = 400, range = 2.0..=1_048_576.0, called = "n_fft")]
    n_fft: usize,
    /// How many of them the window leaves, in their middle: all of them, unless it is said.
    #[setting(range = 1.0.., called = "win_length")]
    win_length: Option<usize>,
    /// How many samples lie between the beginnings of two frames: half of the window, unless it is said.
    #[setting(range = 1.0.., called = "hop_length")]
    hop_length: Option<usize>,
    /// The lowest frequency, in Hz.
    #[setting(default = 0.0, range = 0.0.., called = "f_min")]
    f_min: f64,
    /// The highest frequency, in Hz: half of the rate, unless it is said.
    #[setting(range = POSITIVE, called = "f_max")]
    f_max: Option<f64>,
    /// How many bands there are.
    #[setting(default = 128, range = 1.0..=65_536.0, called = "n_mels")]
    n_mels: usize,
    /// The exponent of the magnitudes: 1 for amplitudes, 2 for power.
    #[setting(default = 2.0, range = POSITIVE)]
    power: f64,
    /// Whether frame `t` has its middle at sample `t · hop_length`, where the recording is mirrored at its ends; else
    /// its beginning.
    #[setting(default = true)]
    center: bool,
    /// How frequencies become pitches.
    #[setting(default = MelScale::Htk)]
    mel_scale: MelScale,
    /// How high the filters are.
    #[setting(default = MelNorm::None)]
    norm: MelNorm,
    /// The scale of the numbers.
    #[setting(default = LogScale::Linear)]
    log: LogScale,
}

/// The power of a recording in bands of pitch, `[n_mels, frames]`, on a scale of choice.
///
/// As torchaudio's `MelSpectrogram`, and librosa's `feature.melspectrogram` with [`MelScale::Slaney`] and
/// [`MelNorm::Slaney`]. The sum over a band is in `f64`, from low frequencies to high. Source: Davis and Mermelstein,
/// "Comparison of parametric representations for monosyllabic word recognition" (1980).
///
/// ```
/// use plywood_datasets::{Decibels, LogScale, MelSpectrogram, Recording};
/// use plywood_tensor::Tensor;
///
/// let second = Recording::new(Tensor::full([16_000], 0.1), 16_000)?;
/// let mel = MelSpectrogram::config()
///     .n_mels(64)
///     .hop_length(160)
///     .log(LogScale::Decibels(Decibels::new()))
///     .build()?;
/// assert_eq!(mel.apply(&second)?.shape(), [64, 101].into()); // bands, frames
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MelSpectrogram {
    config: MelSpectrogramConfig,
    spectrogram: Spectrogram,
    filters: Vec<Filter>,
}

/// A triangle over some frequencies of the spectrogram.
#[derive(Clone, Debug)]
struct Filter {
    /// The first frequency with a weight.
    first: usize,
    weights: Vec<f32>,
}

impl MelScale {
    /// The pitch of a frequency in Hz.
    pub fn mel(self, hertz: f64) -> f64 {
        match self {
            Self::Htk => 2595.0 * libm::log10(1.0 + hertz / 700.0),
            Self::Slaney if hertz < SLANEY_BREAK => hertz / SLANEY_STEP,
            Self::Slaney => {
                SLANEY_BREAK / SLANEY_STEP + libm::log(hertz / SLANEY_BREAK) / slaney_log()
            }
        }
    }

    /// The frequency of a pitch, in Hz.
    pub fn hertz(self, mel: f64) -> f64 {
        match self {
            Self::Htk => 700.0 * (libm::pow(10.0, mel / 2595.0) - 1.0),
            Self::Slaney if mel < SLANEY_BREAK / SLANEY_STEP => mel * SLANEY_STEP,
            Self::Slaney => {
                SLANEY_BREAK * libm::exp(slaney_log() * (mel - SLANEY_BREAK / SLANEY_STEP))
            }
        }
    }
}

/// Where Slaney's scale becomes logarithmic, in Hz.
const SLANEY_BREAK: f64 = 1000.0;

/// The width of a mel below, in Hz.
const SLANEY_STEP: f64 = 200.0 / 3.0;

/// The logarithm of the factor from a mel to the next above: 27 of them are a factor of 6.4.
fn slaney_log() -> f64 {
    libm::log(6.4) / 27.0
}

impl MelSpectrogramConfig {
    /// Makes the filters and plans the transform, once for all recordings.
    ///
    /// # Errors
    /// When a setting is out of range, the window is longer than the transform, or the frequencies are not in order and
    /// at most half of the rate.
    pub fn build(&self) -> Result<MelSpectrogram> {
        self.built().map_err(|e| e.operation("mel_spectrogram"))
    }

    fn built(&self) -> Result<MelSpectrogram> {
        self.check()?;
        self.log.check()?;
        let highest = f64::from(self.sample_rate) / 2.0;
        let f_max = self.f_max.unwrap_or(highest);
        if self.f_min >= f_max || f_max > highest {
            return Err(Error::value(format!(
                "the bands are from {} Hz to {f_max} Hz, the rate is {} Hz",
                self.f_min, self.sample_rate
            ))
            .hint("f_min should be below f_max, and that at most half of the rate"));
        }
        let mut config =
            SpectrogramConfig::new().n_fft(self.n_fft).power(self.power).center(self.center);
        if let Some(win_length) = self.win_length {
            config = config.win_length(win_length);
        }
        if let Some(hop_length) = self.hop_length {
            config = config.hop_length(hop_length);
        }
        let spectrogram = config.build()?;
        let filters = self.filters(f_max)?;
        Ok(MelSpectrogram { config: self.clone(), spectrogram, filters })
    }

    fn filters(&self, f_max: f64) -> Result<Vec<Filter>> {
        // Each frequency is under two filters.
        memory::check(self.n_fft.saturating_mul(16).saturating_add(self.n_mels * 64))?;
        let [low, high] = [self.f_min, f_max].map(|hertz| self.mel_scale.mel(hertz));
        let edge = |band: usize| {
            let mel = low + (high - low) * band as f64 / (self.n_mels + 1) as f64;
            self.mel_scale.hertz(mel)
        };
        let step = f64::from(self.sample_rate) / self.n_fft as f64;
        let filter = |band: usize| {
            let [left, middle, right] = [edge(band), edge(band + 1), edge(band + 2)];
            let height = match self.norm {
                MelNorm::None => 1.0,
                MelNorm::Slaney => 2.0 / (right - left),
            };
            let weight = |bin: usize| {
                let hertz = bin as f64 * step;
                let up = (hertz - left) / (middle - left);
                let down = (right - hertz) / (right - middle);
                up.min(down).max(0.0) * height
            };
            // Conversions to integers saturate.
            let first = ((left / step) as usize).min(self.n_fft / 2 + 1);
            let last = ((right / step) as usize + 1).min(self.n_fft / 2);
            let mut filter = Filter { first, weights: Vec::new() };
            for bin in first..=last {
                match weight(bin) {
                    0.0 if filter.weights.is_empty() => filter.first = bin + 1,
                    weight => filter.weights.push(weight as f32),
                }
            }
            filter
                .weights
                .truncate(filter.weights.iter().rposition(|&w| w > 0.0).map_or(0, |at| at + 1));
            filter
        };
        Ok((0..self.n_mels).map(filter).collect())
    }
}

impl MelSpectrogram {
    /// The settings, to be changed before they are built.
    pub fn config() -> MelSpectrogramConfig {
        MelSpectrogramConfig::new()
    }

    /// The numbers of a recording, `[n_mels, frames]`.
    ///
    /// # Errors
    /// When the recording has another rate, or is too short for a frame.
    pub fn apply(&self, recording: &Recording) -> Result<Tensor> {
        let picture = || {
            let (rate, own) = (self.config.sample_rate, recording.rate());
            if rate != own {
                return Err(Error::value(format!(
                    "the recording has a rate of {own} Hz, the mel spectrogram one of {rate} Hz"
                ))
                .hint(format!("bring it there by Resample::new({rate})")));
            }
            self.picture(recording.samples().as_slice())
        };
        picture().map_err(|e| e.operation("mel_spectrogram"))
    }

    /// The numbers of samples that have the right rate.
    pub(super) fn picture(&self, samples: &[f32]) -> Result<Tensor> {
        let frames = self.spectrogram.frames(samples.len())?;
        let mut picture = Tensor::try_full([self.filters.len(), frames], 0.0)?;
        let out = picture.as_mut_slice();
        self.spectrogram.each_block(samples, |first, count, powers| {
            for (band, filter) in self.filters.iter().enumerate() {
                let sums = filter.of(powers);
                out[band * frames + first..][..count].copy_from_slice(&sums[..count]);
            }
        })?;
        self.config.log.apply(out, self.spectrogram.power());
        Ok(picture)
    }

    /// The rate of the recordings, in Hz.
    pub fn sample_rate(&self) -> u32 {
        self.config.sample_rate
    }

    /// How many samples a Fourier transform sees.
    pub(super) fn n_fft(&self) -> usize {
        self.config.n_fft
    }

    /// The shape `[n_mels, frames]` for recordings of so many samples.
    ///
    /// # Errors
    /// When they are too short for a frame.
    pub fn shape(&self, samples: usize) -> Result<[usize; 2]> {
        Ok([self.filters.len(), self.spectrogram.frames(samples)?])
    }

    /// How many bands lie between two frequencies of the transform, and are always 0: with a longer `n_fft` or fewer
    /// bands there are none.
    ///
    /// ```
    /// use plywood_datasets::MelSpectrogram;
    ///
    /// let config = MelSpectrogram::config().n_fft(400);
    /// assert_eq!(config.clone().n_mels(40).build()?.empty_bands(), 0);
    /// assert!(config.n_mels(128).build()?.empty_bands() > 0);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    pub fn empty_bands(&self) -> usize {
        self.filters.iter().filter(|filter| filter.weights.is_empty()).count()
    }
}

impl Filter {
    /// The sum over the band, of each of some frames.
    fn of(&self, powers: &[[f32; FRAMES]]) -> [f32; FRAMES] {
        let powers = powers.get(self.first..).unwrap_or(&[]);
        let mut sums = [0.0; FRAMES];
        for (powers, &weight) in powers.iter().zip(&self.weights) {
            for (sum, &power) in sums.iter_mut().zip(powers) {
                *sum += f64::from(power) * f64::from(weight);
            }
        }
        sums.map(|sum| sum as f32)
    }
}

#[cfg(test)]
mod tests;
