//! Normalisation: each channel with mean 0 and standard deviation 1.

use plywood_tensor::{Error, Result, Rng, Tensor};

use super::Transform;
use crate::images::Images;

/// (x − mean) / std, channel by channel, of values from 0 to 1.
///
/// ```
/// use plywood_datasets::{Digits, Normalize, Split};
/// use plywood_tensor::Seed;
///
/// let [train, test] = Digits::embedded()?.split([0.8, 0.2], Seed(7))?;
/// // Measured on the training images only: the test set must stay unknown.
/// let normalize = Normalize::measured_on(&train);
/// let (train, test) = (train.normalize(&normalize)?, test.normalize(&normalize)?);
/// # let _ = (train, test);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Normalize {
    mean: Vec<f32>,
    std: Vec<f32>,
}

impl Normalize {
    /// With the given mean and standard deviation of each channel.
    ///
    /// # Errors
    /// When there are not as many of one as of the other, or a standard deviation is not a
    /// positive number.
    pub fn new(mean: impl Into<Vec<f32>>, std: impl Into<Vec<f32>>) -> Result<Self> {
        let (mean, std) = (mean.into(), std.into());
        let positive = |&s: &f32| s > 0.0 && s.is_finite();
        if mean.len() != std.len()
            || !std.iter().all(positive)
            || !mean.iter().all(|m| m.is_finite())
        {
            return Err(Error::value(format!("mean {mean:?}, std {std:?}"))
                .operation("normalize")
                .hint("give one of each for every channel, std above 0"));
        }
        Ok(Self { mean, std })
    }

    /// With the mean and standard deviation of each channel over all pixels of `images`, before
    /// their transforms. A channel that is the same everywhere has nothing to scale: its standard
    /// deviation counts as 1.
    pub fn measured_on(images: &Images) -> Self {
        let (mean, std) = images.channel_moments().into_iter().unzip();
        Self { mean, std }
    }

    /// The mean of each channel.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// The standard deviation of each channel.
    pub fn std(&self) -> &[f32] {
        &self.std
    }

    /// The normalised value of `x` in `channel`.
    pub(crate) fn value(&self, channel: usize, x: f32) -> f32 {
        (x - self.mean[channel]) / self.std[channel]
    }
}

impl Transform for Normalize {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        if input[0] != self.mean.len() {
            return Err(Error::shape(format!(
                "picture {input:?} (C, H, W) has {} channels, mean and std have {}",
                input[0],
                self.mean.len()
            ))
            .operation("normalize"));
        }
        Ok(input)
    }

    fn apply(&self, mut picture: Tensor, _: Option<&mut Rng>) -> Result<Tensor> {
        let [_, height, width] = self.shape(super::picture_shape(&picture)?)?;
        let planes = picture.as_mut_slice().chunks_mut((height * width).max(1));
        for (channel, plane) in planes.enumerate() {
            for x in plane {
                *x = self.value(channel, *x);
            }
        }
        Ok(picture)
    }
}
