//! From a recording to a network's input: one rate, one length, one picture.

use plywood_tensor::{Error, POSITIVE, Result, Rng, Tensor};

use super::mel::{MelSpectrogram, MelSpectrogramConfig};
use super::notes::RecordingNote;
use super::recording::Recording;
use super::resample::Resample;
use super::trim::without_silence;
use crate::Settings;
use crate::transforms::{resample_rows, up_to};

/// What a network is given of each recording: a mel spectrogram of so many seconds.
///
/// ```
/// use plywood_datasets::{AudioInput, Decibels, LogScale, MelSpectrogram};
///
/// let mel = MelSpectrogram::config().n_mels(64).log(LogScale::Decibels(Decibels::new()));
/// let input = AudioInput::new(mel, 1.0); // one second
/// # let _ = input;
/// ```
#[derive(Clone, Debug, PartialEq, Settings)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AudioInput {
    /// The picture, and with it the rate that recordings are brought to.
    spectrogram: MelSpectrogramConfig,
    /// How long each is made: a piece of longer ones, silence behind shorter ones.
    #[setting(range = POSITIVE, called = "length in seconds")]
    seconds: f64,
    /// Whether shorter ones are repeated to that length instead: a network that looks for how something is said, and
    /// not when, then sees no silence that the recording doesn't have.
    #[setting(default = false)]
    repeat: bool,
    /// Whether the picture of each whole recording, shorter or longer, is stretched over time to that length instead: a
    /// network that looks for what is said then sees its beginning and its end at the same places, said fast or slowly.
    #[setting(default = false)]
    stretch: bool,
    /// Whether silence before and after the sound is left out first: frames of `n_fft` samples whose power is this many
    /// decibels and more below that of the loudest. Nothing is, unless it is said. librosa's `effects.trim`, `top_db`.
    #[setting(range = 0.0.., called = "trim_db")]
    trim_db: Option<f64>,
}

impl AudioInput {
    /// The picture `[1, n_mels, frames]` of a recording of any rate and length, as evaluation sees it: that in the middle
    /// of a longer one.
    ///
    /// ```
    /// use plywood_datasets::{AudioInput, MelSpectrogram, Recording};
    /// use plywood_tensor::Tensor;
    ///
    /// let input = AudioInput::new(MelSpectrogram::config().n_mels(32), 0.5);
    /// let second = Recording::new(Tensor::full([8000], 0.5), 8000)?;
    /// assert_eq!(input.apply(&second)?.shape(), [1, 32, 41].into()); // half a second at 16 kHz
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the settings are out of range, the seconds too short for the spectrogram, or there is not enough memory.
    pub fn apply(&self, recording: &Recording) -> Result<Tensor> {
        let clip = Clip::new(self)?;
        clip.picture(&clip.prepared(recording)?, None)
    }

    /// The pictures `[1, n_mels, frames]` of pieces of a recording of any rate and length that together cover it: as few
    /// as do, equally far apart. A recording that isn't longer than a piece has one, as [`apply`](Self::apply) makes it,
    /// and so has one that is stretched.
    ///
    /// ```
    /// use plywood_datasets::{AudioInput, MelSpectrogram, Recording};
    /// use plywood_tensor::Tensor;
    ///
    /// let input = AudioInput::new(MelSpectrogram::config().n_mels(32), 0.5);
    /// let recording = Recording::new(Tensor::full([9600], 0.5), 8000)?; // 1.2 seconds
    /// assert_eq!(input.pieces(&recording)?.len(), 3);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn pieces(&self, recording: &Recording) -> Result<Vec<Tensor>> {
        let clip = Clip::new(self)?;
        let recording = clip.prepared(recording)?;
        let (len, samples) = (clip.len, recording.samples().as_slice());
        let count = samples.len().div_ceil(len);
        if count <= 1 || clip.stretch {
            return Ok(vec![clip.picture(&recording, None)?]);
        }
        let (left, shape) = (samples.len() - len, clip.shape()?);
        let piece = |number: usize| {
            let start = left * number / (count - 1);
            clip.mel.picture(&samples[start..start + len])?.reshape(shape)
        };
        (0..count).map(piece).collect()
    }

    /// The rate that recordings are brought to, in Hz.
    ///
    /// # Errors
    /// When the settings are out of range.
    pub fn rate(&self) -> Result<u32> {
        Ok(Clip::new(self)?.mel.sample_rate())
    }

    /// How long each recording is made.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The shape `[1, n_mels, frames]` of each picture.
    ///
    /// # Errors
    /// When the settings are out of range, or the seconds too short for the spectrogram.
    pub fn shape(&self) -> Result<[usize; 3]> {
        Clip::new(self)?.shape()
    }
}

