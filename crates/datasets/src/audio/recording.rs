//! A recording: samples and their rate.

use std::num::NonZero;
use std::ops::Range;
use std::path::Path;

use plywood_tensor::{Error, Result, Tensor, catch_decoder_panic, memory, replace_file};

use super::limits::RecordingLimits;
use super::notes::RecordingNote;
use super::wav::{self, Decoded};

/// No sample of what is silent is beyond this: half of the least step of 16 bits.
const SILENCE: f32 = 1.0 / 32768.0;

/// Sound of one channel: samples `[N]` between −1 and 1, so many in a second.
///
/// ```
/// use plywood_datasets::Recording;
/// use plywood_tensor::Tensor;
///
/// let ramp = Recording::new(Tensor::from([0.0_f32, 0.25, 0.5, 0.75]), 8)?; // at 8 Hz
/// assert_eq!((ramp.len(), ramp.seconds()), (4, 0.5));
/// let again = Recording::decode(&ramp.encode_wav()?)?;
/// assert_eq!(again.samples(), ramp.samples());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recording {
    samples: Tensor,
    rate: u32,
    notes: Vec<RecordingNote>,
}

/// By their samples and rates, wherever they come from.
impl PartialEq for Recording {
    fn eq(&self, other: &Self) -> bool {
        self.rate == other.rate && self.samples == other.samples
    }
}

impl Recording {
    /// A recording of these samples `[N]`, `rate` of them in a second. Full scale is ±1; what is beyond stays.
    ///
    /// # Errors
    /// When there is not one axis, no sample, one that is NaN or infinite, or a rate of 0.
    pub fn new(samples: Tensor, rate: u32) -> Result<Self> {
        let check = || {
            let shape = samples.shape();
            if shape.rank() != 1 {
                return Err(Error::shape(format!("{shape} is not a recording (N)"))
                    .hint("take one channel, or the mean of them"));
            }
            if samples.numel() == 0 {
                return Err(Error::data("it has no samples"));
            }
            if rate == 0 {
                return Err(Error::value("the rate is 0 Hz; it should be 1 or more"));
            }
            // Without a way out the loop is one of vectors.
            if samples.as_slice().iter().fold(true, |all, sample| all & sample.is_finite()) {
                return Ok(());
            }
            match samples.as_slice().iter().position(|sample| !sample.is_finite()) {
                None => Ok(()),
                Some(at) => Err(Error::data(format!(
                    "sample {at} is {}; all should be finite",
                    samples.as_slice()[at]
                ))),
            }
        };
        check().map_err(|e| e.operation("recording"))?;
        Ok(Self { samples, rate, notes: Vec::new() })
    }

    /// The same samples, so many of them in a second, without notes.
    pub(super) fn at_rate(&self, rate: NonZero<u32>) -> Self {
        Self { samples: self.samples.clone(), rate: rate.get(), notes: Vec::new() }
    }

    /// Decodes a WAV file: whole numbers of 8, 16, 24 or 32 bits, or floats of 32. Of several channels it takes the
    /// mean; floats beyond ±1 are clipped. What was done to a recording that its file doesn't have so, its
    /// [`notes`](Self::notes) say.
    ///
    /// # Errors
    /// When it is no WAV file, cut short, damaged, empty, in a coding such as MP3 or µ-law, of floats that are NaN or
    /// far beyond ±1, or longer than the default [`RecordingLimits`].
    pub fn decode(file: &[u8]) -> Result<Self> {
        Self::decode_within(file, RecordingLimits::new())
    }

    /// Decodes a file as [`decode`](Self::decode), if it is within these limits.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), or when it is beyond the limits.
    pub fn decode_within(file: &[u8], limits: RecordingLimits) -> Result<Self> {
        let decoded = catch_decoder_panic("hound", || wav::decode(file, limits));
        let Decoded { samples, rate, mut notes } = decoded.map_err(|e| e.operation("wav"))?;
        if samples.iter().all(|sample| sample.abs() <= SILENCE) {
            notes.push(RecordingNote::Silent);
        }
        let len = samples.len();
        Ok(Self { notes, ..Self::new(Tensor::from_vec(samples, [len])?, rate)? })
    }

