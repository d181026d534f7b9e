//! Mirrored images.

use plywood_tensor::{Result, Tensor};

use super::{Transform, image_shape};
use crate::Settings;
use crate::draw::Context;

/// Exchanges left and right, with a probability. In evaluation never. Not for digits or letters.
///
/// ```
/// use plywood_datasets::Draw;
/// use plywood_datasets::transforms::{RandomHorizontalFlip, Transform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let always = RandomHorizontalFlip::new().probability(1.0);
/// let image = Tensor::from([[[0.1, 0.2, 0.3]]]);
/// let mut context = Draw::training(Seed(7), 0).context(0); // the first epoch's first sample
/// assert_eq!(always.apply(image.clone(), &mut context)?, Tensor::from([[[0.3, 0.2, 0.1]]]));
/// let mut context = Draw::evaluation().context(0);
/// assert_eq!(always.apply(image.clone(), &mut context)?, image);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct RandomHorizontalFlip {
    /// The probability of a flip.
    #[setting(default = 0.5, range = 0.0..=1.0, alias = "p")]
    probability: f64,
}

impl Transform for RandomHorizontalFlip {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        self.check().map_err(|error| error.operation("random_horizontal_flip"))?;
        Ok(input)
    }

    fn apply(&self, image: Tensor, context: &mut Context) -> Result<Tensor> {
        self.shape(image_shape(&image)?)?;
        mirrored(image, context.rng().is_some_and(|rng| rng.unit() < self.probability))
    }
}

/// Exchanges left and right in every second epoch: at random in the first, and in each after that
/// the other way round. Two epochs in a row show every image from both sides. In evaluation never.
///
/// Source: K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (2024), section 3.6.
///
/// ```
/// use plywood_datasets::Draw;
/// use plywood_datasets::transforms::{AlternatingFlip, Transform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let image = Tensor::from([[[0.1, 0.2, 0.3]]]);
/// let shown = |epoch| {
///     let mut context = Draw::training(Seed(7), epoch).context(0); // of one sample
///     AlternatingFlip.apply(image.clone(), &mut context)
/// };
/// assert_ne!(shown(0)?, shown(1)?);
/// assert_eq!(shown(0)?, shown(2)?);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AlternatingFlip;

impl Transform for AlternatingFlip {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        Ok(input)
    }

    fn apply(&self, image: Tensor, context: &mut Context) -> Result<Tensor> {
        let first = context.lasting_rng().map(|rng| rng.unit() < 0.5);
        let flip =
            first.zip(context.epoch()).map(|(first, epoch)| first == epoch.is_multiple_of(2));
        mirrored(image, flip.unwrap_or(false))
    }
}

fn mirrored(mut image: Tensor, mirror: bool) -> Result<Tensor> {
    let [_, _, width] = image_shape(&image)?;
    if mirror {
        image.as_mut_slice().chunks_mut(width).for_each(<[f32]>::reverse);
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use plywood_tensor::Seed;

    use super::*;
    use crate::draw::Draw;

    #[test]
    fn left_and_right_are_exchanged() {
        let image = Tensor::from([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]);
        let mirrored = Tensor::from([[[3.0, 2.0, 1.0], [6.0, 5.0, 4.0]]]);
        let always = RandomHorizontalFlip::new().probability(1.0);
        let mut context = Draw::training(Seed(1), 0).context(0);
        assert_eq!(always.apply(image.clone(), &mut context).unwrap(), mirrored);
        assert_eq!(always.apply(image.clone(), &mut Context::evaluation()).unwrap(), image);

        let flips = |_: &usize| {
            let flip = RandomHorizontalFlip::new();
            flip.apply(image.clone(), &mut context).unwrap() == mirrored
        };
        let flipped = (0..1000).filter(flips).count();
        assert!((440..560).contains(&flipped), "{flipped}");
    }

    #[test]
    fn two_epochs_show_both_sides() {
        let image = Tensor::from([[[1.0, 2.0, 3.0]]]);
        let shown = |epoch, index| {
            let mut context = Draw::training(Seed(1), epoch).context(index);
            AlternatingFlip.apply(image.clone(), &mut context).unwrap()
        };
        let mut first = 0;
        for index in 0..200 {
            let epochs = [0, 1, 2, 3].map(|epoch| shown(epoch, index) != image);
            assert!(epochs[0] != epochs[1] && epochs[..2] == epochs[2..], "{epochs:?}");
            first += usize::from(epochs[0]);
        }
        assert!((70..130).contains(&first), "{first}");
        let seen = AlternatingFlip.apply(image.clone(), &mut Context::evaluation()).unwrap();
        assert_eq!(seen, image);
    }

    #[test]
    fn a_probability_is_from_0_to_1() {
        let flip = RandomHorizontalFlip::new().probability(f64::NAN);
        assert_eq!(
            flip.shape([1, 2, 2]).unwrap_err().to_string(),
            "random_horizontal_flip: the probability is NaN; it should be between 0 and 1",
        );
    }
}
