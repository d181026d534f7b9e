//! Louder and quieter.

use plywood_tensor::{Result, Tensor};

use super::{WaveformTransform, amplitude, check_order, drawn};
use crate::Settings;
use crate::audio::recording::Recording;
use crate::draw::Context;

/// Multiplies a recording by a random gain, uniform in decibels: how far away the speaker is, and how a microphone is
/// set. In evaluation never. torch-audiomentations' `Gain`.
///
/// ```
/// use plywood_datasets::{Draw, Gain, Recording, WaveformTransform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let recording = Recording::new(Tensor::full([100], 0.5), 8000)?;
/// let mut context = Draw::training(Seed(7), 0).context(0); // the first epoch's first sample
/// let louder = Gain::new().min_gain_in_db(6.0).max_gain_in_db(6.0).apply(recording, &mut context)?;
/// assert!((louder.samples().as_slice()[0] - 0.9976).abs() < 1e-4); // 10^(6/20) · 0.5
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct Gain {
    /// The least gain, in decibels.
    #[setting(default = -18.0, range = -200.0..=200.0, called = "min_gain_in_db")]
    min_gain_in_db: f64,
    /// The greatest gain, in decibels.
    #[setting(default = 6.0, range = -200.0..=200.0, called = "max_gain_in_db")]
    max_gain_in_db: f64,
}

impl Gain {
    fn range(&self) -> [f64; 2] {
        [self.min_gain_in_db, self.max_gain_in_db]
    }
}

impl WaveformTransform for Gain {
    fn check(&self) -> Result<()> {
        Settings::check(self).map_err(|error| error.operation("gain"))?;
        check_order("gain", self.range())
    }

    fn apply(&self, recording: Recording, context: &mut Context) -> Result<Recording> {
        WaveformTransform::check(self)?;
        let Some(rng) = context.rng() else { return Ok(recording) };
        let gain = amplitude(drawn(rng, self.range())) as f32;
        let samples: Vec<f32> = recording.samples().as_slice().iter().map(|x| x * gain).collect();
        Recording::new(Tensor::from(samples), recording.rate())
    }
}
