//! A network that gives each pixel of a photo a class, with everything that it takes to ask it.

use std::path::Path;

use plywood_autodiff::{Pass, Var};
use plywood_datasets::transforms::Resize;
use plywood_datasets::{Context, Image, Mask, Normalize, Transform};
use plywood_layers::{Layer, load};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};
use serde::{Deserialize, Serialize};

use crate::described::{self, WEIGHTS};
use crate::unet;

/// A [`UNet`](crate::UNet), the size that photos are brought to for it, and what its classes are called.
///
/// ```
/// use plywood_datasets::chelsea;
/// use plywood_tensor::Seed;
/// use plywood_zoo::PixelClassifier;
///
/// // Nothing learnt yet: any class may come out.
/// let classifier = PixelClassifier::new([32, 48], 4, false, ["cat", "background"], Seed(7))?;
/// let photo = chelsea()?;
/// let mask = classifier.segment(&photo)?; // the class of each pixel
/// assert_eq!(mask.shape(), [224, 224]);
/// assert!(mask.classes().as_slice().iter().all(|&class| class < 2));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct PixelClassifier {
    /// The network, from `[N, 3, H, W]` to a score for each class at each pixel, `[N, classes, H, W]`.
    pub model: Box<dyn Layer>,
    description: Description,
}

/// What `pixels.json` holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Description {
    model: String,
    size: [usize; 2],
    width: usize,
    halved: bool,
    classes: Vec<String>,
}

pub(crate) const DESCRIPTION: &str = "pixels.json";
const MODEL: &str = "unet";

/// What is left out in training of the numbers at the smallest size.
const DROPOUT: f64 = 0.1;
/// What images are normalised by: nearly the moments of photos.
const MEAN: [f32; 3] = [0.5; 3];
const STD: [f32; 3] = [0.25; 3];

impl PixelClassifier {
    /// A [`UNet`](crate::UNet) of so many channels in its first block, with its first values, for photos brought to a
    /// height and a width: [halved](crate::UNetConfig::halved) or not.
    ///
    /// # Errors
    /// When there are no classes or more than 255, the size is too small, or the network is larger than memory.
    pub fn new<Name: Into<String>>(
        size: [usize; 2],
        width: usize,
        halved: bool,
        class_names: impl IntoIterator<Item = Name>,
        seed: Seed,
    ) -> Result<Self> {
        let classes: Vec<String> = class_names.into_iter().map(Into::into).collect();
        Self::of(Description { model: MODEL.to_owned(), size, width, halved, classes }, seed)
    }

    fn of(description: Description, seed: Seed) -> Result<Self> {
        let Description { size, width, halved, ref classes, .. } = description;
        if classes.is_empty() || classes.len() > 255 {
            return Err(Error::value(format!("{} classes of pixels", classes.len()))
                .operation(MODEL)
                .hint("there may be 1 to 255"));
        }
        let network = unet([3, size[0], size[1]], classes.len()).width(width).halved(halved);
        let model = network.dropout(DROPOUT).init(&mut Rng::new(seed))?;
        Ok(Self { model: Box::new(model), description })
    }

    /// What its classes are called, in the order of the scores.
    pub fn class_names(&self) -> &[String] {
        &self.description.classes
    }

    /// The height and the width that photos are brought to.
    pub fn size(&self) -> [usize; 2] {
        self.description.size
    }

    /// How what it is given is normalised.
    ///
    /// # Errors
    /// Never: the numbers are its own.
    pub fn normalization(&self) -> Result<Normalize> {
        Normalize::new(MEAN, STD)
    }

    /// The class of each pixel of a photo of any size. It is brought to the network's size, whatever its proportions,
    /// and each of its pixels gets the class of the nearest one there.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn segment(&self, photo: &Image) -> Result<Mask> {
        let [_, height, width] = photo.shape();
        let context = &mut Context::evaluation();
        let mut pixels = photo.to_rgb().to_unit();
        if [height, width] != self.size() {
            pixels = Resize::new(self.size()).apply(pixels, context)?;
        }
        let input = self.normalization()?.apply(pixels, context)?.unsqueeze(0)?;
        let scores = self.model.forward(&Var::constant(input), &mut Pass::eval(&*self.model))?;
        Mask::new(highest(scores.value()?)?)?.resized(height, width)
    }

    /// Writes `pixels.json` and `model.safetensors` into a folder, whole or not at all.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let description = &self.description;
        described::write(folder.as_ref(), DESCRIPTION, description, "network", &*self.model)
    }

    /// Reads what [`save`](Self::save) has written.
    ///
    /// # Errors
    /// When a file is missing or damaged, or the two don't fit together.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let path = folder.join(DESCRIPTION);
        let hint = "a folder that a training run of images with masks has filled has one";
        let description: Description = described::read(&path, "network of pixels", hint)?;
        let made = match description.model == MODEL {
            true => Self::of(description, Seed(0)),
            false => Err(Error::data(format!("`{}` is no network of pixels", description.model))
                .hint("`unet` is")),
        };
        let mut classifier = made.map_err(|error| error.at(path.display()))?;
        load(&mut classifier.model, folder.join(WEIGHTS))?;
        Ok(classifier)
    }
}

/// The class with the highest of the scores `[1, C, H, W]` at each pixel, `[H, W]`.
fn highest(scores: &Tensor) -> Result<Tensor<u8>> {
    Ok(scores.argmax(1)?.squeeze(0)?.map(|class| class as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_answers_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let made = PixelClassifier::new([33, 40], 2, true, ["a", "b", "c"], Seed(3)).unwrap();
        made.save(folder.path()).unwrap();
        let read = PixelClassifier::load(folder.path()).unwrap();
        assert_eq!((read.size(), read.class_names()), (made.size(), made.class_names()));
        let photo = Image::new(Tensor::from_fn([3, 50, 30], |at| (at[1] * at[2]) as u8)).unwrap();
        let [a, b] = [&made, &read].map(|one| one.segment(&photo).unwrap());
        assert_eq!(a, b);
        assert_eq!(a.shape(), [50, 30]);
    }

    #[test]
    fn what_a_file_may_not_say() {
        let folder = tempfile::tempdir().unwrap();
        let made = PixelClassifier::new([32, 32], 2, false, ["a"], Seed(3)).unwrap();
        made.save(folder.path()).unwrap();
        let path = folder.path().join(DESCRIPTION);
        let json = std::fs::read_to_string(&path).unwrap();
        let refused = |from: &str, to: &str| {
            std::fs::write(&path, json.replace(from, to)).unwrap();
            PixelClassifier::load(folder.path()).map(|_| ()).unwrap_err().to_string()
        };
        let text = refused("\"unet\"", "\"lenet\"");
        assert!(text.ends_with("`lenet` is no network of pixels; `unet` is"), "{text}");
        let text = refused("\"a\"", "");
        assert!(text.ends_with("unet: 0 classes of pixels; there may be 1 to 255"), "{text}");
        let text = refused("32,", "3,");
        assert!(text.contains("its sides must have 16 pixels at least"), "{text}");
    }
}
