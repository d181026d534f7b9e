//! Normalisation: each channel with mean 0 and standard deviation 1.

use plywood_tensor::{Error, Result, Tensor};

use super::Transform;
use crate::draw::Context;

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

    /// With moments of channels that were measured.
    pub(crate) fn measured(moments: impl IntoIterator<Item = (f32, f32)>) -> Self {
        let (mean, std) = moments.into_iter().unzip();
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
                "image {input:?} (C, H, W) has {} channels, mean and std have {}",
                input[0],
                self.mean.len()
            ))
            .operation("normalize"));
        }
        Ok(input)
    }

    fn apply(&self, mut image: Tensor, _: &mut Context) -> Result<Tensor> {
        let [_, height, width] = self.shape(super::image_shape(&image)?)?;
        let planes = image.as_mut_slice().chunks_mut((height * width).max(1));
        for (channel, plane) in planes.enumerate() {
            for x in plane {
                *x = self.value(channel, *x);
            }
        }
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use crate::draw::Draw;
    use crate::embedded::Digits;
    use crate::images::Images;

    #[test]
    fn measured_images_come_out_with_mean_0_and_deviation_1() {
        let digits = Digits::embedded().unwrap();
        let digits = digits.normalize(&Normalize::measured_on(&digits)).unwrap();
        let all: Vec<usize> = (0..digits.len()).collect();
        let batch = digits.batch(&all, &Draw::evaluation()).unwrap();
        let numbers = batch.images.as_slice().iter().map(|&x| f64::from(x));
        let n = batch.images.numel() as f64;
        let mean = numbers.clone().sum::<f64>() / n;
        let variance = numbers.map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5, "{mean} {variance}");
    }

    #[test]
    fn a_constant_channel_is_only_shifted() {
        let images = Images::new(Tensor::full([2, 1, 3, 3], 51), vec![0, 0], ["grey"]).unwrap();
        let normalize = Normalize::measured_on(&images);
        assert_eq!((normalize.mean(), normalize.std()), (&[0.2_f32][..], &[1.0_f32][..]));
    }

    #[test]
    fn what_doesnt_fit_is_refused() {
        let refusal = |mean: &[f32], std: &[f32]| {
            let error = Normalize::new(mean, std).unwrap_err();
            error.to_string()
        };
        assert_eq!(
            refusal(&[0.5], &[0.0]),
            "normalize: mean [0.5], std [0.0]; give one of each for every channel, std above 0",
        );
        assert_eq!(
            refusal(&[f32::NAN], &[1.0]),
            "normalize: mean [NaN], std [1.0]; give one of each for every channel, std above 0",
        );
        let colour = Normalize::new([0.5; 3], [0.5; 3]).unwrap();
        assert_eq!(
            Digits::embedded().unwrap().normalize(&colour).unwrap_err().to_string(),
            "normalize: image [1, 8, 8] (C, H, W) has 1 channels, mean and std have 3",
        );
    }
}
