//! MelNet: a small residual network for spectrograms of any length.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{BatchNorm2d, Conv2d, Dropout, Linear, Module, Params, Settings};
use plywood_tensor::{Error, Result, Rng};

use crate::parts::{check_image, conv_bn, conv_bn_relu};

/// A convolution, three stages of one that strides and a residual block, one over all that is left of the bands, the
/// mean and the maximum over time, and a linear layer.
///
/// Frequencies are gone through in steps before time is, and no layer knows how many frames there are: a network that
/// was trained on pieces takes whole recordings. The stages are those of ResNet (He et al., 2015); mean and maximum
/// over time are from Kong et al., "PANNs: large-scale pretrained audio neural networks" (2020), section III.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::Module;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::melnet;
///
/// let model = melnet([1, 64, 128], 10).init(&mut Rng::new(Seed(7)))?;
/// let mut pass = Pass::dry_run(&model);
/// for frames in [128, 57] {
///     let pictures = pass.shape([8, 1, 64, frames])?; // N, C, bands, frames
///     assert_eq!(model.forward(&pictures, &mut pass)?.shape(), [8, 10].into());
/// }
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct MelNet {
    stem: Conv2d,
    stem_bn: BatchNorm2d,
    stage1: Stage,
    stage2: Stage,
    stage3: Stage,
    bands: Conv2d,
    bands_bn: BatchNorm2d,
    dropout: Dropout,
    fc: Linear,
}

/// A convolution that strides, and two that are added to what comes of it.
#[derive(Debug, Params)]
struct Stage {
    down: Conv2d,
    down_bn: BatchNorm2d,
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
}

/// The settings of a [`MelNet`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::melnet;
///
/// let narrow = melnet([1, 64, 128], 10).width(8).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(narrow.named_parameters()[0].1.shape(), [8, 1, 3, 3].into()); // O, C, KH, KW
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = MelNet, operation = "melnet")]
pub struct MelNetConfig {
    /// The shape of a picture, `[C, bands, frames]`. The number of frames changes nothing.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The channels of the first convolution; the last have eight times as many.
    #[setting(default = 16)]
    width: usize,
    /// The part of the numbers before the linear layer that is left out in training.
    #[setting(default = 0.3, range = 0.0..=1.0)]
    dropout: f64,
}

/// A [`MelNet`] for pictures `[C, bands, frames]` of so many classes.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::melnet;
///
/// let model = melnet([1, 64, 128], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 553_722);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn melnet(image: [usize; 3], classes: usize) -> MelNetConfig {
    MelNetConfig::new(image, classes)
}

/// The strides of the stages, over bands and time.
const STRIDES: [[usize; 2]; 3] = [[2, 2], [2, 1], [2, 2]];

impl MelNetConfig {
    fn build(&self, rng: &mut Rng) -> Result<MelNet> {
        check_image("melnet", self.image, 1)?;
        let &Self { image: [depth, bands, _], classes, width, dropout } = self;
        let too_wide = || Error::value(format!("a width of {width} channels")).operation("melnet");
        let last = width.checked_mul(8).ok_or_else(too_wide)?;
        // Each of the four strides leaves half of the bands, rounded up.
        let left = bands.div_ceil(2).div_ceil(2).div_ceil(2).div_ceil(2);
        let [strides1, strides2, strides3] = STRIDES;
        Ok(MelNet {
            stem: conv(depth, width, [2, 2], rng)?,
            stem_bn: BatchNorm2d::config(width).init()?,
            stage1: Stage::init(width, 2 * width, strides1, rng)?,
            stage2: Stage::init(2 * width, 4 * width, strides2, rng)?,
            stage3: Stage::init(4 * width, last, strides3, rng)?,
            bands: Conv2d::config(last, last, [left, 1]).bias(false).init(rng)?,
            bands_bn: BatchNorm2d::config(last).init()?,
            dropout: Dropout::new(dropout),
            fc: Linear::config(last.saturating_mul(2), classes).init(rng)?,
        })
    }
}

/// A 3×3 convolution without a bias, whose result is normalised.
fn conv(inputs: usize, outputs: usize, stride: [usize; 2], rng: &mut Rng) -> Result<Conv2d> {
    Conv2d::config(inputs, outputs, 3).stride(stride).padding(1).bias(false).init(rng)
}

impl Stage {
    fn init(inputs: usize, outputs: usize, stride: [usize; 2], rng: &mut Rng) -> Result<Self> {
        Ok(Self {
            down: conv(inputs, outputs, stride, rng)?,
            down_bn: BatchNorm2d::config(outputs).init()?,
            conv1: conv(outputs, outputs, [1, 1], rng)?,
            bn1: BatchNorm2d::config(outputs).init()?,
            conv2: conv(outputs, outputs, [1, 1], rng)?,
            bn2: BatchNorm2d::config(outputs).init()?,
        })
    }
}

impl Module for Stage {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = conv_bn_relu(&self.down, &self.down_bn, x, pass)?;
        let y = conv_bn_relu(&self.conv1, &self.bn1, &x, pass)?;
        Ok(conv_bn(&self.conv2, &self.bn2, &y, pass)?.add(&x)?.relu())
    }
}

impl Module for MelNet {
    // The shapes are those of 64 bands and 128 frames.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = conv_bn_relu(&self.stem, &self.stem_bn, x, pass)?; // [N, 16, 32, 64]
        let x = self.stage1.forward(&x, pass)?; // [N, 32, 16, 32]
        let x = self.stage2.forward(&x, pass)?; // [N, 64, 8, 32]
        let x = self.stage3.forward(&x, pass)?; // [N, 128, 4, 16]
        let x = conv_bn_relu(&self.bands, &self.bands_bn, &x, pass)?; // [N, 128, 1, 16]
        let x = x.squeeze(2)?;
        let x = Var::concat(&[&x.mean_axes(&[-1])?, &x.max_axis(-1)?], 1)?; // [N, 256]
        let x = self.dropout.forward(&x, pass)?;
        self.fc.forward(&x, pass) // [N, classes]
    }
}
