//! How long a recording may be.

use plywood_tensor::{Error, Result, memory};

/// The bytes that decoding takes for a sample of the mean of all channels, and for its copy in a tensor.
const BYTES_PER_SAMPLE: usize = 8;

/// How many samples a recording may have to be decoded.
///
/// Memory is asked for only when the samples are there, and not because a header says so. What is there is compared
/// with this limit and with the [memory budget](memory::budget).
///
/// ```
/// use plywood_datasets::{Recording, RecordingLimits};
/// use plywood_tensor::Tensor;
///
/// let wav = Recording::new(Tensor::zeros([8000]), 8000)?.encode_wav()?;
/// let limits = RecordingLimits::new().max_samples(7999);
/// assert_eq!(
///     Recording::decode_within(&wav, limits).unwrap_err().to_string(),
///     "wav: it has 8000 samples, the limit is 7999; \
///      cut it into parts, or raise the limit by RecordingLimits::max_samples",
/// );
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingLimits {
    samples: usize,
}

impl RecordingLimits {
    /// At most 2²⁸ samples, those of all channels together: 46 minutes of stereo at 48 kHz.
    pub fn new() -> Self {
        Self { samples: 1 << 28 }
    }

    /// The most samples, those of all channels together.
    #[must_use]
    pub fn max_samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// Refuses so many samples of so many channels beyond the limits.
    pub(super) fn check(&self, samples: usize, channels: usize) -> Result<()> {
        if samples > self.samples {
            return Err(Error::data(format!(
                "it has {samples} samples, the limit is {}",
                self.samples
            ))
            .hint("cut it into parts, or raise the limit by RecordingLimits::max_samples"));
        }
        memory::check((samples / channels.max(1)).saturating_mul(BYTES_PER_SAMPLE))
    }
}

impl Default for RecordingLimits {
    fn default() -> Self {
        Self::new()
    }
}
