//! ResNet: 18 to 152 layers, with a shortcut around every two or three.

use plywood_autodiff::{Pass, Pool2d, Var};
use plywood_layers::{BatchNorm2d, Conv2d, Conv2dConfig, Init, Linear, Module, Params, Settings};
use plywood_tensor::{Result, Rng};

use crate::parts::{conv_bn, conv_bn_relu};

/// A residual network: each block learns what to add to its input.
///
/// The names, the first values and the place of the strides (in a bottleneck's 3×3 convolution) are
/// torchvision's, so that its weights load.
///
/// Source: He et al., "Deep residual learning for image recognition" (2015).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::resnet18;
///
/// let model = resnet18([3, 32, 32], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "conv1.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 32, 32])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct ResNet {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    layer1: Vec<Block>,
    layer2: Vec<Block>,
    layer3: Vec<Block>,
    layer4: Vec<Block>,
    fc: Linear,
}

/// A few convolutions, and the shortcut around them.
#[expect(clippy::large_enum_variant, reason = "a model has blocks of one kind, in a vector")]
#[derive(Debug, Params)]
enum Block {
    /// Two 3×3 convolutions.
    Basic {
        conv1: Conv2d,
        bn1: BatchNorm2d,
        conv2: Conv2d,
        bn2: BatchNorm2d,
        downsample: Option<Downsample>,
    },
    /// 1×1 to fewer channels, 3×3 on those, 1×1 to four times as many.
    Bottleneck {
        conv1: Conv2d,
        bn1: BatchNorm2d,
        conv2: Conv2d,
        bn2: BatchNorm2d,
        conv3: Conv2d,
        bn3: BatchNorm2d,
        downsample: Option<Downsample>,
    },
}

/// The shortcut of a block whose result has another shape than its input.
#[derive(Debug, Params)]
struct Downsample(Conv2d, BatchNorm2d);

/// The settings of a [`ResNet`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::resnet18;
///
/// let rng = &mut Rng::new(Seed(7));
/// let model = resnet18([1, 28, 28], 10).init(rng)?;
/// assert_eq!(model.named_parameters()[0].1.shape(), [64, 1, 7, 7].into()); // O, C, KH, KW
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = ResNet, operation = "resnet", private)]
pub struct ResNetConfig {
    /// The kind of its blocks.
    kind: Kind,
    /// The blocks of each stage.
    blocks: [usize; 4],
    /// The channels of an image.
    channels: usize,
    /// The number of classes.
    classes: usize,
}

/// The [`ResNet`] of 18 layers, for images `[C, H, W]` of so many classes. Images of any size will do: the
/// paper's are `[3, 224, 224]`.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::resnet18;
///
/// let model = resnet18([3, 224, 224], 1000).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 11_689_512);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn resnet18(image: [usize; 3], classes: usize) -> ResNetConfig {
    ResNetConfig::new(Kind::Basic, [2, 2, 2, 2], image[0], classes)
}

/// The [`ResNet`] of 34 layers: 21,797,672 parameters for ImageNet's 1,000 classes.
pub fn resnet34(image: [usize; 3], classes: usize) -> ResNetConfig {
    ResNetConfig::new(Kind::Basic, [3, 4, 6, 3], image[0], classes)
}

/// The [`ResNet`] of 50 layers: 25,557,032 parameters for ImageNet's 1,000 classes.
pub fn resnet50(image: [usize; 3], classes: usize) -> ResNetConfig {
    ResNetConfig::new(Kind::Bottleneck, [3, 4, 6, 3], image[0], classes)
}

/// The [`ResNet`] of 101 layers: 44,549,160 parameters for ImageNet's 1,000 classes.
pub fn resnet101(image: [usize; 3], classes: usize) -> ResNetConfig {
    ResNetConfig::new(Kind::Bottleneck, [3, 4, 23, 3], image[0], classes)
}

/// The [`ResNet`] of 152 layers: 60,192,808 parameters for ImageNet's 1,000 classes.
pub fn resnet152(image: [usize; 3], classes: usize) -> ResNetConfig {
    ResNetConfig::new(Kind::Bottleneck, [3, 8, 36, 3], image[0], classes)
}

/// Which blocks a [`ResNet`] has.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Basic,
    Bottleneck,
}

impl Kind {
    /// The channels of a block's result for one channel in its middle.
    fn expansion(self) -> usize {
        match self {
            Self::Basic => 1,
            Self::Bottleneck => 4,
        }
    }
}

