//! Earlier and later.

use plywood_tensor::{Result, Tensor};

use super::{WaveformTransform, drawn};
use crate::Settings;
use crate::audio::recording::Recording;
use crate::draw::Context;

/// Moves a recording in time by a random part of its length, to either side. In evaluation never.
/// torch-audiomentations' `Shift`.
///
/// ```
/// use plywood_datasets::{Draw, Recording, Shift, WaveformTransform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let ramp = Recording::new(Tensor::from_fn([10], |at| at[0] as f32 / 10.0), 8000)?;
/// let shifted = Shift::new().rollover(false).apply(ramp, &mut Draw::training(Seed(1), 0).context(0))?;
/// assert_eq!(shifted.len(), 10);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct Shift {
    /// The largest shift, as a part of the length.
    #[setting(default = 0.5, range = 0.0..=1.0, called = "max_shift")]
    max_shift: f64,
    /// Whether what leaves at one end comes in again at the other; else silence comes in.
    #[setting(default = true)]
    rollover: bool,
}

impl WaveformTransform for Shift {
    fn check(&self) -> Result<()> {
        Settings::check(self).map_err(|error| error.operation("shift"))
    }

    fn apply(&self, recording: Recording, context: &mut Context) -> Result<Recording> {
        WaveformTransform::check(self)?;
        let Some(rng) = context.rng() else { return Ok(recording) };
        let part = drawn(rng, [-self.max_shift, self.max_shift]);
        let mut samples = recording.samples().to_vec();
        // A conversion to integers cuts off what is behind the point.
        let by = ((part.abs() * samples.len() as f64) as usize).min(samples.len());
        let (later, kept) = (part > 0.0, samples.len() - by);
        match later {
            true => samples.rotate_right(by),
            false => samples.rotate_left(by),
        }
        if !self.rollover {
            let came_in = if later { 0..by } else { kept..kept + by };
            samples[came_in].fill(0.0);
        }
        Recording::new(Tensor::from(samples), recording.rate())
    }
}
