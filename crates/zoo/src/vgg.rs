//! VGG: many 3×3 convolutions, one after another.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Init, Linear, MaxPool2d, Module, Params, ReLU,
    Sequential, Settings,
};
use plywood_tensor::{Result, Rng};

use crate::parts::check_image;

/// Five stages of 3×3 convolutions, each followed by a pool, then three fully connected layers.
///
/// The names and first values are torchvision's, so that its weights load.
///
/// Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
/// recognition" (2014).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::vgg11;
///
/// let model = vgg11([3, 32, 32], 10).hidden(64).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "features.0.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 32, 32])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct Vgg {
    features: Sequential,
    classifier: Sequential,
}

/// The settings of a [`Vgg`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::vgg11;
///
/// let rng = &mut Rng::new(Seed(7));
/// let plain = vgg11([3, 32, 32], 10).hidden(64).init(rng)?;
/// let normalised = vgg11([3, 32, 32], 10).hidden(64).batch_norm(true).init(rng)?;
/// // A weight and a bias for each of the channels.
/// let channels = 64 + 128 + 2 * 256 + 4 * 512;
/// assert_eq!(normalised.parameter_count() - plain.parameter_count(), 2 * channels);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = Vgg, operation = self.name, private)]
pub struct VggConfig {
    /// The name that errors begin with.
    name: &'static str,
    /// The convolutions of each stage.
    convolutions: [usize; 5],
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// Whether each convolution's result is normalised, which makes deep ones easier to train.
    #[setting(default = false)]
    batch_norm: bool,
    /// The size of the hidden fully connected layers, which is where most of the parameters are.
    #[setting(default = 4096)]
    hidden: usize,
    /// The probability with which the result of a hidden fully connected layer is dropped in training.
    #[setting(default = 0.5, range = 0.0..=1.0)]
    dropout: f64,
}

/// The [`Vgg`] of 11 layers, for images `[C, H, W]` of so many classes. Images of 32×32 or more will do: the
/// paper's are `[3, 224, 224]`. It has 132,863,336
/// parameters for ImageNet's 1,000 classes, 132,868,840 with batch normalisation.
///
/// ```
/// use plywood_layers::summary;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::vgg11;
///
/// let model = vgg11([3, 32, 32], 10).hidden(512).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(summary(&model, [1, 3, 32, 32])?.rows.last().unwrap().output, [1, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn vgg11(image: [usize; 3], classes: usize) -> VggConfig {
    VggConfig::new("vgg11", [1, 1, 2, 2, 2], image, classes)
}

/// The [`Vgg`] of 13 layers: 133,047,848 parameters for ImageNet's 1,000 classes, 133,053,736
/// with batch normalisation.
pub fn vgg13(image: [usize; 3], classes: usize) -> VggConfig {
    VggConfig::new("vgg13", [2, 2, 2, 2, 2], image, classes)
}

/// The [`Vgg`] of 16 layers: 138,357,544 parameters for ImageNet's 1,000 classes, 138,365,992
/// with batch normalisation.
pub fn vgg16(image: [usize; 3], classes: usize) -> VggConfig {
    VggConfig::new("vgg16", [2, 2, 3, 3, 3], image, classes)
}

/// The [`Vgg`] of 19 layers: 143,667,240 parameters for ImageNet's 1,000 classes, 143,678,248
/// with batch normalisation.
pub fn vgg19(image: [usize; 3], classes: usize) -> VggConfig {
    VggConfig::new("vgg19", [2, 2, 4, 4, 4], image, classes)
}

impl VggConfig {
    fn build(&self, rng: &mut Rng) -> Result<Vgg> {
        let &Self { name, convolutions, image, classes, batch_norm, hidden, dropout: p } = self;
        check_image(name, image, 32)?;
        let mut features = Sequential::new();
        let mut inputs = image[0];
        for (width, count) in [64, 128, 256, 512, 512].into_iter().zip(convolutions) {
            for _ in 0..count {
                let conv = Conv2d::config(inputs, width, 3).padding(1);
                let conv = conv.weight_init(Init::KaimingNormalFanOut).bias_init(Init::Zeros);
                features.push(conv.init(rng)?);
                if batch_norm {
                    features.push(BatchNorm2d::config(width).init()?);
                }
                features.push(ReLU);
                inputs = width;
            }
            features.push(MaxPool2d::new(2));
        }
        let mut linear = |inputs, outputs| {
            let config = Linear::config(inputs, outputs);
            config.weight_init(Init::Normal { std: 0.01 }).bias_init(Init::Zeros).init(rng)
        };
        let classifier = Sequential::new()
            .add(linear(512 * 7 * 7, hidden)?)
            .add(ReLU)
            .add(Dropout::new(p))
            .add(linear(hidden, hidden)?)
            .add(ReLU)
            .add(Dropout::new(p))
            .add(linear(hidden, classes)?);
        Ok(Vgg { features, classifier })
    }
}

impl Module for Vgg {
    // The shapes are those of 224×224 images.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.features.forward(x, pass)?; // [N, 512, 7, 7]
        let x = AdaptiveAvgPool2d::new(7).forward_owned(x, pass)?; // [N, 512, 7, 7]
        self.classifier.forward_owned(x.flatten()?, pass) // [N, classes]
    }
}
