//! Bands of a spectrogram, each with its own mean and deviation.

use plywood_tensor::{Result, Tensor};

use super::{Transform, image_shape};
use crate::Settings;
use crate::draw::Context;

/// Brings each band of a spectrogram `[1, n_mels, frames]` to a mean of 0 over time, and to a standard deviation of 1:
/// how loud a recording is, and what a room and a microphone add to each frequency, are gone.
///
/// In speech recognition it is called cepstral mean and variance normalization, as Kaldi's `apply-cmvn` with
/// `--norm-vars`, here of a logarithmic spectrogram. The deviation is that of all frames, and at least `min_std`, so
/// that silence stays small.
///
/// ```
/// use plywood_datasets::Context;
/// use plywood_datasets::transforms::{BandNorm, Transform};
/// use plywood_tensor::Tensor;
///
/// let picture = Tensor::from([[[1.0, 3.0], [10.0, 30.0]]]); // two bands, two frames
/// let normal = BandNorm::new().apply(picture, &mut Context::evaluation())?;
/// assert_eq!(normal, Tensor::from([[[-1.0, 1.0], [-1.0, 1.0]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Settings)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BandNorm {
    /// Whether deviations become 1 too; else only means become 0.
    #[setting(default = true)]
    norm_vars: bool,
    /// Whether all bands together have one mean and one deviation: then how strong bands are beside each other stays.
    #[setting(default = false)]
    together: bool,
    /// What lesser deviations are raised to.
    #[setting(default = 1e-3, range = 1e-12.., called = "min_std")]
    min_std: f64,
}

impl Transform for BandNorm {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        self.check().map_err(|error| error.operation("band_norm"))?;
        Ok(input)
    }

    fn apply(&self, mut image: Tensor, _: &mut Context) -> Result<Tensor> {
        let [_, bands, frames] = self.shape(image_shape(&image)?)?;
        let size = if self.together { bands * frames } else { frames };
        for numbers in image.as_mut_slice().chunks_mut(size) {
            let count = numbers.len() as f64;
            let mean = numbers.iter().fold(0.0, |sum, &x| sum + f64::from(x)) / count;
            let square = |x: f32| (f64::from(x) - mean) * (f64::from(x) - mean);
            let variance = numbers.iter().fold(0.0, |sum, &x| sum + square(x)) / count;
            let deviation = if self.norm_vars { variance.sqrt().max(self.min_std) } else { 1.0 };
            for x in numbers {
                *x = ((f64::from(*x) - mean) / deviation) as f32;
            }
        }
        Ok(image)
    }
}
