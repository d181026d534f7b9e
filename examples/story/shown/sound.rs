//! Sound as a picture.

use plywood::datasets::{LogScale, MelSpectrogram, Recording};
use plywood::prelude::*;

/// The mel spectrogram `[64, frames]` of a recording: for every 16 milliseconds, how loud each
/// of 64 bands of frequencies is.
pub(crate) fn spectrogram(recording: &Recording) -> Result<Tensor> {
    let mel = MelSpectrogram::config()
        .sample_rate(8000)
        .n_fft(256)
        .hop_length(128)
        .n_mels(64)
        .log(LogScale::Natural { floor: 1e-5 })
        .build()?;
    mel.apply(recording)
}
