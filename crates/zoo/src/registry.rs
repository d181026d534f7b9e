//! Models by name.

use plywood_layers::Layer;
use plywood_tensor::{Error, Result, Rng, did_you_mean};

use crate::mlp::MlpConfig;
use crate::parts::{check_image, product};
use crate::{
    airbench94, alexnet, alexnet_2012, autoencoder, densenet121, efficientnet_lite0, lenet, melnet,
    mlp, mobilenet_v2, resnet9, resnet18, resnet20, resnet32, resnet34, resnet44, resnet50,
    resnet56, resnet101, resnet110, resnet152, squeezenet1_0, squeezenet1_1, unet, vgg11, vgg13,
    vgg16, vgg19, vit_tiny,
};

/// A model that can be asked for by name.
///
/// ```
/// use plywood_zoo::entry;
///
/// let lenet = entry("lenet")?;
/// assert_eq!(lenet.published, ([1, 32, 32], 10));
/// assert_eq!(lenet.smallest, 4);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What it makes of an image.
    pub task: Task,
    /// The image `[C, H, W]` and the number of classes that it was published for.
    pub published: ([usize; 3], usize),
    /// The shortest side of an image that it takes, in pixels.
    pub smallest: usize,
    build: Build,
}

/// What a model makes of images `[N, C, H, W]`.
///
/// ```
/// use plywood_zoo::{MODELS, Task};
///
/// let of = |task| MODELS.iter().filter(move |entry| entry.task == task).map(|entry| entry.name);
/// assert!(of(Task::Classify).any(|name| name == "lenet"));
/// assert_eq!(of(Task::Reconstruct).collect::<Vec<_>>(), ["autoencoder"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A score for each class, `[N, classes]`.
    Classify,
    /// The images themselves. The number of classes changes nothing.
    Reconstruct,
    /// A score for each class at each pixel, `[N, classes, H, W]`.
    Segment,
}

/// Makes a model from the shape of an image, the number of classes and a generator.
type Build = fn([usize; 3], usize, &mut Rng) -> Result<Box<dyn Layer>>;

impl Entry {
    /// Makes the model for images `[C, H, W]` of so many classes.
    ///
    /// # Errors
    /// When the sizes don't fit, the image has no channels, there are no classes, or the model is
    /// larger than memory.
    pub fn build(
        &self,
        image: [usize; 3],
        classes: usize,
        rng: &mut Rng,
    ) -> Result<Box<dyn Layer>> {
        if self.smallest == 1 {
            // The others say themselves what they leave nothing of.
            check_image(self.name, image, 1)?;
        }
        if self.task != Task::Reconstruct && classes == 0 {
            return Err(Error::value("0 classes leave nothing to tell apart").operation(self.name));
        }
        (self.build)(image, classes, rng).map_err(|error| error.operation(self.name))
    }
}

const HE: &str = "He et al., 2015";
const VGG: &str = "Simonyan and Zisserman, 2014";

/// What most models were published for.
const IMAGENET: ([usize; 3], usize) = ([3, 224, 224], 1000);
const CIFAR: ([usize; 3], usize) = ([3, 32, 32], 10);

/// A row of a classifier: name, what it is, source; what it was published for, the shortest side, and
/// the function with its configuration, which may have settings.
macro_rules! classifier {
    (
        $name:literal, $about:literal, $source:expr;
        $published:expr, $smallest:literal, $make:ident $(($($setting:tt)*))?
    ) => {
        Entry {
            name: $name,
            about: $about,
            source: $source,
            task: Task::Classify,
            published: $published,
            smallest: $smallest,
            build: |image, classes, rng| {
                boxed($make(image, classes) $($($setting)*)?.init(rng))
            },
        }
    };
}

