//! Models by name.

use plywood_layers::Layer;
use plywood_tensor::{Error, Result, Seed};

use crate::{
    Airbench94Config, AlexNet2012Config, AlexNetConfig, AutoencoderConfig, CifarResNetConfig,
    DenseNetConfig, EfficientNetLiteConfig, LeNetConfig, MlpConfig, MobileNetV2Config,
    ResNet9Config, ResNetConfig, SqueezeNetConfig, VggConfig, airbench94, alexnet, alexnet_2012,
    autoencoder, densenet121, efficientnet_lite0, lenet, mlp, mobilenet_v2, resnet9, resnet18,
    resnet20, resnet32, resnet34, resnet44, resnet50, resnet56, resnet101, resnet110, resnet152,
    squeezenet1_0, squeezenet1_1, vgg11, vgg13, vgg16, vgg19,
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
    /// What it makes of a picture.
    pub task: Task,
    /// The shortest side of a picture that it takes, in pixels.
    pub smallest: usize,
    build: Build,
}

/// What a model makes of pictures `[N, C, H, W]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A score for each class, `[N, classes]`.
    Classify,
    /// The pictures themselves. The number of classes changes nothing.
    Reconstruct,
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

impl Entry {
    /// The image `[C, H, W]` and the number of classes that it was published for.
    pub fn published(&self) -> ([usize; 3], usize) {
        match self.name {
            "lenet" => ([1, 32, 32], 10),
            "mlp" | "autoencoder" => ([1, 28, 28], 10),
            "airbench94" | "resnet9" | "resnet20" | "resnet32" | "resnet44" | "resnet56"
            | "resnet110" => ([3, 32, 32], 10),
            "alexnet_2012" => ([3, 227, 227], 1000),
            _ => ([3, 224, 224], 1000),
        }
    }
}

const HE: &str = "He et al., 2015";
const VGG: &str = "Simonyan and Zisserman, 2014";