    /// Reads a file, as [`decode`](Self::decode).
    ///
    /// # Errors
    /// When the file can't be read, or as [`decode`](Self::decode).
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Self::read_within(path, RecordingLimits::new())
    }

    /// Reads a file, as [`decode_within`](Self::decode_within).
    ///
    /// # Errors
    /// When the file can't be read, or as [`decode_within`](Self::decode_within).
    pub fn read_within(path: impl AsRef<Path>, limits: RecordingLimits) -> Result<Self> {
        let path = path.as_ref();
        let io = |error| Error::io("read", path, error);
        let bytes = std::fs::metadata(path).map_err(io)?.len();
        memory::check(usize::try_from(bytes).unwrap_or(usize::MAX))
            .map_err(|e| e.at(path.display()))?;
        let file = std::fs::read(path).map_err(io)?;
        Self::decode_within(&file, limits).map_err(|e| e.at(path.display()))
    }

    /// The recording as a WAV file of floats of 32 bits, which has the same samples when it is read again unless they
    /// are beyond ±1.
    ///
    /// # Errors
    /// When it is too long for the format.
    pub fn encode_wav(&self) -> Result<Vec<u8>> {
        wav::encode(self.samples.as_slice(), self.rate).map_err(|e| e.operation("wav"))
    }

    /// The recording as a WAV file of whole numbers of 16 bits, which every browser plays: half as large, rounded, and
    /// clipped to ±1.
    ///
    /// ```
    /// use plywood_datasets::Recording;
    /// use plywood_tensor::Tensor;
    ///
    /// let ramp = Recording::new(Tensor::from([0.0_f32, 0.25, 0.5]), 8000)?;
    /// let again = Recording::decode(&ramp.encode_wav_16()?)?;
    /// assert_eq!(again.samples(), ramp.samples());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it is too long for the format.
    pub fn encode_wav_16(&self) -> Result<Vec<u8>> {
        wav::encode_16(self.samples.as_slice(), self.rate).map_err(|e| e.operation("wav"))
    }

    /// Writes the recording as a WAV file, whole or not at all, as [`replace_file`].
    ///
    /// # Errors
    /// When the file can't be written, or as [`encode_wav`](Self::encode_wav).
    pub fn write_wav(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let file = self.encode_wav().map_err(|e| e.at(path.display()))?;
        replace_file(path, &file)
    }

    /// The samples, `[N]`.
    pub fn samples(&self) -> &Tensor {
        &self.samples
    }

    /// The samples, `[N]`.
    pub fn into_samples(self) -> Tensor {
        self.samples
    }

    /// How many samples a second has, in Hz.
    #[doc(alias = "sample_rate")]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The number of samples.
    #[expect(clippy::len_without_is_empty, reason = "no recording is empty")]
    pub fn len(&self) -> usize {
        self.samples.numel()
    }

    /// How long it is, in seconds.
    #[doc(alias = "duration")]
    pub fn seconds(&self) -> f64 {
        self.len() as f64 / f64::from(self.rate)
    }

    /// In what it differs from what its file has, if it comes from one: for the user to know, in a line each.
    /// Those that are made of others have none but what was done to make them.
    pub fn notes(&self) -> &[RecordingNote] {
        &self.notes
    }

    /// A stretch of its samples, which is there and isn't empty.
    pub(super) fn piece(self, samples: Range<usize>) -> Self {
        match samples.len() == self.len() {
            true => self,
            false => Self { samples: self.samples.as_slice()[samples].to_vec().into(), ..self },
        }
    }

    /// The same with more notes.
    pub(super) fn noted(mut self, notes: impl IntoIterator<Item = RecordingNote>) -> Self {
        self.notes.extend(notes);
        self
    }
}

#[cfg(test)]
mod tests;
