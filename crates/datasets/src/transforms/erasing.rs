//! Erasing a part of an image.

use plywood_tensor::{POSITIVE, Result, Rng, Tensor};

use super::{Transform, between, check_order, image_shape, up_to};
use crate::Settings;
use crate::draw::Context;

/// Erases a rectangle somewhere in the image, with a probability. In evaluation never.
///
/// It teaches a network not to rely on one part only. Source: Zhong et al., "Random erasing data
/// augmentation" (2017); kin to Cutout (DeVries and Taylor, 2017).
///
/// ```
/// use plywood_datasets::Draw;
/// use plywood_datasets::transforms::{RandomErasing, Transform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let erasing = RandomErasing::new().probability(1.0).area([0.25, 0.25]).ratio([1.0, 1.0]);
/// let mut context = Draw::training(Seed(7), 0).context(0); // the first epoch's first sample
/// let erased = erasing.apply(Tensor::ones([1, 4, 4]), &mut context)?;
/// assert_eq!(erased.sum(), 12.0); // a square of 2 × 2 of its 16 pixels is black
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct RandomErasing {
    /// The probability of erasing.
    #[setting(default = 0.5, range = 0.0..=1.0, alias = "p")]
    probability: f64,
    /// The least and the greatest part of the image's area to erase.
    #[setting(default = [0.02, 0.33], range = 0.0..=1.0)]
    area: [f64; 2],
    /// The least and the greatest height ∕ width of what is erased.
    #[setting(default = [0.3, 3.3], range = POSITIVE)]
    ratio: [f64; 2],
    /// What the erased pixels are set to: 0 is black.
    #[setting(default = 0.0)]
    value: f32,
}

impl RandomErasing {
    /// Where to erase: `[top, left, height, width]`, `None` if no try fits.
    fn rectangle(&self, [_, height, width]: [usize; 3], rng: &mut Rng) -> Option<[usize; 4]> {
        // As many tries as torchvision makes.
        (0..10).find_map(|_| {
            let area = between(rng, self.area[0], self.area[1]) * (height * width) as f64;
            let ratio = between(rng, self.ratio[0].ln(), self.ratio[1].ln()).exp();
            let rows = (area * ratio).sqrt().round() as usize;
            let columns = (area / ratio).sqrt().round() as usize;
            let fits = (1..=height).contains(&rows) && (1..=width).contains(&columns);
            fits.then(|| {
                let (top, left) = (up_to(rng, height - rows), up_to(rng, width - columns));
                [top, left, rows, columns]
            })
        })
    }
}

impl Transform for RandomErasing {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        self.check()
            .and_then(|()| check_order("area", self.area))
            .and_then(|()| check_order("ratio", self.ratio))
            .map_err(|error| error.operation("random_erasing"))?;
        Ok(input)
    }

    fn apply(&self, mut image: Tensor, context: &mut Context) -> Result<Tensor> {
        let shape @ [_, height, width] = self.shape(image_shape(&image)?)?;
        let Some(rng) = context.rng() else { return Ok(image) };
        if rng.unit() >= self.probability {
            return Ok(image);
        }
        if let Some([top, left, rows, columns]) = self.rectangle(shape, rng) {
            for plane in image.as_mut_slice().chunks_mut(height * width) {
                for row in plane.chunks_mut(width).skip(top).take(rows) {
                    row[left..left + columns].fill(self.value);
                }
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

    proptest! {
        #[test]
        fn prop_one_rectangle_is_erased(
            [channels, height, width] in [1_usize..3, 1_usize..20, 1_usize..20],
            seed: u64,
        ) {
            let erase = RandomErasing::new().probability(1.0).value(2.0);
            let image = Tensor::zeros([channels, height, width]);
            let erased = erase.apply(image, &mut training(seed)).unwrap();
            let planes: Vec<_> = erased.as_slice().chunks(height * width).collect();
            prop_assert!(planes.iter().all(|plane| *plane == planes[0]));

            let places: Vec<_> = (0..height * width).filter(|&i| planes[0][i] == 2.0).collect();
            let span = |axis: fn(usize, usize) -> usize| {
                let of = |place: &usize| axis(*place, width);
                let (first, last) = (places.iter().map(of).min(), places.iter().map(of).max());
                last.zip(first).map_or(0, |(last, first)| last - first + 1)
            };
            let area = span(|i, width| i / width) * span(|i, width| i % width);
            prop_assert_eq!(area, places.len());
            // Rounding both sides up can add most of a row and a column.
            prop_assert!(area as f64 <= 0.33 * (height * width) as f64 + 0.5 * (height + width) as f64 + 1.0);
        }
    }

    /// Of 1,000 images about half; high rectangles as often as wide ones; areas evenly.
    #[test]
    fn rectangles_are_as_often_high_as_wide() {
        let (erase, shape) = (RandomErasing::new(), [1, 100, 100]);
        let mut rng = Rng::new(Seed(5));
        let drawn: Vec<_> = (0..1000).filter_map(|_| erase.rectangle(shape, &mut rng)).collect();
        let of = |part: &dyn Fn(usize, usize) -> bool| {
            drawn.iter().filter(|[_, _, rows, columns]| part(*rows, *columns)).count() as f64
                / drawn.len() as f64
        };
        let share = |part: f64, expected: f64| (part - expected).abs() < 0.08;
        assert!(share(of(&|rows, columns| rows > columns), 0.5));
        assert!(share(of(&|rows, columns| rows * columns > 1750), 0.5));
        assert!(of(&|rows, columns| rows * columns < 150) == 0.0);
        let image = Tensor::ones(shape);
        let mut context = training(5);
        let mut changed = || erase.apply(image.clone(), &mut context).unwrap() != image;
        let erased = (0..1000).filter(|_| changed()).count() as f64;
        assert!(share(erased / 1000.0, 0.5));
    }

    #[test]
    fn evaluation_erases_nothing() {
        let image = Tensor::ones([3, 8, 8]);
        let erase = RandomErasing::new().probability(1.0);
        assert_eq!(erase.apply(image.clone(), &mut Context::evaluation()).unwrap(), image);
        let erased = erase.apply(image, &mut training(1)).unwrap();
        assert!(erased.as_slice().contains(&0.0));
    }

    #[test]
    fn senseless_settings_are_refused() {
        let refusal = |erase: RandomErasing| erase.shape([1, 8, 8]).unwrap_err().to_string();
        assert_eq!(
            refusal(RandomErasing::new().area([0.5, 0.1])),
            "random_erasing: the area is from 0.5 to 0.1; the smaller comes first",
        );
        assert_eq!(
            refusal(RandomErasing::new().area([0.5, 1.5])),
            "random_erasing: the area is [0.5, 1.5]; each should be between 0 and 1",
        );
        assert_eq!(
            refusal(RandomErasing::new().ratio([0.0, 1.0])),
            "random_erasing: the ratio is [0, 1]; each should be more than 0",
        );
        assert_eq!(
            refusal(RandomErasing::new().ratio([2.0, 1.0])),
            "random_erasing: the ratio is from 2 to 1; the smaller comes first",
        );
        assert_eq!(
            refusal(RandomErasing::new().probability(2.0)),
            "random_erasing: the probability is 2; it should be between 0 and 1",
        );
    }
}
