//! SqueezeNet: AlexNet's accuracy with a fiftieth of its parameters.

use plywood_autodiff::{Pass, Pool2d, Var};
use plywood_layers::{
    AdaptiveAvgPool2d, Conv2d, Conv2dConfig, Dropout, Flatten, Init, Module, Params, ReLU,
    Sequential, Settings,
};
use plywood_tensor::{Result, Rng};

use crate::parts::check_image;

/// Fire modules, which squeeze the channels before they look at neighbouring pixels, and no fully
/// connected layer.
///
/// The names and first values are torchvision's, so that its weights load.
///
/// Source: Iandola et al., "SqueezeNet" (2016).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::squeezenet1_1;
///
/// let model = squeezenet1_1([3, 32, 32], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "features.0.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 32, 32])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
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

/// Max pooling of 3×3 windows, the last of which may reach beyond the image (`ceil_mode`).
#[derive(Debug, Params)]
struct CeilPool;

/// The settings of a [`SqueezeNet`].
///
/// ```
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::squeezenet1_1;
///
/// let rng = &mut Rng::new(Seed(7));
/// let refused = squeezenet1_1([3, 224, 224], 1000).dropout(1.5).init(rng).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "squeezenet1_1: the dropout is 1.5; it should be between 0 and 1",
/// );
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = SqueezeNet, operation = self.version.name(), private)]
pub struct SqueezeNetConfig {
    /// Which of the two it is.
    version: Version,
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The probability with which a number is dropped before the last convolution in training.
    #[setting(default = 0.5, range = 0.0..=1.0)]
    dropout: f64,
}

/// The [`SqueezeNet`] of the paper, for images `[C, H, W]` of so many classes. Images of 21×21 or more will do:
/// the paper's are `[3, 224, 224]`.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::squeezenet1_0;
///
/// let model = squeezenet1_0([3, 224, 224], 1000).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 1_248_424);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn squeezenet1_0(image: [usize; 3], classes: usize) -> SqueezeNetConfig {
    SqueezeNetConfig::new(Version::V1_0, image, classes)
}

/// The [`SqueezeNet`] that needs 2.4 times fewer multiplications for the same accuracy, because it pools
/// earlier: 1,235,496 parameters for ImageNet's 1,000 classes. Images of 17×17 or more will do.
pub fn squeezenet1_1(image: [usize; 3], classes: usize) -> SqueezeNetConfig {
    SqueezeNetConfig::new(Version::V1_1, image, classes)
}

/// The paper's network, or the later one that pools earlier.
#[derive(Clone, Copy, Debug)]
enum Version {
    V1_0,
    V1_1,
}

impl Version {
    fn name(self) -> &'static str {
        match self {
            Self::V1_0 => "squeezenet1_0",
            Self::V1_1 => "squeezenet1_1",
        }
    }

    /// The shortest side of an image of which something is left.
    fn smallest(self) -> usize {
        match self {
            Self::V1_0 => 21,
            Self::V1_1 => 17,
        }
    }
}

impl SqueezeNetConfig {
    fn build(&self, rng: &mut Rng) -> Result<SqueezeNet> {
        check_image(self.version.name(), self.image, self.version.smallest())?;
        let features = match self.version {
            Version::V1_0 => Sequential::new()
                .add(conv(self.image[0], 96, 7).stride(2).init(rng)?) // [N, 96, 109, 109]
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
                .add(Fire::init(512, 64, 256, rng)?),
            Version::V1_1 => Sequential::new()
                .add(conv(self.image[0], 64, 3).stride(2).init(rng)?) // [N, 64, 111, 111]
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
                .add(Fire::init(512, 64, 256, rng)?),
        };
        let last = conv(512, self.classes, 1).weight_init(Init::Normal { std: 0.01 });
        let classifier = Sequential::new()
            .add(Dropout::new(self.dropout))
            .add(last.init(rng)?) // [N, classes, 13, 13]
            .add(ReLU)
            .add(AdaptiveAvgPool2d::new(1))
            .add(Flatten);
        Ok(SqueezeNet { features, classifier })
    }
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
