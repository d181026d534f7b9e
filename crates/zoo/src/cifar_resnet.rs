//! ResNet for images of CIFAR's size: 20 to 110 layers in three stages.

use plywood_autodiff::{Pass, Pool2d, Var};
use plywood_layers::{BatchNorm2d, Conv2d, Conv2dConfig, Init, Linear, Module, Params, Settings};
use plywood_tensor::{Result, Rng, Tensor};

use crate::parts::{conv_bn, conv_bn_relu};

/// A residual network of 6n + 2 layers for small images.
///
/// Where a block halves the image and doubles the channels, its shortcut takes every second pixel,
/// and zeros for the new channels, half of them before the old ones and half after: the paper's
/// option A, without parameters. Names and first values are those of the implementation that is
/// common in PyTorch, by Yerlan Idelbayev.
///
/// Source: He et al., "Deep residual learning for image recognition" (2015), section 4.2.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::resnet20;
///
/// let model = resnet20([3, 32, 32], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "conv1.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 32, 32])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct CifarResNet {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    layer1: Vec<Block>,
    layer2: Vec<Block>,
    layer3: Vec<Block>,
    linear: Linear,
    #[params(skip)]
    recompute: bool,
}

/// Two 3×3 convolutions, and the shortcut around them.
#[derive(Debug, Params)]
struct Block {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    shortcut: Shortcut,
}

/// What is added to a block's result.
#[expect(clippy::large_enum_variant, reason = "a model has few of them, in vectors")]
#[derive(Debug, Params)]
enum Shortcut {
    /// The input.
    Identity,
    /// Every second pixel of the input, and zeros for the channels that it lacks (option A).
    Pad { channels: usize },
    /// A 1×1 convolution (option B).
    Project(Conv2d, BatchNorm2d),
}

/// The settings of a [`CifarResNet`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::resnet20;
///
/// let rng = &mut Rng::new(Seed(7));
/// let padded = resnet20([3, 32, 32], 10).init(rng)?;
/// let projected = resnet20([3, 32, 32], 10).projection(true).init(rng)?;
/// assert_eq!(projected.parameter_count() - padded.parameter_count(), 2752);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = CifarResNet, operation = "cifar_resnet", private)]
pub struct CifarResNetConfig {
    /// The blocks of each stage.
    blocks: usize,
    /// The channels of an image.
    channels: usize,
    /// The number of classes.
    classes: usize,
    /// Whether a shortcut to another shape is a 1×1 convolution (the paper's option B) instead of
    /// padding: that is 2,752 parameters more.
    #[setting(default = false)]
    projection: bool,
    /// Whether a training pass keeps the input of each block alone, and [computes the rest
    /// again](Pass::recompute): a third more time, less memory, the same bits.
    #[setting(default = false)]
    recompute: bool,
}

/// The [`CifarResNet`] of 20 layers, for images `[C, H, W]` of so many classes. Images of any size will do:
/// the paper's are `[3, 32, 32]`.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::resnet20;
///
/// let model = resnet20([3, 32, 32], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 269_722);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn resnet20(image: [usize; 3], classes: usize) -> CifarResNetConfig {
    CifarResNetConfig::new(3, image[0], classes)
}

/// The [`CifarResNet`] of 32 layers: 464,154 parameters for colour images of 10 classes.
pub fn resnet32(image: [usize; 3], classes: usize) -> CifarResNetConfig {
    CifarResNetConfig::new(5, image[0], classes)
}

/// The [`CifarResNet`] of 44 layers: 658,586 parameters for colour images of 10 classes.
pub fn resnet44(image: [usize; 3], classes: usize) -> CifarResNetConfig {
    CifarResNetConfig::new(7, image[0], classes)
}

/// The [`CifarResNet`] of 56 layers: 853,018 parameters for colour images of 10 classes.
pub fn resnet56(image: [usize; 3], classes: usize) -> CifarResNetConfig {
    CifarResNetConfig::new(9, image[0], classes)
}

