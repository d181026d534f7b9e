//! A spectrogram that begins and ends elsewhere.

use plywood_tensor::{Error, Result, Tensor};

use super::{Transform, image_shape, resample_rows};
use crate::Settings;
use crate::draw::Context;

/// Stretches a random part of a spectrogram `[1, n_mels, frames]` to as many frames: it begins and ends at most `inward`
/// of the length within the picture, or at most `outward` beyond it, where the first and the last frame go on. In
/// evaluation nothing changes.
///
/// Where the same sounds are at the same places, as [`AudioInput::stretch`](crate::AudioInput) has them, a network learns
/// those places by heart; a stranger speaks some sounds longer and others shorter. It is torchvision's
/// `RandomResizedCrop` of time alone.
///
/// ```
/// use plywood_datasets::Draw;
/// use plywood_datasets::transforms::{RandomTimeCrop, Transform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let picture = Tensor::arange(101).reshape([1, 1, 101])?; // frame t has the value t
/// let mut context = Draw::training(Seed(7), 0).context(0); // the first epoch's first sample
/// let cropped = RandomTimeCrop::new(0.2, 0.0).apply(picture, &mut context)?;
/// let (first, last) = (cropped.get(&[0, 0, 0])?, cropped.get(&[0, 0, 100])?);
/// assert!(first > 0.0 && first < 20.0 && last > 80.0 && last < 100.0);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Settings)]
pub struct RandomTimeCrop {
    /// How far within the picture it may begin and end, as a part of the length.
    #[setting(range = 0.0..=0.45, called = "inward part")]
    inward: f64,
    /// How far beyond it.
    #[setting(range = 0.0..=1.0, called = "outward part")]
    outward: f64,
}

impl Transform for RandomTimeCrop {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        self.check().map_err(|error: Error| error.operation("random_time_crop"))?;
        Ok(input)
    }

    fn apply(&self, image: Tensor, context: &mut Context) -> Result<Tensor> {
        let [.., frames] = self.shape(image_shape(&image)?)?;
        let Some(rng) = context.rng() else { return Ok(image) };
        let last = (frames - 1) as f64;
        let mut moved = || last * (rng.unit() * (self.inward + self.outward) - self.outward);
        let (start, end) = (moved(), last - moved());
        let step = (end - start) / last.max(1.0);
        let mut cropped = Tensor::try_full(image.shape(), 0.0)?;
        resample_rows(image.as_slice(), cropped.as_mut_slice(), [frames; 2], start, step);
        Ok(cropped)
    }
}

#[cfg(test)]
mod tests {
    use plywood_tensor::Seed;

    use super::*;
    use crate::Draw;

    fn ramp(frames: usize) -> Tensor {
        Tensor::from_fn([1, 2, frames], |at| at[1] as f32 * 1000.0 + at[2] as f32)
    }

    #[test]
    fn frames_stay_equally_far_apart_between_ends_that_are_drawn() {
        let crop = RandomTimeCrop::new(0.2, 0.1);
        let mut ends = Vec::new();
        for sample in 0..200 {
            let mut context = Draw::training(Seed(3), 1).context(sample);
            let cropped = crop.apply(ramp(101), &mut context).unwrap();
            let [first, second] = [0, 1].map(|band| &cropped.as_slice()[101 * band..][..101]);
            let steps: Vec<f32> = first.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let step = steps[50];
            // Beyond the ends the picture stands still.
            assert!(steps.iter().all(|&s| s >= 0.0 && s < step + 1e-3), "{steps:?}");
            assert!(second.iter().zip(first).all(|(b, a)| (b - a - 1000.0).abs() < 1e-2));
            ends.push((first[0], first[100], first[5] == first[0], step));
        }
        assert!(ends.iter().all(|&(start, end, ..)| start <= 20.0 && end >= 80.0));
        assert!(ends.iter().any(|&(start, ..)| start > 15.0));
        assert!(ends.iter().any(|&(_, _, stands, step)| stands && step > 1.0));
    }

    #[test]
    fn one_frame_and_evaluation_stay() {
        let crop = RandomTimeCrop::new(0.2, 0.1);
        let mut context = Draw::training(Seed(3), 1).context(0);
        assert_eq!(crop.apply(ramp(1), &mut context).unwrap(), ramp(1));
        assert_eq!(crop.apply(ramp(9), &mut Context::evaluation()).unwrap(), ramp(9));
    }

    #[test]
    fn a_part_beyond_one_half_is_refused() {
        let error = RandomTimeCrop::new(0.6, 0.0).shape([1, 4, 4]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "random_time_crop: the inward part is 0.6; it should be between 0 and 0.45"
        );
    }
}
