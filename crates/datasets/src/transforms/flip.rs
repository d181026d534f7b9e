//! Mirrored pictures.

use plywood_tensor::{Result, Rng, Tensor};

use super::{Transform, check_probability, picture_shape};

/// Exchanges left and right, with a probability. In evaluation never. Not for digits or letters.
#[derive(Clone, Debug)]
pub struct RandomHorizontalFlip {
    probability: f64,
}

impl RandomHorizontalFlip {
    /// Every second picture, on average.
    pub fn new() -> Self {
        Self { probability: 0.5 }
    }

    /// The probability of a flip, from 0 to 1.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }
}

impl Default for RandomHorizontalFlip {
    fn default() -> Self {
        Self::new()
    }
}

impl Transform for RandomHorizontalFlip {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        check_probability(self.probability).map_err(|e| e.operation("random_horizontal_flip"))?;
        Ok(input)
    }

    fn apply(&self, mut picture: Tensor, rng: Option<&mut Rng>) -> Result<Tensor> {
        let [_, _, width] = self.shape(picture_shape(&picture)?)?;
        if rng.is_some_and(|rng| rng.unit() < self.probability) {
            let rows = picture.as_mut_slice().chunks_mut(width.max(1));
            rows.for_each(<[f32]>::reverse);
        }
        Ok(picture)
    }
}

#[cfg(test)]
mod tests {
    use plywood_tensor::Seed;

    use super::*;

    #[test]
    fn left_and_right_are_exchanged() {
        let picture = Tensor::from([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]);
        let mirrored = Tensor::from([[[3.0, 2.0, 1.0], [6.0, 5.0, 4.0]]]);
        let always = RandomHorizontalFlip::new().probability(1.0);
        let mut rng = Rng::new(Seed(1));
        assert_eq!(always.apply(picture.clone(), Some(&mut rng)).unwrap(), mirrored);
        assert_eq!(always.apply(picture.clone(), None).unwrap(), picture);

        let flips = |_: &usize| {
            let flip = RandomHorizontalFlip::new();
            flip.apply(picture.clone(), Some(&mut rng)).unwrap() == mirrored
        };
        let flipped = (0..1000).filter(flips).count();
        assert!((440..560).contains(&flipped), "{flipped}");
    }

    #[test]
    fn a_probability_is_from_0_to_1() {
        let flip = RandomHorizontalFlip::new().probability(f64::NAN);
        assert_eq!(
            flip.shape([1, 2, 2]).unwrap_err().to_string(),
            "random_horizontal_flip: a probability of NaN; it must be from 0 to 1",
        );
    }
}