/// The [`CifarResNet`] of 110 layers: 1,727,962 parameters for colour images of 10 classes.
pub fn resnet110(image: [usize; 3], classes: usize) -> CifarResNetConfig {
    CifarResNetConfig::new(18, image[0], classes)
}

impl CifarResNetConfig {
    fn build(&self, rng: &mut Rng) -> Result<CifarResNet> {
        let &Self { blocks, channels, classes, projection, recompute } = self;
        let stage = |inputs: usize, width: usize, rng: &mut Rng| -> Result<Vec<Block>> {
            let block = |place| {
                let inputs = if place == 0 { inputs } else { width };
                Block::init(inputs, width, projection, rng)
            };
            (0..blocks).map(block).collect()
        };
        Ok(CifarResNet {
            conv1: conv(channels, 16, 3).padding(1).init(rng)?,
            bn1: BatchNorm2d::config(16).init()?,
            layer1: stage(16, 16, rng)?,
            layer2: stage(16, 32, rng)?,
            layer3: stage(32, 64, rng)?,
            linear: Linear::config(64, classes).weight_init(Init::KaimingNormal).init(rng)?,
            recompute,
        })
    }
}

/// A convolution as all of this network's are: the normalisation after it brings the bias.
fn conv(inputs: usize, outputs: usize, kernel: usize) -> Conv2dConfig {
    Conv2d::config(inputs, outputs, kernel).bias(false).weight_init(Init::KaimingNormal)
}

impl Block {
    fn init(inputs: usize, width: usize, projection: bool, rng: &mut Rng) -> Result<Self> {
        let stride = if inputs == width { 1 } else { 2 };
        let bn = || BatchNorm2d::config(width).init();
        Ok(Self {
            conv1: conv(inputs, width, 3).stride(stride).padding(1).init(rng)?,
            bn1: bn()?,
            conv2: conv(width, width, 3).padding(1).init(rng)?,
            bn2: bn()?,
            shortcut: match (stride, projection) {
                (1, _) => Shortcut::Identity,
                (_, false) => Shortcut::Pad { channels: (width - inputs) / 2 },
                (_, true) => Shortcut::Project(conv(inputs, width, 1).stride(2).init(rng)?, bn()?),
            },
        })
    }
}

impl Module for Shortcut {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        match self {
            Self::Identity => Ok(x.clone()),
            &Self::Pad { channels } => {
                let x = x.avg_pool2d(Pool2d::new(1).stride(2))?; // windows of one pixel
                let [n, _, height, width] = [0, 1, 2, 3].map(|axis: usize| x.shape()[axis]);
                let zeros = pass.constant(Tensor::try_full([n, channels, height, width], 0.0)?);
                Var::concat(&[&zeros, &x, &zeros], 1)
            }
            Self::Project(conv, bn) => conv_bn(conv, bn, x, pass),
        }
    }
}

impl Module for Block {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let y = conv_bn_relu(&self.conv1, &self.bn1, x, pass)?;
        let y = conv_bn(&self.conv2, &self.bn2, &y, pass)?;
        Ok(y.add(&self.shortcut.forward(x, pass)?)?.relu())
    }
}

impl Module for CifarResNet {
    // The shapes are those of 32×32 images.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let mut x = conv_bn_relu(&self.conv1, &self.bn1, x, pass)?; // [N, 16, 32, 32]
        // [N, 16, 32, 32], [N, 32, 16, 16], [N, 64, 8, 8]
        for stage in [&self.layer1, &self.layer2, &self.layer3] {
            for block in stage {
                x = match self.recompute {
                    true => pass.recompute(|pass| block.forward(&x, pass))?,
                    false => block.forward(&x, pass)?,
                };
            }
        }
        self.linear.forward(&x.mean_axes(&[2, 3])?, pass) // [N, classes]
    }
}
