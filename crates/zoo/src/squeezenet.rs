//! SqueezeNet: AlexNet's accuracy with a fiftieth of its parameters.

use plywood_autodiff::{Pass, Pool2d, Var};
use plywood_layers::{
    AdaptiveAvgPool2d, Conv2d, Conv2dConfig, Dropout, Flatten, Init, Module, Params, ReLU,
    Sequential,
};
use plywood_tensor::{Result, Rng, Seed};

use crate::parts::{check_dropout, check_picture};

/// Fire modules, which squeeze the channels before they look at neighbouring pixels, and no fully
/// connected layer.
///
/// The names and first values are torchvision's, so that its weights load.
///
/// Source: Iandola et al., "SqueezeNet" (2016).
#[derive(Debug, Params)]
pub struct SqueezeNet {
    features: Sequential,
    classifier: Sequential,
}

/// A 1×1 convolution to few channels, then 1×1 and 3×3 ones side by side.
#[derive(Debug, Params)]
struct Fire {
    squeeze: Conv2d,
    expand1x1: Conv2d,
    expand3x3: Conv2d,
}

/// Max pooling of 3×3 windows, the last of which may reach beyond the picture (`ceil_mode`).
#[derive(Debug, Params)]
struct CeilPool;

/// The sizes of a [`SqueezeNet`].
#[derive(Clone, Debug)]
pub struct SqueezeNetConfig {
    image: [usize; 3],
    classes: usize,
    dropout: f64,
}

impl SqueezeNetConfig {
    /// For images `[C, H, W]` of so many classes. Pictures of 21×21 or more will do: the paper's are
    /// `[3, 224, 224]`.
    pub fn for_images(image: [usize; 3], classes: usize) -> Self {
        Self { image, classes, dropout: 0.5 }
    }

    /// The probability with which a number is dropped before the last convolution in training; 0.5
    /// by default.
    #[must_use]
    pub fn dropout(mut self, p: f64) -> Self {
        self.dropout = p;
        self
    }
}

/// Makes the [`SqueezeNet`] of the paper with its first values drawn from the seed.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{SqueezeNetConfig, squeezenet1_0};
///
/// let model = squeezenet1_0(&SqueezeNetConfig::for_images([3, 224, 224], 1000), Seed(7))?;
/// assert_eq!(model.parameter_count(), 1_248_424);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the pictures are smaller than 21×21, of which nothing would be left, the dropout is not
/// between 0 and 1, or the sizes are larger than memory.
pub fn squeezenet1_0(config: &SqueezeNetConfig, seed: Seed) -> Result<SqueezeNet> {
    check_picture("squeezenet1_0", config.image, 21)?;
    let rng = &mut Rng::new(seed);
    let features = Sequential::new()
        .add(conv(config.image[0], 96, 7).stride(2).init(rng)?) // [N, 96, 109, 109]
        .add(ReLU)
        .add(CeilPool) // [N, 96, 54, 54]
        .add(Fire::init(96, 16, 64, rng)?)
        .add(Fire::init(128, 16, 64, rng)?)
        .add(Fire::init(128, 32, 128, rng)?)
        .add(CeilPool) // [N, 256, 27, 27]
        .add(Fire::init(256, 32, 128, rng)?)
        .add(Fire::init(256, 48, 192, rng)?)
        .add(Fire::init(384, 48, 192, rng)?)
        .add(Fire::init(384, 64, 256, rng)?)
        .add(CeilPool) // [N, 512, 13, 13]
        .add(Fire::init(512, 64, 256, rng)?);
    squeezenet("squeezenet1_0", features, config, rng)
}

/// Makes the [`SqueezeNet`] that needs 2.4 times fewer multiplications for the same accuracy, because
/// it pools earlier: 1,235,496 parameters for ImageNet's 1,000 classes.
///
/// # Errors
/// When the pictures are smaller than 17×17, of which nothing would be left, the dropout is not
/// between 0 and 1, or the sizes are larger than memory.
pub fn squeezenet1_1(config: &SqueezeNetConfig, seed: Seed) -> Result<SqueezeNet> {
    check_picture("squeezenet1_1", config.image, 17)?;
    let rng = &mut Rng::new(seed);
    let features = Sequential::new()
        .add(conv(config.image[0], 64, 3).stride(2).init(rng)?) // [N, 64, 111, 111]
        .add(ReLU)
        .add(CeilPool) // [N, 64, 55, 55]
        .add(Fire::init(64, 16, 64, rng)?)
        .add(Fire::init(128, 16, 64, rng)?)
        .add(CeilPool) // [N, 128, 27, 27]
        .add(Fire::init(128, 32, 128, rng)?)
        .add(Fire::init(256, 32, 128, rng)?)
        .add(CeilPool) // [N, 256, 13, 13]
        .add(Fire::init(256, 48, 192, rng)?)
        .add(Fire::init(384, 48, 192, rng)?)
        .add(Fire::init(384, 64, 256, rng)?)
        .add(Fire::init(512, 64, 256, rng)?);
    squeezenet("squeezenet1_1", features, config, rng)
}

fn squeezenet(
    name: &'static str,
    features: Sequential,
    config: &SqueezeNetConfig,
    rng: &mut Rng,
) -> Result<SqueezeNet> {
    check_dropout(name, config.dropout)?;
    let last = conv(512, config.classes, 1).weight_init(Init::Normal { std: 0.01 });
    let classifier = Sequential::new()
        .add(Dropout { p: config.dropout })
        .add(last.init(rng)?) // [N, classes, 13, 13]
        .add(ReLU)
        .add(AdaptiveAvgPool2d::new(1))
        .add(Flatten);
    Ok(SqueezeNet { features, classifier })
}

fn conv(inputs: usize, outputs: usize, kernel: usize) -> Conv2dConfig {
    let config = Conv2d::config(inputs, outputs, kernel);
    config.weight_init(Init::KaimingUniform).bias_init(Init::Zeros)
}

impl Fire {
    /// From `inputs` to `squeezed`, then to twice `expanded` channels.
    fn init(inputs: usize, squeezed: usize, expanded: usize, rng: &mut Rng) -> Result<Self> {
        Ok(Self {
            squeeze: conv(inputs, squeezed, 1).init(rng)?,
            expand1x1: conv(squeezed, expanded, 1).init(rng)?,
            expand3x3: conv(squeezed, expanded, 3).padding(1).init(rng)?,
        })
    }
}

impl Module for Fire {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.squeeze.forward(x, pass)?.relu();
        let near = self.expand1x1.forward(&x, pass)?.relu();
        let wide = self.expand3x3.forward(&x, pass)?.relu();
        Var::concat(&[&near, &wide], 1)
    }
}

impl Module for CeilPool {
    fn forward(&self, x: &Var, _: &mut Pass) -> Result<Var> {
        let pool = Pool2d::new(3).stride(2);
        let shape = x.shape();
        if shape.rank() != 4 {
            return x.max_pool2d(pool);
        }
        // A window of three begins at every second pixel: of an even number the last lacks one.
        let missing = [shape[2], shape[3]].map(|size| usize::from(size > 0 && size % 2 == 0));
        match missing {
            [0, 0] => x.max_pool2d(pool),
            _ => x.pad2d(0, missing, f64::NEG_INFINITY)?.max_pool2d(pool),
        }
    }
}

impl Module for SqueezeNet {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.features.forward(x, pass)?;
        self.classifier.forward_owned(x, pass)
    }
}