impl ResNetConfig {
    fn build(&self, rng: &mut Rng) -> Result<ResNet> {
        let &Self { kind, blocks, channels, classes } = self;
        let mut inputs = 64;
        let mut stage = |width, blocks, stride, rng: &mut Rng| -> Result<Vec<Block>> {
            let block = |place| {
                let stride = if place == 0 { stride } else { 1 };
                let block = Block::init(kind, inputs, width, stride, rng);
                inputs = width * kind.expansion();
                block
            };
            (0..blocks).map(block).collect()
        };
        Ok(ResNet {
            conv1: conv(channels, 64, 7).stride(2).padding(3).init(rng)?,
            bn1: BatchNorm2d::config(64).init()?,
            layer1: stage(64, blocks[0], 1, rng)?,
            layer2: stage(128, blocks[1], 2, rng)?,
            layer3: stage(256, blocks[2], 2, rng)?,
            layer4: stage(512, blocks[3], 2, rng)?,
            fc: Linear::config(512 * kind.expansion(), classes).init(rng)?,
        })
    }
}

/// A convolution as all of a ResNet's are: the normalisation after it brings the bias.
fn conv(inputs: usize, outputs: usize, kernel: usize) -> Conv2dConfig {
    Conv2d::config(inputs, outputs, kernel).bias(false).weight_init(Init::KaimingNormalFanOut)
}

impl Block {
    fn init(kind: Kind, inputs: usize, width: usize, stride: usize, rng: &mut Rng) -> Result<Self> {
        let outputs = width * kind.expansion();
        let bn = |channels: usize| BatchNorm2d::config(channels).init();
        let downsample = |rng: &mut Rng| -> Result<Option<Downsample>> {
            if stride == 1 && inputs == outputs {
                return Ok(None);
            }
            let conv = conv(inputs, outputs, 1).stride(stride).init(rng)?;
            Ok(Some(Downsample(conv, bn(outputs)?)))
        };
        Ok(match kind {
            Kind::Basic => Self::Basic {
                conv1: conv(inputs, width, 3).stride(stride).padding(1).init(rng)?,
                bn1: bn(width)?,
                conv2: conv(width, outputs, 3).padding(1).init(rng)?,
                bn2: bn(outputs)?,
                downsample: downsample(rng)?,
            },
            Kind::Bottleneck => Self::Bottleneck {
                conv1: conv(inputs, width, 1).init(rng)?,
                bn1: bn(width)?,
                conv2: conv(width, width, 3).stride(stride).padding(1).init(rng)?,
                bn2: bn(width)?,
                conv3: conv(width, outputs, 1).init(rng)?,
                bn3: bn(outputs)?,
                downsample: downsample(rng)?,
            },
        })
    }
}

impl Module for Block {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let (y, downsample) = match self {
            Self::Basic { conv1, bn1, conv2, bn2, downsample } => {
                let y = conv_bn_relu(conv1, bn1, x, pass)?;
                (conv_bn(conv2, bn2, &y, pass)?, downsample)
            }
            Self::Bottleneck { conv1, bn1, conv2, bn2, conv3, bn3, downsample } => {
                let y = conv_bn_relu(conv1, bn1, x, pass)?;
                let y = conv_bn_relu(conv2, bn2, &y, pass)?;
                (conv_bn(conv3, bn3, &y, pass)?, downsample)
            }
        };
        let shortcut = match downsample {
            Some(Downsample(conv, bn)) => conv_bn(conv, bn, x, pass)?,
            None => x.clone(),
        };
        Ok(y.add(&shortcut)?.relu())
    }
}

impl Module for ResNet {
    // The shapes are those of 224×224 images; a bottleneck's channels are four times as many.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = conv_bn_relu(&self.conv1, &self.bn1, x, pass)?; // [N, 64, 112, 112]
        let mut x = x.max_pool2d(Pool2d::new(3).stride(2).padding(1))?; // [N, 64, 56, 56]
        // [N, 64, 56, 56], [N, 128, 28, 28], [N, 256, 14, 14], [N, 512, 7, 7]
        for stage in [&self.layer1, &self.layer2, &self.layer3, &self.layer4] {
            for block in stage {
                x = block.forward(&x, pass)?;
            }
        }
        self.fc.forward(&x.mean_axes(&[2, 3])?, pass) // [N, classes]
    }
}
