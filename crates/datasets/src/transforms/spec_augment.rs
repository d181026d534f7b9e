//! Masks over parts of a spectrogram.

use plywood_tensor::{Result, Rng, Tensor};

use super::{Transform, image_shape};
use crate::Settings;
use crate::draw::Context;

/// Hides some bands of frequencies and some stretches of time of a spectrogram `[1, n_mels, frames]`, each of a random
/// width and at a random place. In evaluation never.
///
/// It teaches a network not to rely on one moment or pitch only. Names, defaults and draws are those of torchaudio's
/// `SpecAugment`, whose numbers of masks and widths have none: here they are those of the policy `LD`. Source: Park et
/// al., "SpecAugment: a simple data augmentation method for automatic speech recognition" (2019).
///
/// ```
/// use plywood_datasets::Draw;
/// use plywood_datasets::transforms::{SpecAugment, Transform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let masks = SpecAugment::new().n_time_masks(1).n_freq_masks(0).time_mask_param(4).zero_masking(true);
/// let mut context = Draw::training(Seed(7), 0).context(0); // the first epoch's first sample
/// let masked = masks.apply(Tensor::ones([1, 8, 20]), &mut context)?;
/// let hidden = 160.0 - masked.sum();
/// assert!(hidden % 8.0 == 0.0 && hidden < 4.0 * 8.0); // whole frames, fewer than 4
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct SpecAugment {
    /// How many stretches of time are hidden.
    #[setting(default = 2, range = 0.0..=1000.0, called = "n_time_masks")]
    n_time_masks: usize,
    /// What a stretch of time is shorter than, in frames.
    #[setting(default = 100, range = 0.0.., called = "time_mask_param")]
    time_mask_param: usize,
    /// How many bands of frequencies are hidden.
    #[setting(default = 2, range = 0.0..=1000.0, called = "n_freq_masks")]
    n_freq_masks: usize,
    /// What a band is narrower than, in rows.
    #[setting(default = 27, range = 0.0.., called = "freq_mask_param")]
    freq_mask_param: usize,
    /// The greatest part of all frames, and of all rows, that one mask hides.
    #[setting(default = 1.0, range = 0.0..=1.0)]
    p: f64,
    /// Whether what is hidden becomes 0; else the mean of the spectrogram.
    #[setting(default = false)]
    zero_masking: bool,
}

impl SpecAugment {
    /// Where a mask begins and ends on an axis of so many places.
    fn mask(&self, rng: &mut Rng, param: usize, size: usize) -> [usize; 2] {
        // A conversion to integers rounds down.
        let most = param.min((size as f64 * self.p) as usize);
        let width = rng.unit() * most as f64;
        let start = (rng.unit() * (size as f64 - width)) as usize;
        [start, (start + width as usize).min(size)]
    }
}

impl Transform for SpecAugment {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        self.check().map_err(|error| error.operation("spec_augment"))?;
        Ok(input)
    }

    fn apply(&self, mut image: Tensor, context: &mut Context) -> Result<Tensor> {
        let [_, bands, frames] = self.shape(image_shape(&image)?)?;
        let Some(rng) = context.rng() else { return Ok(image) };
        let numbers = image.as_mut_slice();
        let value = match self.zero_masking {
            true => 0.0,
            false => {
                let sum = numbers.iter().fold(0.0, |sum, &x| sum + f64::from(x));
                (sum / numbers.len() as f64) as f32
            }
        };
        for _ in 0..self.n_time_masks {
            let [start, end] = self.mask(rng, self.time_mask_param, frames);
            for row in numbers.chunks_mut(frames) {
                row[start..end].fill(value);
            }
        }
        for _ in 0..self.n_freq_masks {
            let [start, end] = self.mask(rng, self.freq_mask_param, bands);
            for plane in numbers.chunks_mut(bands * frames) {
                plane[start * frames..end * frames].fill(value);
            }
        }
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use plywood_tensor::{Rng, Seed};
    use proptest::prelude::*;

    use super::*;
    use crate::draw::Draw;

    fn training(seed: u64) -> Context {
        Draw::training(Seed(seed), 0).context(0)
    }

    /// torchaudio's `mask_along_axis`, number by number.
    fn reference(augment: &SpecAugment, image: &Tensor, rng: &mut Rng) -> Tensor {
        let [_, bands, frames] = image_shape(image).unwrap();
        let mut masked = image.clone();
        let numbers = image.as_slice();
        let mean = numbers.iter().map(|&x| f64::from(x)).sum::<f64>() / numbers.len() as f64;
        let axes = [
            (augment.n_time_masks, augment.time_mask_param, frames, 2),
            (augment.n_freq_masks, augment.freq_mask_param, bands, 1),
        ];
        for (count, param, size, axis) in axes {
            for _ in 0..count {
                let param = param.min((size as f64 * augment.p).floor() as usize);
                let value = rng.unit() * param as f64;
                let min_value = rng.unit() * (size as f64 - value);
                let (start, end) = (min_value.floor(), min_value.floor() + value.floor());
                masked = Tensor::from_fn(masked.shape(), |at| {
                    let place = at[axis] as f64;
                    let hidden = place >= start && place < end;
                    if hidden { mean as f32 } else { masked.get(at).unwrap() }
                });
            }
        }
        masked
    }

    proptest! {
        #[test]
        fn prop_masks_are_those_of_the_reference(
            [bands, frames] in [1_usize..12, 1_usize..30],
            [n_time_masks, n_freq_masks] in [0_usize..3, 0_usize..3],
            [time, freq] in [0_usize..40, 0_usize..20],
            p in 0.0..=1.0_f64,
            seed: u64,
        ) {
            let augment = SpecAugment::new()
                .n_time_masks(n_time_masks).n_freq_masks(n_freq_masks)
                .time_mask_param(time).freq_mask_param(freq).p(p);
            let image = Tensor::from_fn([1, bands, frames], |at| (at[1] * 31 + at[2]) as f32);
            let masked = augment.apply(image.clone(), &mut training(seed)).unwrap();
            let expected = reference(&augment, &image, training(seed).rng().unwrap());
            prop_assert_eq!(masked, expected);
        }
    }

    #[test]
    fn an_evaluation_hides_nothing() {
        let image = Tensor::ones([1, 4, 5]);
        let seen =
            SpecAugment::new().zero_masking(true).apply(image.clone(), &mut Context::evaluation());
        assert_eq!(seen.unwrap(), image);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let error = SpecAugment::new().p(1.5).shape([1, 4, 4]).unwrap_err();
        assert_eq!(error.to_string(), "spec_augment: the p is 1.5; it should be between 0 and 1");
    }
}
