//! Faster and slower.

use std::num::NonZero;

use plywood_tensor::Result;

use super::{WaveformTransform, check_order, drawn};
use crate::Settings;
use crate::audio::recording::Recording;
use crate::audio::resample::Resample;
use crate::draw::Context;

/// Plays a recording at a random speed, a whole number of hundredths of its own, by resampling: pitch, formants and
/// pace change together, as if a larger or smaller person spoke, so that a few speakers look like many. In evaluation
/// never.
///
/// torchaudio's `SpeedPerturbation`, with every hundredth of a range in place of a few factors. Source: Ko et al.,
/// "Audio augmentation for speech recognition" (2015).
///
/// ```
/// use plywood_datasets::{Draw, Recording, SpeedPerturbation, WaveformTransform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let second = Recording::new(Tensor::full([8000], 0.5), 8000)?;
/// let twice = SpeedPerturbation::new(2.0, 2.0); // lowest, highest
/// let faster = twice.apply(second, &mut Draw::training(Seed(7), 0).context(0))?;
/// assert_eq!((faster.len(), faster.rate()), (4000, 8000));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct SpeedPerturbation {
    /// The lowest speed, where 1 is the recording's own.
    #[setting(range = 0.1..=10.0, called = "lowest speed")]
    lowest: f64,
    /// The highest speed.
    #[setting(range = 0.1..=10.0, called = "highest speed")]
    highest: f64,
}

/// The speed in steps of this part of the recording's own.
const STEPS: u32 = 100;

impl WaveformTransform for SpeedPerturbation {
    fn check(&self) -> Result<()> {
        Settings::check(self).map_err(|error| error.operation("speed_perturbation"))?;
        check_order("speed_perturbation", [self.lowest, self.highest])
    }

    fn apply(&self, recording: Recording, context: &mut Context) -> Result<Recording> {
        WaveformTransform::check(self)?;
        let Some(rng) = context.rng() else { return Ok(recording) };
        let speed = drawn(rng, [self.lowest, self.highest]);
        let steps = (speed * f64::from(STEPS)).round() as u32;
        // As if it had so many samples in a second, of which a hundred are wanted.
        let rates = [steps, recording.rate()].map(NonZero::new);
        let [Some(steps), Some(rate)] = rates else { return Ok(recording) };
        Ok(Resample::new(STEPS).apply(&recording.at_rate(steps))?.at_rate(rate))
    }
}
