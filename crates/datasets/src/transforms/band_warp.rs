//! A spectrogram as of a longer or a shorter vocal tract.

use plywood_tensor::{Error, Result, Tensor};

use super::{Transform, image_shape};
use crate::Settings;
use crate::draw::Context;

/// Moves the bands of a spectrogram `[1, n_mels, frames]` by a random factor: what was at band `b` comes to `b` divided by
/// it, and a band between two lies on the line from one to the other. In evaluation nothing moves.
///
/// The resonances of a voice lie higher in a short vocal tract than in a long one, and a few speakers so look like many.
/// On the waveform, `SpeedPerturbation` does that to all of a recording, its duration and its pitch too; here the time
/// stays as it is.
///
/// Source: Jaitly and Hinton, "Vocal tract length perturbation (VTLP) improves speech recognition" (2013), where
/// frequencies are warped below 4.8 kHz alone.
///
/// ```
/// use plywood_datasets::Draw;
/// use plywood_datasets::transforms::{BandWarp, Transform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let picture = Tensor::arange(8).reshape([1, 8, 1])?; // band b has the value b
/// let mut context = Draw::training(Seed(7), 0).context(0); // the first epoch's first sample
/// let warped = BandWarp::new(0.8, 1.25).apply(picture, &mut context)?;
/// let factor = warped.get(&[0, 1, 0])?;
/// assert!(factor > 0.8 && factor < 1.25);
/// assert_eq!(warped.get(&[0, 4, 0])?, 4.0 * factor);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[doc(alias = "vtlp")]
#[doc(alias = "VocalTractLengthPerturbation")]
#[derive(Clone, Debug, PartialEq, Settings)]
pub struct BandWarp {
    /// The least factor.
    #[setting(range = 0.1..=10.0, called = "lowest factor")]
    lowest: f64,
    /// The greatest factor. Those between are equally likely.
    #[setting(range = 0.1..=10.0, called = "highest factor")]
    highest: f64,
}

impl Transform for BandWarp {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let checked = || {
            self.check()?;
            if self.lowest > self.highest {
                return Err(Error::value(format!(
                    "the lowest factor {} is above the highest, {}",
                    self.lowest, self.highest
                )));
            }
            Ok(input)
        };
        checked().map_err(|error| error.operation("band_warp"))
    }

    fn apply(&self, image: Tensor, context: &mut Context) -> Result<Tensor> {
        let [_, bands, frames] = self.shape(image_shape(&image)?)?;
        let Some(rng) = context.rng() else { return Ok(image) };
        let factor = self.lowest + rng.unit() * (self.highest - self.lowest);
        let mut warped = Tensor::try_full(image.shape(), 0.0)?;
        let planes = image.as_slice().chunks(bands * frames);
        for (old, new) in planes.zip(warped.as_mut_slice().chunks_mut(bands * frames)) {
            for (band, new) in new.chunks_mut(frames).enumerate() {
                let from = (band as f64 * factor).min((bands - 1) as f64);
                let (lower, part) = (from as usize, from.fract() as f32);
                let lower_row = &old[lower * frames..][..frames];
                let upper_row = &old[(lower + 1).min(bands - 1) * frames..][..frames];
                for ((x, lower), upper) in new.iter_mut().zip(lower_row).zip(upper_row) {
                    *x = lower * (1.0 - part) + upper * part;
                }
            }
        }
        Ok(warped)
    }
}
