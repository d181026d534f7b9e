//! Models by name.

use plywood_layers::Layer;
use plywood_tensor::{Error, Result, Seed};

use crate::{
    AlexNet2012Config, AlexNetConfig, CifarResNetConfig, LeNetConfig, MlpConfig, ResNetConfig,
    alexnet, alexnet_2012, lenet, mlp, resnet18, resnet20, resnet32, resnet34, resnet44, resnet50,
    resnet56, resnet101, resnet110, resnet152,
};

/// A model that can be asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// The shortest side of a picture that it takes, in pixels.
    pub smallest: usize,
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

const HE: &str = "He et al., 2015";

/// Every model of the zoo.
pub const MODELS: &[Entry] = &[
    Entry {
        name: "lenet",
        about: "two convolutions and three fully connected layers",
        source: "LeCun et al., 1998",
        smallest: 4,
        build: |image, classes, seed| boxed(lenet(&LeNetConfig::for_images(image, classes), seed)),
    },
    Entry {
        name: "mlp",
        about: "fully connected layers of 512 and 256 with ReLU",
        source: "Rumelhart, Hinton and Williams, 1986",
        smallest: 1,
        build: |image, classes, seed| boxed(mlp(&MlpConfig::for_images(image, classes), seed)),
    },
    Entry {
        name: "alexnet",
        about: "five convolutions and three fully connected layers, torchvision's form",
        source: "Krizhevsky, 2014",
        smallest: 63,
        build: |image, classes, seed| {
            boxed(alexnet(&AlexNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "alexnet_2012",
        about: "AlexNet as published: grouped, with local response normalisation",
        source: "Krizhevsky, Sutskever and Hinton, 2012",
        smallest: 67,
        build: |image, classes, seed| {
            boxed(alexnet_2012(&AlexNet2012Config::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet18",
        about: "18 layers with a shortcut around every two",
        source: HE,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet18(&ResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet34",
        about: "34 layers with a shortcut around every two",
        source: HE,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet34(&ResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet50",
        about: "50 layers with a shortcut around every bottleneck of three",
        source: HE,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet50(&ResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet101",
        about: "101 layers with a shortcut around every bottleneck of three",
        source: HE,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet101(&ResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet152",
        about: "152 layers with a shortcut around every bottleneck of three",
        source: HE,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet152(&ResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet20",
        about: "20 layers with a shortcut around every two, for small pictures",
        source: HE,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet20(&CifarResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet32",
        about: "32 layers with a shortcut around every two, for small pictures",
        source: HE,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet32(&CifarResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet44",
        about: "44 layers with a shortcut around every two, for small pictures",
        source: HE,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet44(&CifarResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet56",
        about: "56 layers with a shortcut around every two, for small pictures",
        source: HE,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet56(&CifarResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet110",
        about: "110 layers with a shortcut around every two, for small pictures",
        source: HE,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet110(&CifarResNetConfig::for_images(image, classes), seed))
        },
    },
];

fn boxed(model: Result<impl Layer + 'static>) -> Result<Box<dyn Layer>> {
    Ok(Box::new(model?))
}

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
