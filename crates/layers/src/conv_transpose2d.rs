//! The transposed convolution: a layer that makes images larger.

use plywood_autodiff::{Pair, Param, Pass, Var};
use plywood_tensor::{Conv2dOptions, Error, Float, Result, Rng, Shape, compiled_here};

use crate::Params;
use crate::Settings;
use crate::conv2d::check_groups;
use crate::init::{Init, weight_and_bias};
use crate::module::Module;

/// A two-dimensional transposed convolution: `[N, C, H, W]` becomes `[N, O, H', W']`, with `H' =
/// (H − 1) · stride − 2 · padding + dilation · (kernel − 1) + output_padding + 1`.
///
/// Each pixel of the input adds its multiple of the window of weights to the result. A window of 4
/// with stride 2 and padding 1, or of 2 with stride 2, doubles the size.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{ConvTranspose2d, Module};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let config = ConvTranspose2d::config(32, 16, 4).stride(2).padding(1);
/// let layer = config.init(&mut Rng::new(Seed(7)))?;
/// let x = Var::constant(Tensor::zeros([1, 32, 7, 7]));
/// assert_eq!(layer.forward(&x, &mut Pass::eval(&layer))?.shape(), [1, 16, 14, 14].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct ConvTranspose2d<T: Float = f32> {
    /// `[in_channels, out_channels / groups, kernel height, kernel width]`
    pub weight: Param<T>,
    /// `[out_channels]`
    pub bias: Option<Param<T>>,
    #[params(setting)]
    options: Conv2dOptions,
    #[params(setting)]
    output_padding: [usize; 2],
}

/// The settings of a [`ConvTranspose2d`]. By default it begins as PyTorch's does.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{ConvTranspose2d, Init, Module};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let config = ConvTranspose2d::config(1, 1, 2).stride(2).bias(false).weight_init(Init::Ones);
/// let double = config.init(&mut Rng::new(Seed(7)))?;
/// let x = Var::constant(Tensor::from([[[[1.0, 2.0]]]]));
/// let y = double.forward(&x, &mut Pass::eval(&double))?;
/// assert_eq!(y.value()?, &Tensor::from([[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = ConvTranspose2d, operation = "conv_transpose2d", shortcut, any_element)]
pub struct ConvTranspose2dConfig {
    /// The channels that come in.
    in_channels: usize,
    /// The channels that come out.
    out_channels: usize,
    /// The window: one number for a square, or `[height, width]`.
    #[setting(range = 1.0.., called = "kernel size", from(impl Pair, Pair::pair))]
    kernel: [usize; 2],
    /// Pixels of the result from one pixel of the input to the next.
    #[setting(default = [1, 1], range = 1.0.., from(impl Pair, Pair::pair))]
    stride: [usize; 2],
    /// Pixels that are left out at each border of the result.
    #[setting(default = [0, 0], from(impl Pair, Pair::pair))]
    padding: [usize; 2],
    /// Rows and columns that the result has more at its end: less than the stride or the dilation,
    /// whichever is larger.
    #[setting(default = [0, 0], from(impl Pair, Pair::pair))]
    output_padding: [usize; 2],
    /// Pixels from one element of the window to the next.
    #[setting(default = [1, 1], range = 1.0.., from(impl Pair, Pair::pair))]
    dilation: [usize; 2],
    /// Groups that the channels are cut into, each connected within itself only.
    #[setting(default = 1)]
    groups: usize,
    /// Whether there is a bias.
    #[setting(default = true)]
    bias: bool,
    /// What the weight begins with. As PyTorch does, the fans are those of the convolution that
    /// this is the transpose of; a bias begins uniform within 1 / √fan-in.
    #[setting(default = Init::FanIn, setter = weight_init)]
    init: Init,
}

impl ConvTranspose2dConfig {
    fn build<T: Float>(&self, rng: &mut Rng) -> Result<ConvTranspose2d<T>> {
        let Self { in_channels, out_channels, kernel, output_padding, groups, .. } = *self;
        let Self { stride, padding, dilation, .. } = *self;
        let options = Conv2dOptions { stride, padding, dilation, groups, ..Default::default() };
        let shape = || {
            check_groups([in_channels, out_channels], groups)?;
            Shape::new(&[in_channels, out_channels / groups, kernel[0], kernel[1]])
        };
        let shape = shape().map_err(|error: Error| error.operation("conv_transpose2d"))?;
        let bias = self.bias.then_some((out_channels, None));
        let (weight, bias) = weight_and_bias((shape, self.init), bias, rng)?;
        Ok(ConvTranspose2d { weight, bias, options, output_padding })
    }
}

impl<T: Float> Module<Var<T>, T> for ConvTranspose2d<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        conv_transpose2d(self, x, pass)
    }
}

compiled_here! {
    fn conv_transpose2d<'a, T>(
        layer: &'a ConvTranspose2d<T>,
        x: &'a Var<T>,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let weight = pass.param(&layer.weight);
        let bias = layer.bias.as_ref().map(|bias| pass.param(bias));
        x.conv_transpose2d(&weight, bias.as_ref(), &layer.options, layer.output_padding)
            .map_err(|error| pass.locate(error, &layer.weight))
    }
}
