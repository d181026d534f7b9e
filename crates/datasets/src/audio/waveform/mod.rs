//! Augmentation of recordings before their spectrograms are made.
//!
//! Names and meanings are those of torchaudio and torch-audiomentations.

mod gain;
mod noise;
mod shift;
mod speed;

pub use gain::Gain;
pub use noise::AddGaussianSnr;
pub use shift::Shift;
pub use speed::SpeedPerturbation;

use std::fmt::Debug;

use plywood_tensor::{Error, Result, Rng};

use super::recording::Recording;
use crate::draw::Context;

/// A change to one recording, before its spectrogram is made.
///
/// In training it draws what is random about it from the [`Context`]; in evaluation, where that has no generator, it
/// changes nothing. `Debug` must show every setting: data sets are told apart by it.
///
/// ```
/// use plywood_datasets::{Context, Recording, WaveformTransform};
/// use plywood_tensor::Result;
///
/// /// Turns the wave upside down half of the time.
/// #[derive(Debug)]
/// struct PolarityInversion;
///
/// impl WaveformTransform for PolarityInversion {
///     fn check(&self) -> Result<()> {
///         Ok(())
///     }
///
///     fn apply(&self, recording: Recording, context: &mut Context) -> Result<Recording> {
///         match context.rng().is_some_and(|rng| rng.unit() < 0.5) {
///             true => Recording::new(recording.samples() * -1.0, recording.rate()),
///             false => Ok(recording),
///         }
///     }
/// }
/// # let _ = PolarityInversion;
/// ```
pub trait WaveformTransform: Debug + Send + Sync + 'static {
    /// Refuses settings that make no sense, before any recording is read.
    ///
    /// # Errors
    /// When a setting is out of range.
    fn check(&self) -> Result<()>;

    /// Changes a recording. Its length may change, its rate stays.
    ///
    /// # Errors
    /// When a setting is out of range, or there is not enough memory.
    fn apply(&self, recording: Recording, context: &mut Context) -> Result<Recording>;
}

/// Refuses two ends of a range in the wrong order, or that are no numbers.
fn check_order(operation: &'static str, [low, high]: [f64; 2]) -> Result<()> {
    match low.is_finite() && high.is_finite() && low <= high {
        true => Ok(()),
        false => Err(Error::value(format!("from {low} to {high} there is nothing to draw"))
            .operation(operation)
            .hint("the first should be the lesser, and both finite")),
    }
}

/// A uniform number of a range.
fn drawn(rng: &mut Rng, [low, high]: [f64; 2]) -> f64 {
    low + (high - low) * rng.unit()
}

/// The amplitude that so many decibels are.
fn amplitude(decibels: f64) -> f64 {
    libm::pow(10.0, decibels / 20.0)
}

#[cfg(test)]
mod tests;