/// Every model of the zoo.
pub const MODELS: &[Entry] = &[
    classifier!(
        "lenet", "two convolutions and three fully connected layers", "LeCun et al., 1998";
        ([1, 32, 32], 10), 4, lenet
    ),
    classifier!(
        "mlp", "fully connected layers of 512 and 256 with ReLU",
        "Rumelhart, Hinton and Williams, 1986";
        ([1, 28, 28], 10), 1, mlp_of_images
    ),
    classifier!(
        "alexnet", "five convolutions and three fully connected layers, torchvision's form",
        "Krizhevsky, 2014";
        IMAGENET, 63, alexnet
    ),
    classifier!(
        "alexnet_2012", "AlexNet as published: grouped, with local response normalisation",
        "Krizhevsky, Sutskever and Hinton, 2012";
        ([3, 227, 227], 1000), 67, alexnet_2012
    ),
    classifier!(
        "resnet18", "18 layers with a shortcut around every two", HE;
        IMAGENET, 1, resnet18
    ),
    classifier!(
        "resnet34", "34 layers with a shortcut around every two", HE;
        IMAGENET, 1, resnet34
    ),
    classifier!(
        "resnet50", "50 layers with a shortcut around every bottleneck of three", HE;
        IMAGENET, 1, resnet50
    ),
    classifier!(
        "resnet101", "101 layers with a shortcut around every bottleneck of three", HE;
        IMAGENET, 1, resnet101
    ),
    classifier!(
        "resnet152", "152 layers with a shortcut around every bottleneck of three", HE;
        IMAGENET, 1, resnet152
    ),
    classifier!(
        "resnet20", "20 layers with a shortcut around every two, for small images", HE;
        CIFAR, 1, resnet20
    ),
    classifier!(
        "resnet32", "32 layers with a shortcut around every two, for small images", HE;
        CIFAR, 1, resnet32
    ),
    classifier!(
        "resnet44", "44 layers with a shortcut around every two, for small images", HE;
        CIFAR, 1, resnet44
    ),
    classifier!(
        "resnet56", "56 layers with a shortcut around every two, for small images", HE;
        CIFAR, 1, resnet56
    ),
    classifier!(
        "resnet110", "110 layers with a shortcut around every two, for small images", HE;
        CIFAR, 1, resnet110
    ),
    classifier!(
        "vgg11", "11 layers, 3×3 convolutions and three fully connected", VGG;
        IMAGENET, 32, vgg11
    ),
    classifier!(
        "vgg11_bn", "vgg11 with batch normalisation", VGG;
        IMAGENET, 32, vgg11(.batch_norm(true))
    ),
    classifier!(
        "vgg13", "13 layers, 3×3 convolutions and three fully connected", VGG;
        IMAGENET, 32, vgg13
    ),
    classifier!(
        "vgg13_bn", "vgg13 with batch normalisation", VGG;
        IMAGENET, 32, vgg13(.batch_norm(true))
    ),
    classifier!(
        "vgg16", "16 layers, 3×3 convolutions and three fully connected", VGG;
        IMAGENET, 32, vgg16
    ),
    classifier!(
        "vgg16_bn", "vgg16 with batch normalisation", VGG;
        IMAGENET, 32, vgg16(.batch_norm(true))
    ),
    classifier!(
        "vgg19", "19 layers, 3×3 convolutions and three fully connected", VGG;
        IMAGENET, 32, vgg19
    ),
    classifier!(
        "vgg19_bn", "vgg19 with batch normalisation", VGG;
        IMAGENET, 32, vgg19(.batch_norm(true))
    ),
    classifier!(
        "resnet9", "eight convolutions, shallow and wide: small images in minutes", "Page, 2018";
        CIFAR, 8, resnet9
    ),
    classifier!(
        "airbench94", "seven convolutions after whitened patches: CIFAR-10 in ten epochs",
        "Jordan, 2024";
        CIFAR, 9, airbench94
    ),
    classifier!(
        "squeezenet1_0", "fire modules: squeezed, then expanded by 1×1 and 3×3 side by side",
        "Iandola et al., 2016";
        IMAGENET, 21, squeezenet1_0
    ),
    classifier!(
        "squeezenet1_1", "SqueezeNet with 2.4 times fewer multiplications", "Iandola et al., 2016";
        IMAGENET, 17, squeezenet1_1
    ),
    classifier!(
        "mobilenet_v2", "inverted residuals of depthwise convolutions", "Sandler et al., 2018";
        IMAGENET, 1, mobilenet_v2
    ),
    classifier!(
        "densenet121", "121 layers, each of which sees all before it", "Huang et al., 2016";
        IMAGENET, 29, densenet121
    ),
    classifier!(
        "efficientnet_lite0", "MobileNetV2's blocks in proportions that a search found",
        "Tan and Le, 2019";
        IMAGENET, 1, efficientnet_lite0
    ),
    classifier!(
        "melnet", "a small residual network for spectrograms of any length",
        "Kong et al., 2020, in small";
        ([1, 64, 128], 10), 1, melnet
    ),
    classifier!(
        "vit_tiny", "patches of 4×4 that attend to each other in six layers",
        "Dosovitskiy et al., 2020, in small";
        ([1, 28, 28], 10), 4, vit_tiny
    ),
    Entry {
        name: "autoencoder",
        about: "convolutions to a code of 32 numbers, and back",
        source: "Masci et al., 2011",
        task: Task::Reconstruct,
        published: ([1, 28, 28], 10),
        smallest: 4,
        build: |image, _, rng| boxed(autoencoder(image).init(rng)),
    },
    Entry {
        name: "unet",
        about: "halved four times and doubled back, a class for each pixel",
        source: "Ronneberger et al., 2015",
        task: Task::Segment,
        published: ([1, 572, 572], 2),
        smallest: 16,
        build: |image, classes, rng| boxed(unet(image, classes).init(rng)),
    },
];

/// The multilayer perceptron of images `[C, H, W]`.
fn mlp_of_images(image: [usize; 3], classes: usize) -> MlpConfig {
    mlp(product(&image), classes)
}

fn boxed(model: Result<impl Layer + 'static>) -> Result<Box<dyn Layer>> {
    Ok(Box::new(model?))
}

/// Makes the model with this name for images `[C, H, W]` of so many classes.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
///
/// let model = plywood_zoo::build("mlp", [1, 28, 28], 10, &mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 535_818);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there is no such model: the error lists those there are. Also as for [`Entry::build`].
pub fn build(
    name: &str,
    image: [usize; 3],
    classes: usize,
    rng: &mut Rng,
) -> Result<Box<dyn Layer>> {
    entry(name)?.build(image, classes, rng)
}

/// The model with this name.
///
/// # Errors
/// When there is none: the error lists those there are.
pub fn entry(name: &str) -> Result<&'static Entry> {
    MODELS.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let names: Vec<_> = MODELS.iter().map(|entry| entry.name).collect();
        let meant = did_you_mean(name, names.iter().copied());
        Error::value(format!("there is no model `{name}`"))
            .operation("zoo")
            .hint(format!("{meant}there are {}", names.join(", ")))
    })
}