/// What [`AudioInput`] asks for, planned.
#[derive(Clone, Debug)]
pub(super) struct Clip {
    mel: MelSpectrogram,
    /// In samples.
    len: usize,
    repeat: bool,
    stretch: bool,
    trim_db: Option<f64>,
}

impl Clip {
    pub(super) fn new(input: &AudioInput) -> Result<Self> {
        input.check()?;
        if input.repeat && input.stretch {
            return Err(Error::value("a recording is either repeated or stretched")
                .hint("leave one of the two out"));
        }
        let mel = input.spectrogram.build()?;
        let len = (input.seconds * f64::from(mel.sample_rate())).round();
        // As many as a recording may have by default.
        if len > (1_u64 << 28) as f64 {
            return Err(Error::value(format!(
                "{} seconds at {} Hz are more than 2^28 samples",
                input.seconds,
                mel.sample_rate()
            ))
            .hint("take shorter pieces"));
        }
        let len = len as usize;
        mel.shape(len).map_err(|e| e.hint("take more seconds, or a smaller n_fft"))?;
        let &AudioInput { repeat, stretch, trim_db, .. } = input;
        Ok(Self { mel, len, repeat, stretch, trim_db })
    }

    /// The shape of a picture, `[1, n_mels, frames]`.
    pub(super) fn shape(&self) -> Result<[usize; 3]> {
        let [bands, frames] = self.mel.shape(self.len)?;
        Ok([1, bands, frames])
    }

    /// A recording at the wanted rate, without silence at its ends, with notes of what will be done to it.
    pub(super) fn prepared(&self, recording: &Recording) -> Result<Recording> {
        let rate = self.mel.sample_rate();
        let mut recording = Resample::new(rate).apply(recording)?;
        if let Some(top_db) = self.trim_db {
            let (len, n_fft) = (recording.len(), self.mel.n_fft());
            let kept = without_silence(recording.samples().as_slice(), top_db, n_fft);
            // A click is less than a transform sees.
            let start = kept.start.min(len.saturating_sub(n_fft));
            recording = recording.piece(start..kept.end.max(start + n_fft).min(len));
        }
        let (seconds, to) = (recording.seconds(), self.len as f64 / f64::from(rate));
        let note = match recording.len().cmp(&self.len) {
            _ if self.stretch => None,
            std::cmp::Ordering::Less if self.repeat => {
                Some(RecordingNote::Repeated { seconds, to })
            }
            std::cmp::Ordering::Less => Some(RecordingNote::Padded { seconds, to }),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(RecordingNote::Cut { seconds, to }),
        };
        Ok(recording.noted(note))
    }

    /// The picture `[1, n_mels, frames]` of a piece of a prepared recording: a random one, or without a generator that
    /// in the middle.
    pub(super) fn picture(&self, recording: &Recording, rng: Option<&mut Rng>) -> Result<Tensor> {
        let samples = recording.samples().as_slice();
        if self.stretch {
            return stretched(&self.mel.picture(samples)?, self.shape()?);
        }
        let piece = match samples.len().checked_sub(self.len) {
            Some(left) => {
                let start = rng.map_or(left / 2, |rng| up_to(rng, left));
                self.mel.picture(&samples[start..start + self.len])
            }
            None if self.repeat => {
                let repeated: Vec<f32> = samples.iter().copied().cycle().take(self.len).collect();
                self.mel.picture(&repeated)
            }
            None => {
                let mut padded = samples.to_vec();
                padded.resize(self.len, 0.0);
                self.mel.picture(&padded)
            }
        };
        piece?.reshape(self.shape()?)
    }

    /// How many bands are always 0.
    pub(super) fn empty_bands(&self) -> usize {
        self.mel.empty_bands()
    }
}

