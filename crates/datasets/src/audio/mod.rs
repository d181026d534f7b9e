//! Sound: recordings in WAV files, and what a network is given of them.
//!
//! All sines, logarithms and powers are `libm`'s, and sums have a fixed order, so that spectrograms have the same bits
//! on every machine.

mod clip;
mod folder;
mod limits;
mod list;
mod log;
mod mel;
mod notes;
mod real_fft;
mod recording;
#[cfg(test)]
mod reference;
mod resample;
mod riff;
mod spectrogram;
mod trim;
mod wav;
mod waveform;

pub use clip::AudioInput;
pub use folder::AudioFolder;
pub use limits::RecordingLimits;
pub use log::{Decibels, LogScale};
pub use mel::{MelNorm, MelScale, MelSpectrogram, MelSpectrogramConfig};
pub use notes::RecordingNote;
pub use recording::Recording;
pub use resample::Resample;
pub use spectrogram::{Spectrogram, SpectrogramConfig};
pub use waveform::{AddGaussianSnr, Gain, Shift, SpeedPerturbation, WaveformTransform};