/// Every model of the zoo.
pub const MODELS: &[Entry] = &[
    Entry {
        name: "lenet",
        about: "two convolutions and three fully connected layers",
        source: "LeCun et al., 1998",
        task: Task::Classify,
        smallest: 4,
        build: |image, classes, seed| boxed(lenet(&LeNetConfig::for_images(image, classes), seed)),
    },
    Entry {
        name: "mlp",
        about: "fully connected layers of 512 and 256 with ReLU",
        source: "Rumelhart, Hinton and Williams, 1986",
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| boxed(mlp(&MlpConfig::for_images(image, classes), seed)),
    },
    Entry {
        name: "alexnet",
        about: "five convolutions and three fully connected layers, torchvision's form",
        source: "Krizhevsky, 2014",
        task: Task::Classify,
        smallest: 63,
        build: |image, classes, seed| {
            boxed(alexnet(&AlexNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "alexnet_2012",
        about: "AlexNet as published: grouped, with local response normalisation",
        source: "Krizhevsky, Sutskever and Hinton, 2012",
        task: Task::Classify,
        smallest: 67,
        build: |image, classes, seed| {
            boxed(alexnet_2012(&AlexNet2012Config::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet18",
        about: "18 layers with a shortcut around every two",
        source: HE,
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet18(&ResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet34",
        about: "34 layers with a shortcut around every two",
        source: HE,
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet34(&ResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet50",
        about: "50 layers with a shortcut around every bottleneck of three",
        source: HE,
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet50(&ResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet101",
        about: "101 layers with a shortcut around every bottleneck of three",
        source: HE,
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet101(&ResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet152",
        about: "152 layers with a shortcut around every bottleneck of three",
        source: HE,
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet152(&ResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet20",
        about: "20 layers with a shortcut around every two, for small pictures",
        source: HE,
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet20(&CifarResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet32",
        about: "32 layers with a shortcut around every two, for small pictures",
        source: HE,
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet32(&CifarResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet44",
        about: "44 layers with a shortcut around every two, for small pictures",
        source: HE,
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet44(&CifarResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet56",
        about: "56 layers with a shortcut around every two, for small pictures",
        source: HE,
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet56(&CifarResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "resnet110",
        about: "110 layers with a shortcut around every two, for small pictures",
        source: HE,
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(resnet110(&CifarResNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "vgg11",
        about: "11 layers, 3×3 convolutions and three fully connected",
        source: VGG,
        task: Task::Classify,
        smallest: 32,
        build: |image, classes, seed| boxed(vgg11(&VggConfig::for_images(image, classes), seed)),
    },
    Entry {
        name: "vgg11_bn",
        about: "11 layers, 3×3 convolutions and three fully connected, with batch normalisation",
        source: VGG,
        task: Task::Classify,
        smallest: 32,
        build: |image, classes, seed| {
            boxed(vgg11(&VggConfig::for_images(image, classes).batch_norm(true), seed))
        },
    },
    Entry {
        name: "vgg13",
        about: "13 layers, 3×3 convolutions and three fully connected",
        source: VGG,
        task: Task::Classify,
        smallest: 32,
        build: |image, classes, seed| boxed(vgg13(&VggConfig::for_images(image, classes), seed)),
    },
    Entry {
        name: "vgg13_bn",
        about: "13 layers, 3×3 convolutions and three fully connected, with batch normalisation",
        source: VGG,
        task: Task::Classify,
        smallest: 32,
        build: |image, classes, seed| {
            boxed(vgg13(&VggConfig::for_images(image, classes).batch_norm(true), seed))
        },
    },
    Entry {
        name: "vgg16",
        about: "16 layers, 3×3 convolutions and three fully connected",
        source: VGG,
        task: Task::Classify,
        smallest: 32,
        build: |image, classes, seed| boxed(vgg16(&VggConfig::for_images(image, classes), seed)),
    },
    Entry {
        name: "vgg16_bn",
        about: "16 layers, 3×3 convolutions and three fully connected, with batch normalisation",
        source: VGG,
        task: Task::Classify,
        smallest: 32,
        build: |image, classes, seed| {
            boxed(vgg16(&VggConfig::for_images(image, classes).batch_norm(true), seed))
        },
    },
    Entry {
        name: "vgg19",
        about: "19 layers, 3×3 convolutions and three fully connected",
        source: VGG,
        task: Task::Classify,
        smallest: 32,
        build: |image, classes, seed| boxed(vgg19(&VggConfig::for_images(image, classes), seed)),
    },
    Entry {
        name: "vgg19_bn",
        about: "19 layers, 3×3 convolutions and three fully connected, with batch normalisation",
        source: VGG,
        task: Task::Classify,
        smallest: 32,
        build: |image, classes, seed| {
            boxed(vgg19(&VggConfig::for_images(image, classes).batch_norm(true), seed))
        },
    },
    Entry {
        name: "resnet9",
        about: "eight convolutions, shallow and wide: small pictures in minutes",
        source: "Page, 2018",
        task: Task::Classify,
        smallest: 8,
        build: |image, classes, seed| {
            boxed(resnet9(&ResNet9Config::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "airbench94",
        about: "seven convolutions after whitened patches: CIFAR-10 in ten epochs",
        source: "Jordan, 2024",
        task: Task::Classify,
        smallest: 9,
        build: |image, classes, seed| {
            boxed(airbench94(&Airbench94Config::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "squeezenet1_0",
        about: "fire modules: squeezed, then expanded by 1×1 and 3×3 side by side",
        source: "Iandola et al., 2016",
        task: Task::Classify,
        smallest: 21,
        build: |image, classes, seed| {
            boxed(squeezenet1_0(&SqueezeNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "squeezenet1_1",
        about: "SqueezeNet with 2.4 times fewer multiplications",
        source: "Iandola et al., 2016",
        task: Task::Classify,
        smallest: 17,
        build: |image, classes, seed| {
            boxed(squeezenet1_1(&SqueezeNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "mobilenet_v2",
        about: "inverted residuals of depthwise convolutions",
        source: "Sandler et al., 2018",
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(mobilenet_v2(&MobileNetV2Config::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "densenet121",
        about: "121 layers, each of which sees all before it",
        source: "Huang et al., 2016",
        task: Task::Classify,
        smallest: 29,
        build: |image, classes, seed| {
            boxed(densenet121(&DenseNetConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "efficientnet_lite0",
        about: "MobileNetV2's blocks in proportions that a search found",
        source: "Tan and Le, 2019",
        task: Task::Classify,
        smallest: 1,
        build: |image, classes, seed| {
            boxed(efficientnet_lite0(&EfficientNetLiteConfig::for_images(image, classes), seed))
        },
    },
    Entry {
        name: "autoencoder",
        about: "convolutions to a code of 32 numbers, and back",
        source: "Masci et al., 2011",
        task: Task::Reconstruct,
        smallest: 4,
        build: |image, _, seed| boxed(autoencoder(&AutoencoderConfig::for_images(image), seed)),
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
    entry(name)?.build(image, classes, seed)
}

/// The model with this name.
///
/// # Errors
/// When there is none: the error lists those there are.
pub fn entry(name: &str) -> Result<&'static Entry> {
    MODELS.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let names: Vec<_> = MODELS.iter().map(|entry| entry.name).collect();
        Error::value(format!("there is no model `{name}`"))
            .operation("zoo")
            .hint(format!("there are {}", names.join(", ")))
    })
}
