//! ResNet-9: a shallow and wide residual network that small images are learnt with in minutes.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{BatchNorm2d, Conv2d, Linear, Module, Params, Settings};
use plywood_tensor::{Error, Result, Rng};

use crate::parts::{check_image, conv_bn_relu, global_max_pool};

/// What the scores are multiplied by: normalised values are large, and so would the first scores be.
const SCORE_SCALE: f64 = 0.125;

/// Eight convolutions, of which four are in two residual blocks, and a linear layer.
///
/// Source: D. Page, "How to train your ResNet" (2018), whose network won the DAWNBench contest for
/// the shortest training on CIFAR-10.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::resnet9;
///
/// let model = resnet9([3, 8, 8], 10).width(16).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "prep.conv.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 8, 8])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct ResNet9 {
    prep: ConvBn,
    layer1: ConvBn,
    residual1: Residual,
    layer2: ConvBn,
    layer3: ConvBn,
    residual3: Residual,
    linear: Linear,
    shift: usize,
}

/// A 3×3 convolution, normalised and rectified.
#[derive(Debug, Params)]
struct ConvBn {
    conv: Conv2d,
    bn: BatchNorm2d,
}

/// Two of them, added to what goes in.
#[derive(Debug, Params)]
struct Residual {
    conv1: ConvBn,
    conv2: ConvBn,
}

/// The settings of a [`ResNet9`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::resnet9;
///
/// let rng = &mut Rng::new(Seed(7));
/// let narrow = resnet9([3, 32, 32], 10).width(16).init(rng)?;
/// assert_eq!(narrow.named_parameters()[0].1.shape(), [16, 3, 3, 3].into()); // O, C, KH, KW
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = ResNet9, operation = "resnet9")]
pub struct ResNet9Config {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The channels of the first convolution; the last has eight times as many.
    #[setting(default = 64)]
    width: usize,
    /// If it isn't 0, scores in evaluation are the mean of an image's and those of the image moved by so many
    /// pixels up, down, left and right, which takes five times as long. Pixels from outside are as the edge.
    #[setting(default = 0)]
    shift: usize,
}

/// A [`ResNet9`] for images `[C, H, W]` of so many classes. Images of 8×8 or more will do.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::resnet9;
///
/// let model = resnet9([3, 32, 32], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 6_573_120);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn resnet9(image: [usize; 3], classes: usize) -> ResNet9Config {
    ResNet9Config::new(image, classes)
}

impl ResNet9Config {
    fn build(&self, rng: &mut Rng) -> Result<ResNet9> {
        check_image("resnet9", self.image, 8)?;
        let &Self { image: [depth, ..], classes, width, shift } = self;
        let too_wide = || Error::value(format!("a width of {width} channels")).operation("resnet9");
        let last = width.checked_mul(8).ok_or_else(too_wide)?;
        Ok(ResNet9 {
            prep: ConvBn::init(depth, width, rng)?,
            layer1: ConvBn::init(width, 2 * width, rng)?,
            residual1: Residual::init(2 * width, rng)?,
            layer2: ConvBn::init(2 * width, 4 * width, rng)?,
            layer3: ConvBn::init(4 * width, last, rng)?,
            residual3: Residual::init(last, rng)?,
            linear: Linear::config(last, classes).bias(false).init(rng)?,
            shift,
        })
    }
}

impl ConvBn {
    fn init(inputs: usize, outputs: usize, rng: &mut Rng) -> Result<Self> {
        Ok(Self {
            conv: Conv2d::config(inputs, outputs, 3).padding(1).bias(false).init(rng)?,
            bn: BatchNorm2d::config(outputs).init()?,
        })
    }
}

impl Residual {
    fn init(width: usize, rng: &mut Rng) -> Result<Self> {
        Ok(Self {
            conv1: ConvBn::init(width, width, rng)?,
            conv2: ConvBn::init(width, width, rng)?,
        })
    }
}

impl Module for ConvBn {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        conv_bn_relu(&self.conv, &self.bn, x, pass)
    }
}

impl Module for Residual {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        self.conv2.forward(&self.conv1.forward(x, pass)?, pass)?.add(x)
    }
}

impl ResNet9 {
    // The shapes are those of 32×32 images and 64 channels.
    fn scores(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.prep.forward(x, pass)?; // [N, 64, 32, 32]
        let x = self.layer1.forward(&x, pass)?.max_pool2d(2)?; // [N, 128, 16, 16]
        let x = self.residual1.forward(&x, pass)?;
        let x = self.layer2.forward(&x, pass)?.max_pool2d(2)?; // [N, 256, 8, 8]
        let x = self.layer3.forward(&x, pass)?.max_pool2d(2)?; // [N, 512, 4, 4]
        let x = self.residual3.forward(&x, pass)?;
        let x = global_max_pool(&x)?; // [N, 512]
        Ok(self.linear.forward(&x, pass)? * SCORE_SCALE) // [N, classes]
    }
}

impl Module for ResNet9 {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let mut scores = self.scores(x, pass)?;
        if self.shift == 0 || pass.is_training() || pass.is_dry_run() {
            return Ok(scores);
        }
        for axis in [-2, -1] {
            for to_end in [false, true] {
                let moved = moved(x, axis, self.shift, to_end)?;
                scores = scores.add(&self.scores(&moved, pass)?)?;
            }
        }
        Ok(scores * 0.2)
    }
}

/// Images moved along an axis, with the pixels of the edge where there were none.
fn moved(x: &Var, axis: isize, by: usize, to_end: bool) -> Result<Var> {
    let size = x.shape()[if axis == -2 { 2 } else { 3 }];
    let from = |place: usize| match to_end {
        true => place.saturating_sub(by),
        false => place.saturating_add(by).min(size - 1),
    };
    x.index_select(axis, &(0..size).map(|place| from(place) as u32).collect::<Vec<_>>().into())
}

#[cfg(test)]
mod tests {
    use plywood_tensor::{Seed, Tensor};

    use super::*;

    #[test]
    fn views_are_moved_and_averaged() {
        let x = Var::constant(Tensor::arange(6).reshape([1, 1, 2, 3]).unwrap());
        let values = |var: Var| var.value().unwrap().to_vec();
        assert_eq!(values(moved(&x, -1, 1, true).unwrap()), [0.0, 0.0, 1.0, 3.0, 3.0, 4.0]);
        assert_eq!(values(moved(&x, -1, 2, false).unwrap()), [2.0, 2.0, 2.0, 5.0, 5.0, 5.0]);
        assert_eq!(values(moved(&x, -2, 9, false).unwrap()), [3.0, 4.0, 5.0, 3.0, 4.0, 5.0]);

        let init = |shift| resnet9([1, 8, 8], 3).width(2).shift(shift).init(&mut Rng::new(Seed(1)));
        let (plain, averaged) = (init(0).unwrap(), init(1).unwrap());
        let images = Var::constant(Tensor::arange(64).reshape([1, 1, 8, 8]).unwrap());
        let plain = |x: &Var| values(plain.forward(x, &mut Pass::eval(&plain)).unwrap());
        let mut sums = plain(&images);
        for (axis, to_end) in [(-2, false), (-2, true), (-1, false), (-1, true)] {
            let scores = plain(&moved(&images, axis, 1, to_end).unwrap());
            sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
        }
        let mut pass = Pass::eval(&averaged);
        let scores = values(averaged.forward(&images, &mut pass).unwrap());
        assert!(scores.iter().zip(sums).all(|(score, sum)| (score - sum / 5.0).abs() < 1e-5));
    }
}
