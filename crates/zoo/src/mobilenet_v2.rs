//! MobileNetV2: depthwise convolutions between narrow ends.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    BatchNorm2d, Conv2d, Conv2dConfig, Dropout, Init, Linear, Module, Params, Sequential, Settings,
};
use plywood_tensor::{Result, Rng};

use crate::parts::conv_bn;

/// Inverted residuals: a block widens its input, convolves each channel by itself, and narrows the
/// result; the shortcut connects the narrow ends.
///
/// The names and first values are torchvision's, so that its weights load.
///
/// Source: Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks" (2018).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::mobilenet_v2;
///
/// let model = mobilenet_v2([3, 32, 32], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "features.0.0.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 32, 32])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct MobileNetV2 {
    features: Sequential,
    classifier: Sequential,
}

/// A convolution, normalised and rectified.
#[derive(Debug, Params)]
struct ConvBnRelu6(Conv2d, BatchNorm2d);

#[derive(Debug, Params)]
struct InvertedResidual {
    conv: Sequential,
    /// Whether the input is added to the result.
    shortcut: bool,
}

/// The settings of a [`MobileNetV2`].
///
/// ```
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::mobilenet_v2;
///
/// let rng = &mut Rng::new(Seed(7));
/// let refused = mobilenet_v2([3, 224, 224], 1000).dropout(1.5).init(rng).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "mobilenet_v2: the dropout is 1.5; it should be between 0 and 1",
/// );
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = MobileNetV2, operation = "mobilenet_v2")]
pub struct MobileNetV2Config {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The probability with which the input of the fully connected layer is dropped in training.
    #[setting(default = 0.2, range = 0.0..=1.0)]
    dropout: f64,
}

/// Expansion, channels, blocks and stride of each stage: the paper's table 2.
const STAGES: [[usize; 4]; 7] = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
];

/// A [`MobileNetV2`] for images `[C, H, W]` of so many classes. Images of any size will do: the paper's are
/// `[3, 224, 224]`.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::mobilenet_v2;
///
/// let model = mobilenet_v2([3, 224, 224], 1000).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 3_504_872);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn mobilenet_v2(image: [usize; 3], classes: usize) -> MobileNetV2Config {
    MobileNetV2Config::new(image, classes)
}

impl MobileNetV2Config {
    fn build(&self, rng: &mut Rng) -> Result<MobileNetV2> {
        let &Self { image: [channels, ..], classes, dropout } = self;
        let stem = conv(channels, 32, 3).stride(2).padding(1);
        let mut features = Sequential::new().add(ConvBnRelu6::init(&stem, 32, rng)?);
        let mut inputs = 32;
        for [expansion, width, blocks, stride] in STAGES {
            for place in 0..blocks {
                let stride = if place == 0 { stride } else { 1 };
                features.push(InvertedResidual::init(inputs, width, expansion, stride, rng)?);
                inputs = width;
            }
        }
        features.push(ConvBnRelu6::init(&conv(inputs, 1280, 1), 1280, rng)?);
        let fc = Linear::config(1280, classes);
        let fc = fc.weight_init(Init::Normal { std: 0.01 }).bias_init(Init::Zeros).init(rng)?;
        let classifier = Sequential::new().add(Dropout::new(dropout)).add(fc);
        Ok(MobileNetV2 { features, classifier })
    }
}

fn conv(inputs: usize, outputs: usize, kernel: usize) -> Conv2dConfig {
    Conv2d::config(inputs, outputs, kernel).bias(false).weight_init(Init::KaimingNormalFanOut)
}

impl ConvBnRelu6 {
    fn init(conv: &Conv2dConfig, channels: usize, rng: &mut Rng) -> Result<Self> {
        Ok(Self(conv.init(rng)?, BatchNorm2d::config(channels).init()?))
    }
}

impl InvertedResidual {
    fn init(
        inputs: usize,
        outputs: usize,
        expansion: usize,
        stride: usize,
        rng: &mut Rng,
    ) -> Result<Self> {
        let width = inputs * expansion;
        let mut layers = Sequential::new();
        if expansion > 1 {
            layers.push(ConvBnRelu6::init(&conv(inputs, width, 1), width, rng)?);
        }
        let depthwise = conv(width, width, 3).groups(width).stride(stride).padding(1);
        layers.push(ConvBnRelu6::init(&depthwise, width, rng)?);
        layers.push(conv(width, outputs, 1).init(rng)?);
        layers.push(BatchNorm2d::config(outputs).init()?);
        Ok(Self { conv: layers, shortcut: stride == 1 && inputs == outputs })
    }
}

impl Module for ConvBnRelu6 {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        Ok(conv_bn(&self.0, &self.1, x, pass)?.relu6())
    }
}

impl Module for InvertedResidual {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let y = self.conv.forward(x, pass)?;
        if self.shortcut { y.add(x) } else { Ok(y) }
    }
}

impl Module for MobileNetV2 {
    // The shapes are those of 224×224 images.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.features.forward(x, pass)?; // [N, 1280, 7, 7]
        self.classifier.forward_owned(x.mean_axes(&[2, 3])?, pass) // [N, classes]
    }
}
