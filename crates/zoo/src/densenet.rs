//! DenseNet: each layer sees the results of all layers before it.

use plywood_autodiff::{Pass, Pool2d, Var};
use plywood_layers::{BatchNorm2d, Conv2d, Conv2dConfig, Init, Linear, Module, Params, Settings};
use plywood_tensor::{Result, Rng};

use crate::parts::{check_image, conv_bn_relu};

/// Four blocks of layers that each add 32 channels to those they see, and transitions between them
/// that halve channels and image.
///
/// The names and first values are torchvision's, so that its weights load.
///
/// Source: Huang et al., "Densely connected convolutional networks" (2016).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::densenet121;
///
/// let model = densenet121([3, 32, 32], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "features.conv0.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 32, 32])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct DenseNet {
    features: Features,
    classifier: Linear,
}

#[derive(Debug, Params)]
struct Features {
    conv0: Conv2d,
    norm0: BatchNorm2d,
    denseblock1: DenseBlock,
    transition1: Transition,
    denseblock2: DenseBlock,
    transition2: Transition,
    denseblock3: DenseBlock,
    transition3: Transition,
    denseblock4: DenseBlock,
    norm5: BatchNorm2d,
}

/// Layers that are counted from 1: `denselayer1`.
#[derive(Clone, Debug)]
struct DenseBlock(Vec<DenseLayer>);

/// Normalised, rectified and convolved twice: 1×1 to 128 channels, then 3×3 to 32.
#[derive(Debug, Params)]
struct DenseLayer {
    norm1: BatchNorm2d,
    conv1: Conv2d,
    norm2: BatchNorm2d,
    conv2: Conv2d,
}

/// Normalised, rectified, convolved to half of the channels, averaged to half of the size.
#[derive(Debug, Params)]
struct Transition {
    norm: BatchNorm2d,
    conv: Conv2d,
}

/// The settings of a [`DenseNet`].
///
/// ```
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::densenet121;
///
/// let rng = &mut Rng::new(Seed(7));
/// let refused = densenet121([3, 28, 28], 10).init(rng).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "densenet121: of an image [3, 28, 28] (C, H, W) nothing would be left; its sides must have 29 pixels at least",
/// );
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = DenseNet, operation = "densenet121")]
pub struct DenseNetConfig {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
}

/// Channels that each layer adds.
const GROWTH: usize = 32;

/// The [`DenseNet`] of 121 layers, for images `[C, H, W]` of so many classes. Images of 29×29 or more will
/// do: the paper's are `[3, 224, 224]`.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::densenet121;
///
/// let model = densenet121([3, 224, 224], 1000).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 7_978_856);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn densenet121(image: [usize; 3], classes: usize) -> DenseNetConfig {
    DenseNetConfig::new(image, classes)
}

impl DenseNetConfig {
    fn build(&self, rng: &mut Rng) -> Result<DenseNet> {
        let &Self { image, classes } = self;
        check_image("densenet121", image, 29)?;
        Ok(DenseNet {
            features: Features {
                conv0: conv(image[0], 64, 7).stride(2).padding(3).init(rng)?,
                norm0: norm(64)?,
                denseblock1: DenseBlock::init(64, 6, rng)?,
                transition1: Transition::init(256, rng)?,
                denseblock2: DenseBlock::init(128, 12, rng)?,
                transition2: Transition::init(512, rng)?,
                denseblock3: DenseBlock::init(256, 24, rng)?,
                transition3: Transition::init(1024, rng)?,
                denseblock4: DenseBlock::init(512, 16, rng)?,
                norm5: norm(1024)?,
            },
            classifier: Linear::config(1024, classes).bias_init(Init::Zeros).init(rng)?,
        })
    }
}

fn conv(inputs: usize, outputs: usize, kernel: usize) -> Conv2dConfig {
    Conv2d::config(inputs, outputs, kernel).bias(false).weight_init(Init::KaimingNormal)
}

fn norm(channels: usize) -> Result<BatchNorm2d> {
    BatchNorm2d::config(channels).init()
}

impl DenseBlock {
    fn init(inputs: usize, layers: usize, rng: &mut Rng) -> Result<Self> {
        let layer = |place| {
            let inputs = inputs + place * GROWTH;
            Ok(DenseLayer {
                norm1: norm(inputs)?,
                conv1: conv(inputs, 4 * GROWTH, 1).init(rng)?,
                norm2: norm(4 * GROWTH)?,
                conv2: conv(4 * GROWTH, GROWTH, 3).padding(1).init(rng)?,
            })
        };
        Ok(Self((0..layers).map(layer).collect::<Result<_>>()?))
    }
}

impl Params for DenseBlock {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        let layers = self.0.iter().enumerate();
        layers.map(|(place, layer)| (name(place), layer as &dyn Params)).collect()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        let layers = self.0.iter_mut().enumerate();
        layers.map(|(place, layer)| (name(place), layer as &mut dyn Params)).collect()
    }
}

fn name(place: usize) -> String {
    format!("denselayer{}", place + 1)
}

impl Transition {
    fn init(inputs: usize, rng: &mut Rng) -> Result<Self> {
        Ok(Self { norm: norm(inputs)?, conv: conv(inputs, inputs / 2, 1).init(rng)? })
    }
}

impl Module for DenseBlock {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let mut x = x.clone();
        for DenseLayer { norm1, conv1, norm2, conv2 } in &self.0 {
            let y = norm1.forward_relu(&x, pass)?;
            let y = conv_bn_relu(conv1, norm2, &y, pass)?;
            x = Var::concat(&[&x, &conv2.forward(&y, pass)?], 1)?;
        }
        Ok(x)
    }
}

impl Module for Transition {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.norm.forward_relu(x, pass)?;
        self.conv.forward(&x, pass)?.avg_pool2d(2)
    }
}

impl Module for DenseNet {
    // The shapes are those of 224×224 images.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let f = &self.features;
        let x = conv_bn_relu(&f.conv0, &f.norm0, x, pass)?; // [N, 64, 112, 112]
        let x = x.max_pool2d(Pool2d::new(3).stride(2).padding(1))?; // [N, 64, 56, 56]
        let x = f.denseblock1.forward(&x, pass)?; // [N, 256, 56, 56]
        let x = f.transition1.forward(&x, pass)?; // [N, 128, 28, 28]
        let x = f.denseblock2.forward(&x, pass)?; // [N, 512, 28, 28]
        let x = f.transition2.forward(&x, pass)?; // [N, 256, 14, 14]
        let x = f.denseblock3.forward(&x, pass)?; // [N, 1024, 14, 14]
        let x = f.transition3.forward(&x, pass)?; // [N, 512, 7, 7]
        let x = f.denseblock4.forward(&x, pass)?; // [N, 1024, 7, 7]
        let x = f.norm5.forward_relu(&x, pass)?;
        self.classifier.forward(&x.mean_axes(&[2, 3])?, pass) // [N, classes]
    }
}
