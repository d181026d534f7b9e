//! Noise.

use plywood_tensor::{Result, Tensor};

use super::{WaveformTransform, amplitude, check_order, drawn};
use crate::Settings;
use crate::audio::recording::Recording;
use crate::draw::Context;

/// Adds white noise to some recordings, so quiet that the recording is a random number of decibels louder. In
/// evaluation never; to silence neither. audiomentations' `AddGaussianSNR`.
///
/// ```
/// use plywood_datasets::{AddGaussianSnr, Draw, Recording, WaveformTransform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let recording = Recording::new(Tensor::full([1000], 0.5), 8000)?;
/// let noise = AddGaussianSnr::new().min_snr_db(20.0).max_snr_db(20.0).p(1.0);
/// let noisy = noise.apply(recording.clone(), &mut Draw::training(Seed(7), 0).context(0))?;
/// let added = noisy.samples() - recording.samples();
/// let power = added.as_slice().iter().map(|x| x * x).sum::<f32>() / 1000.0;
/// assert!((power / 0.0025 - 1.0).abs() < 0.2); // a hundredth of 0.25
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct AddGaussianSnr {
    /// The least ratio of the recording's power to the noise's, in decibels.
    #[setting(default = 5.0, range = -200.0..=200.0, called = "min_snr_db")]
    min_snr_db: f64,
    /// The greatest ratio, in decibels.
    #[setting(default = 40.0, range = -200.0..=200.0, called = "max_snr_db")]
    max_snr_db: f64,
    /// The part of the recordings that gets noise.
    #[setting(default = 0.5, range = 0.0..=1.0)]
    p: f64,
}

impl AddGaussianSnr {
    fn range(&self) -> [f64; 2] {
        [self.min_snr_db, self.max_snr_db]
    }
}

impl WaveformTransform for AddGaussianSnr {
    fn check(&self) -> Result<()> {
        Settings::check(self).map_err(|error| error.operation("add_gaussian_snr"))?;
        check_order("add_gaussian_snr", self.range())
    }

    fn apply(&self, recording: Recording, context: &mut Context) -> Result<Recording> {
        WaveformTransform::check(self)?;
        let Some(rng) = context.rng() else { return Ok(recording) };
        if rng.unit() >= self.p {
            return Ok(recording);
        }
        let ratio = amplitude(drawn(rng, self.range()));
        let samples = recording.samples().as_slice();
        let power = samples.iter().fold(0.0, |sum, &x| sum + f64::from(x) * f64::from(x));
        let deviation = (power / samples.len() as f64).sqrt() / ratio;
        let mut noisy: Tensor = rng.try_normal([samples.len()], 0.0, deviation)?;
        for (out, x) in noisy.as_mut_slice().iter_mut().zip(samples) {
            *out += x;
        }
        Recording::new(noisy, recording.rate())
    }
}