/// A picture `[n_mels, frames]` with another number of frames: between two, what lies on the line from one to the other.
fn stretched(picture: &Tensor, shape: [usize; 3]) -> Result<Tensor> {
    let (from, to) = (picture.shape()[1], shape[2]);
    let step = if to > 1 { (from - 1) as f64 / (to - 1) as f64 } else { 0.0 };
    let mut new = Tensor::try_full(shape, 0.0)?;
    resample_rows(picture.as_slice(), new.as_mut_slice(), [from, to], 0.0, step);
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_a_recording() {
        let mel = || MelSpectrogram::config().sample_rate(8000).n_fft(64).n_mels(4);
        let ramp = |len: usize| {
            let samples = Tensor::from_fn([len], |at| at[0] as f32 / len as f32);
            Recording::new(samples, 8000).unwrap()
        };
        let input = AudioInput::new(mel(), 0.1);
        for (len, count) in [(100, 1), (800, 1), (801, 2), (1600, 2), (2000, 3), (8000, 10)] {
            let recording = ramp(len);
            let pieces = input.pieces(&recording).unwrap();
            assert_eq!(pieces.len(), count, "{len}");
            if count == 1 {
                assert_eq!(pieces[0], input.apply(&recording).unwrap());
                continue;
            }
            let part = |range: std::ops::Range<usize>| {
                let samples = Tensor::from(recording.samples().as_slice()[range].to_vec());
                input.apply(&Recording::new(samples, 8000).unwrap()).unwrap()
            };
            assert_eq!(pieces[0], part(0..800));
            assert_eq!(pieces[count - 1], part(len - 800..len));
        }
    }

    #[test]
    fn silence_around_a_sound_is_left_out() {
        let mel = MelSpectrogram::config().sample_rate(8000).n_fft(64).n_mels(4);
        let input = AudioInput::new(mel, 0.1).stretch(true).trim_db(30.0);
        let prepared = |sound: std::ops::Range<usize>| {
            let samples = Tensor::from_fn([4000], |at| match sound.contains(&at[0]) {
                true => (at[0] as f32 * 0.3).sin(),
                false => 0.0,
            });
            let recording = Recording::new(samples, 8000).unwrap();
            assert_eq!(input.apply(&recording).unwrap().shape(), input.shape().unwrap().into());
            Clip::new(&input).unwrap().prepared(&recording).unwrap().len()
        };
        // A frame more at either end has heard some of it.
        assert!((1600..=1700).contains(&prepared(1600..3200)));
        assert_eq!(prepared(0..4000), 4000);
        // Of a click as much is left as a transform sees, at the recording's ends too.
        for click in [2, 2000, 3998] {
            let kept = prepared(click..click + 1);
            assert!((64..=100).contains(&kept), "{kept}");
        }
        assert_eq!(prepared(0..0), 4000);
    }

    #[test]
    fn a_stretched_recording_begins_and_ends_where_it_does() {
        let picture = Tensor::from([[0.0, 4.0, 8.0], [1.0, 1.0, 5.0]]);
        let longer = stretched(&picture, [1, 2, 5]).unwrap();
        assert_eq!(longer, Tensor::from([[[0.0, 2.0, 4.0, 6.0, 8.0], [1.0, 1.0, 1.0, 3.0, 5.0]]]));
        let shorter = stretched(&picture, [1, 2, 2]).unwrap();
        assert_eq!(shorter, Tensor::from([[[0.0, 8.0], [1.0, 5.0]]]));
        assert_eq!(stretched(&picture, [1, 2, 3]).unwrap().to_vec(), picture.to_vec());

        let mel = MelSpectrogram::config().sample_rate(8000).n_fft(64).n_mels(4);
        let input = AudioInput::new(mel, 0.1).stretch(true);
        for len in [200, 800, 2000] {
            let tone = Tensor::from_fn([len], |at| (at[0] as f32 * 0.3).sin());
            let recording = Recording::new(tone, 8000).unwrap();
            assert_eq!(input.apply(&recording).unwrap().shape()[..], input.shape().unwrap());
            assert_eq!(input.pieces(&recording).unwrap().len(), 1);
        }
        let both = input.repeat(true).shape().unwrap_err().to_string();
        assert_eq!(both, "a recording is either repeated or stretched; leave one of the two out");
    }
}
