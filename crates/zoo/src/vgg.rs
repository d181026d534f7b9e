//! VGG: many 3×3 convolutions, one after another.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Init, Linear, MaxPool2d, Module, Params, ReLU,
    Sequential,
};
use plywood_tensor::{Result, Rng, Seed};

use crate::parts::{check_dropout, check_picture};

/// Five stages of 3×3 convolutions, each followed by a pool, then three fully connected layers.
///
/// The names and first values are torchvision's, so that its weights load.
///
/// Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
/// recognition" (2014).
#[derive(Debug, Params)]
pub struct Vgg {
    features: Sequential,
    classifier: Sequential,
}

/// The sizes of a [`Vgg`].
#[derive(Clone, Debug)]
pub struct VggConfig {
    image: [usize; 3],
    classes: usize,
    batch_norm: bool,
    hidden: usize,
    dropout: f64,
}

impl VggConfig {
    /// For images `[C, H, W]` of so many classes, without batch normalisation. Pictures of 32×32 or
    /// more will do: the paper's are `[3, 224, 224]`.
    pub fn for_images(image: [usize; 3], classes: usize) -> Self {
        Self { image, classes, batch_norm: false, hidden: 4096, dropout: 0.5 }
    }

    /// Whether each convolution's result is normalised, which makes deep ones easier to train.
    #[must_use]
    pub fn batch_norm(mut self, batch_norm: bool) -> Self {
        self.batch_norm = batch_norm;
        self
    }

    /// The size of the hidden fully connected layers; 4096 by default, which is where most of the
    /// parameters are.
    #[must_use]
    pub fn hidden(mut self, features: usize) -> Self {
        self.hidden = features;
        self
    }

    /// The probability with which the result of a hidden fully connected layer is dropped in
    /// training; 0.5 by default.
    #[must_use]
    pub fn dropout(mut self, p: f64) -> Self {
        self.dropout = p;
        self
    }
}

/// Makes the [`Vgg`] of 11 layers with its first values drawn from the seed: 132,863,336
/// parameters for ImageNet's 1,000 classes, 132,868,840 with batch normalisation.
///
/// ```
/// use plywood_layers::summary;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{VggConfig, vgg11};
///
/// let model = vgg11(&VggConfig::for_images([3, 32, 32], 10).hidden(512), Seed(7))?;
/// assert_eq!(summary(&model, [1, 3, 32, 32])?.rows.last().unwrap().output, [1, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the pictures are smaller than 32×32, of which nothing would be left, the dropout is not
/// between 0 and 1, or the sizes are larger than memory.
pub fn vgg11(config: &VggConfig, seed: Seed) -> Result<Vgg> {
    vgg("vgg11", config, [1, 1, 2, 2, 2], seed)
}

/// Makes the [`Vgg`] of 13 layers: 133,047,848 parameters for ImageNet's 1,000 classes, 133,053,736
/// with batch normalisation.
///
/// # Errors
/// As [`vgg11`].
pub fn vgg13(config: &VggConfig, seed: Seed) -> Result<Vgg> {
    vgg("vgg13", config, [2, 2, 2, 2, 2], seed)
}

/// Makes the [`Vgg`] of 16 layers: 138,357,544 parameters for ImageNet's 1,000 classes, 138,365,992
/// with batch normalisation.
///
/// # Errors
/// As [`vgg11`].
pub fn vgg16(config: &VggConfig, seed: Seed) -> Result<Vgg> {
    vgg("vgg16", config, [2, 2, 3, 3, 3], seed)
}

/// Makes the [`Vgg`] of 19 layers: 143,667,240 parameters for ImageNet's 1,000 classes, 143,678,248
/// with batch normalisation.
///
/// # Errors
/// As [`vgg11`].
pub fn vgg19(config: &VggConfig, seed: Seed) -> Result<Vgg> {
    vgg("vgg19", config, [2, 2, 4, 4, 4], seed)
}

fn vgg(name: &'static str, config: &VggConfig, convs: [usize; 5], seed: Seed) -> Result<Vgg> {
    let &VggConfig { image, classes, batch_norm, hidden, dropout: p } = config;
    check_picture(name, image, 32)?;
    check_dropout(name, p)?;
    let rng = &mut Rng::new(seed);
    let mut features = Sequential::new();
    let mut inputs = image[0];
    for (width, count) in [64, 128, 256, 512, 512].into_iter().zip(convs) {
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
        .add(Dropout { p })
        .add(linear(hidden, hidden)?)
        .add(ReLU)
        .add(Dropout { p })
        .add(linear(hidden, classes)?);
    Ok(Vgg { features, classifier })
}

impl Module for Vgg {
    // The shapes are those of 224×224 pictures.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.features.forward(x, pass)?; // [N, 512, 7, 7]
        let x = AdaptiveAvgPool2d::new(7).forward_owned(x, pass)?; // [N, 512, 7, 7]
        self.classifier.forward_owned(x.flatten()?, pass) // [N, classes]
    }
}
