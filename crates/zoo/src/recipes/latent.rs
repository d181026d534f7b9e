//! A variational autoencoder on handwritten digits.

use std::path::Path;

use plywood_datasets::{Context, Dataset, Images, Mnist, Split, Transform};
use plywood_optimizers::{AdamW, Average, OneCycle};
use plywood_tensor::{Result, Rng, Seed, Tensor};
use plywood_training::Trainer;

use crate::{NegativeElbo, Vae, vae};

/// Which pixels of validation and test images are white doesn't depend on the seed that a network is trained from.
const PIXEL_SEED: Seed = Seed(7);

/// Everything that a training run of a variational autoencoder needs.
///
/// ```
/// use plywood_datasets::Dataset;
/// use plywood_tensor::Seed;
/// use plywood_zoo::recipes;
///
/// // Of data/mnist/train-images-idx3-ubyte and the like.
/// if let Ok(recipe) = recipes::latent("data/mnist", Seed(7)) {
///     assert_eq!((recipe.train.len(), recipe.valid.len(), recipe.test.len()), (55_000, 5_000, 10_000));
///     assert_eq!(recipe.model.code(), 40);
/// }
/// ```
pub struct LatentRecipe {
    /// The model, with its first values.
    pub model: Vae,
    /// What it learns from.
    pub train: Images,
    /// What is looked at after each epoch.
    pub valid: Images,
    /// What is looked at once, at the end.
    pub test: Images,
    /// How it is trained.
    pub trainer: Trainer<NegativeElbo>,
}

/// A [`Vae`] of a code of 40 numbers on the 70,000 handwritten digits in a folder of IDX files, for 40 epochs. A twelfth
/// of the training images is kept aside to choose the settings by.
///
/// Pixels are 0 or 1, drawn with their grey as the probability of 1: those that are learnt from anew in each epoch,
/// those of validation and test once and for all. So the bound is one of a probability, not of a density.
///
/// Source of drawing them: Salakhutdinov and Murray, "On the quantitative analysis of deep belief networks" (2008),
/// section 4; anew in each epoch: Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders" (2016), section 5.
///
/// # Errors
/// When a file is missing or damaged.
pub fn latent(folder: impl AsRef<Path>, seed: Seed) -> Result<LatentRecipe> {
    let (train, test) = Mnist::from_dir(folder)?;
    let [train, valid] = train.split([11.0 / 12.0, 1.0 / 12.0], seed)?;
    Ok(LatentRecipe {
        model: vae(train.shape()).init(&mut Rng::new(seed))?,
        valid: drawn(&valid)?,
        test: drawn(&test)?,
        train: train.transform(RandomBinarize)?,
        trainer: Trainer::new(AdamW::scheduled())
            .schedule(OneCycle::new(2e-3).warm_up(0.1))
            .objective(NegativeElbo)
            .average(Average::ema(0.999))
            .epochs(40)
            .batch_size(128)
            .seed(seed),
    })
}

/// Each pixel becomes 1 with its value as the probability, else 0; in evaluation it stays as it is.
#[derive(Clone, Debug)]
struct RandomBinarize;

impl Transform for RandomBinarize {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        Ok(input)
    }

    fn apply(&self, mut image: Tensor, context: &mut Context) -> Result<Tensor> {
        if let Some(rng) = context.rng() {
            for pixel in image.as_mut_slice() {
                *pixel = if rng.unit() < f64::from(*pixel) { 1.0 } else { 0.0 };
            }
        }
        Ok(image)
    }
}

/// The same images with pixels of 0 and 255, drawn once.
fn drawn(images: &Images) -> Result<Images> {
    let [c, h, w] = images.shape();
    let mut pixels = Vec::new();
    for sample in 0..images.len() {
        let mut rng = Rng::new(PIXEL_SEED).fork(sample as u64);
        let greys = images.image(sample)?;
        pixels.extend(
            greys
                .as_slice()
                .iter()
                .map(|&grey| if rng.unit() < f64::from(grey) / 255.0 { u8::MAX } else { 0 }),
        );
    }
    let pixels = Tensor::from_vec(pixels, [images.len(), c, h, w])?;
    Images::new(pixels, images.labels(), images.class_names().iter().cloned())
}

#[cfg(test)]
mod tests {
    use plywood_datasets::Draw;

    use super::*;

    #[test]
    fn pixels_are_drawn_by_their_greys() {
        let greys = Tensor::from_fn([200, 1, 2, 2], |at| [0, 51, 204, 255][2 * at[2] + at[3]]);
        let images = Images::new(greys, vec![0; 200], ["grey"]).unwrap();
        let shares = |numbers: &[f32]| {
            assert!(numbers.iter().all(|&x| x == 0.0 || x == 1.0));
            [0, 1, 2, 3].map(|pixel| numbers.iter().skip(pixel).step_by(4).sum::<f32>() / 200.0)
        };
        let learnt = images.transform(RandomBinarize).unwrap();
        let all: Vec<usize> = (0..200).collect();
        let batch = |images: &Images, draw: Draw| images.batch(&all, &draw).unwrap().images;
        let [first, second] = [0, 1].map(|epoch| batch(&learnt, Draw::training(Seed(1), epoch)));
        assert_ne!(first, second);
        let once = drawn(&images).unwrap();
        let once = batch(&once, Draw::training(Seed(1), 0));
        for numbers in [first, second, once] {
            let [black, dark, bright, white] = shares(numbers.as_slice());
            assert_eq!([black, white], [0.0, 1.0]);
            assert!((dark - 0.2).abs() < 0.1 && (bright - 0.8).abs() < 0.1, "{dark} {bright}");
        }
    }
}
