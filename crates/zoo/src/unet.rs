//! U-Net: a score for each class at each pixel of an image.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{BatchNorm2d, Conv2d, ConvTranspose2d, Dropout, Module, Params, Settings};
use plywood_tensor::{Error, Result, Rng};

use crate::parts::{check_image, conv_bn_relu};

/// Blocks that halve an image again and again, and as many that double it back, each of which is shown what the block
/// of its size on the way down has found: what is there is learnt from afar, where it ends from nearby.
///
/// Each block is two 3×3 convolutions, normalised and rectified; twice as many channels with each halving. Unlike in
/// the paper, convolutions are padded, so that the result has the image's size, and normalised. Images may have any
/// size that can be halved so often: where a side is odd, the doubled image gets a row or column of zeros.
///
/// Source: Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation" (2015).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::unet;
///
/// let model = unet([3, 180, 240], 11).width(8).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "encoder.0.conv1.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([4, 3, 180, 240])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [4, 11, 180, 240].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct UNet {
    stem: Option<Stem>,
    encoder: Vec<Block>,
    dropout: Dropout,
    decoder: Vec<Up>,
    head: Head,
}

/// Half of the size at once: a 4×4 convolution that strides, normalised and rectified.
#[derive(Debug, Params)]
struct Stem {
    conv: Conv2d,
    bn: BatchNorm2d,
}

/// Two 3×3 convolutions, normalised and rectified.
#[derive(Debug, Params)]
struct Block {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
}

/// The double size, and a block of that beside what the encoder has found.
#[derive(Debug, Params)]
struct Up {
    up: ConvTranspose2d,
    block: Block,
}

/// From channels to scores.
#[derive(Debug, Params)]
enum Head {
    Same(Conv2d),
    /// In double the size.
    Double(ConvTranspose2d),
}

/// The settings of a [`UNet`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::unet;
///
/// let rng = &mut Rng::new(Seed(7));
/// let small = unet([1, 64, 64], 2).width(8).depth(3).init(rng)?;
/// assert_eq!(small.named_parameters()[0].1.shape(), [8, 1, 3, 3].into()); // O, C, KH, KW
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = UNet, operation = "unet")]
pub struct UNetConfig {
    /// The shape of an image, `[C, H, W]`. Its sides change nothing in the network.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The channels of the first block; each of those below has twice as many as the one above.
    #[setting(default = 64)]
    width: usize,
    /// How often the image is halved.
    #[setting(default = 4, range = 1.0..=16.0)]
    depth: usize,
    /// Whether a convolution that strides halves the image before the first block, and the scores are doubled at the
    /// end: a quarter of the time for the same width, and coarser edges.
    #[setting(default = false)]
    halved: bool,
    /// The part of the numbers at the smallest size that is left out in training.
    #[setting(default = 0.0, range = 0.0..=1.0)]
    dropout: f64,
}

/// A [`UNet`] for images `[C, H, W]` whose pixels are of so many classes. Images of 16×16 or more will do; the paper's
/// are `[1, 572, 572]`.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::unet;
///
/// let model = unet([1, 572, 572], 2).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 31_036_546);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn unet(image: [usize; 3], classes: usize) -> UNetConfig {
    UNetConfig::new(image, classes)
}

impl UNetConfig {
    fn build(&self, rng: &mut Rng) -> Result<UNet> {
        let &Self { image: [depth_of_image, ..], classes, width, depth, halved, dropout } = self;
        check_image("unet", self.image, 1 << (depth + usize::from(halved)))?;
        let too_wide = || Error::value(format!("a width of {width} channels")).operation("unet");
        let last = width.checked_mul(1 << depth).ok_or_else(too_wide)?;
        let stem = match halved {
            true => Some(Stem {
                conv: Conv2d::config(depth_of_image, width, 4)
                    .stride(2)
                    .padding(1)
                    .bias(false)
                    .init(rng)?,
                bn: BatchNorm2d::config(width).init()?,
            }),
            false => None,
        };
        let mut inputs = if halved { width } else { depth_of_image };
        let mut encoder = Vec::new();
        for level in 0..=depth {
            encoder.push(Block::init(inputs, width << level, rng)?);
            inputs = width << level;
        }
        let mut decoder = Vec::new();
        let mut inputs = last;
        for level in (0..depth).rev() {
            decoder.push(Up {
                up: ConvTranspose2d::config(inputs, width << level, 2).stride(2).init(rng)?,
                block: Block::init(inputs, width << level, rng)?,
            });
            inputs = width << level;
        }
        let head = match halved {
            true => Head::Double(
                ConvTranspose2d::config(width, classes, 4).stride(2).padding(1).init(rng)?,
            ),
            false => Head::Same(Conv2d::config(width, classes, 1).init(rng)?),
        };
        Ok(UNet { stem, encoder, dropout: Dropout::new(dropout), decoder, head })
    }
}

impl Block {
    fn init(inputs: usize, outputs: usize, rng: &mut Rng) -> Result<Self> {
        let conv = |inputs, rng: &mut Rng| {
            Conv2d::config(inputs, outputs, 3).padding(1).bias(false).init(rng)
        };
        Ok(Self {
            conv1: conv(inputs, rng)?,
            bn1: BatchNorm2d::config(outputs).init()?,
            conv2: conv(outputs, rng)?,
            bn2: BatchNorm2d::config(outputs).init()?,
        })
    }
}

impl Module for Block {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = conv_bn_relu(&self.conv1, &self.bn1, x, pass)?;
        conv_bn_relu(&self.conv2, &self.bn2, &x, pass)
    }
}

// The shapes are those of 240×176 images, 64 channels and four halvings.
impl Module for UNet {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let image = x.clone();
        let mut x = match &self.stem {
            Some(Stem { conv, bn }) => conv_bn_relu(conv, bn, x, pass)?,
            None => x.clone(),
        };
        let mut found = Vec::new();
        for (level, block) in self.encoder.iter().enumerate() {
            if level > 0 {
                found.push(x.clone());
                x = x.max_pool2d(2)?;
            }
            x = block.forward(&x, pass)?; // [N, 64, 176, 240] … [N, 1024, 11, 15]
        }
        x = self.dropout.forward(&x, pass)?;
        for Up { up, block } in &self.decoder {
            x = up.forward(&x, pass)?; // [N, 512, 22, 30] …
            if let Some(skip) = found.pop() {
                x = Var::concat(&[&skip, &of_size(x, &skip)?], 1)?; // [N, 1024, 22, 30] …
            }
            x = block.forward(&x, pass)?; // [N, 512, 22, 30] … [N, 64, 176, 240]
        }
        match &self.head {
            Head::Same(conv) => conv.forward(&x, pass), // [N, classes, 176, 240]
            Head::Double(up) => of_size(up.forward(&x, pass)?, &image),
        }
    }
}

/// What was halved and doubled, with zeros at its end where a side was odd.
fn of_size(x: Var, like: &Var) -> Result<Var> {
    let (has, wanted) = (x.shape(), like.shape());
    let lacks = [2, 3].map(|axis| wanted[axis].saturating_sub(has[axis]));
    if lacks == [0, 0] { Ok(x) } else { x.pad2d(0, lacks, 0.0) }
}
