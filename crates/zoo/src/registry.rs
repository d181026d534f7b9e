//! Models by name.

use plywood_layers::Layer;
use plywood_tensor::{Error, Result, Seed};

use crate::{LeNetConfig, MlpConfig, lenet, mlp};

/// A model that can be asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    build: Build,
}

/// Makes a model from the shape of an image, the number of classes and a seed.
type Build = fn([usize; 3], usize, Seed) -> Result<Box<dyn Layer>>;

impl Entry {
    /// Makes the model for images `[C, H, W]` of so many classes.
    ///
    /// # Errors
    /// When the sizes don't fit.
    pub fn build(&self, image: [usize; 3], classes: usize, seed: Seed) -> Result<Box<dyn Layer>> {
        (self.build)(image, classes, seed).map_err(|error| error.operation(self.name))
    }
}

/// Every model of the zoo.
pub const MODELS: &[Entry] = &[
    Entry {
        name: "lenet",
        about: "two convolutions and three fully connected layers",
        source: "LeCun et al., 1998",
        build: |image, classes, seed| {
            Ok(Box::new(lenet(&LeNetConfig::for_images(image, classes), seed)?))
        },
    },
    Entry {
        name: "mlp",
        about: "fully connected layers of 512 and 256 with ReLU",
        source: "Rumelhart, Hinton and Williams, 1986",
        build: |image, classes, seed| {
            Ok(Box::new(mlp(&MlpConfig::for_images(image, classes), seed)?))
        },
    },
];

/// Makes the model with this name for images `[C, H, W]` of so many classes.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::Seed;
///
/// let model = plywood_zoo::build("mlp", [1, 28, 28], 10, Seed(7))?;
/// assert_eq!(model.parameter_count(), 535_818);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there is no such model: the error lists those there are.
pub fn build(name: &str, image: [usize; 3], classes: usize, seed: Seed) -> Result<Box<dyn Layer>> {
    let entry = MODELS.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let names: Vec<_> = MODELS.iter().map(|entry| entry.name).collect();
        Error::value(format!("there is no model `{name}`"))
            .operation("zoo")
            .hint(format!("there are {}", names.join(", ")))
    })?;
    entry.build(image, classes, seed)
}
