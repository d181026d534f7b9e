//! The convolutional layer: the same small window of weights at every place of an image.

use plywood_autodiff::{Pair, Param, Pass, Var};
use plywood_tensor::{Conv2dOptions, Error, Float, Result, Rng, Shape, compiled_here};

use crate::Params;
use crate::Settings;
use crate::init::{Init, weight_and_bias};
use crate::module::Module;

/// A two-dimensional convolution: `[N, C, H, W]` becomes `[N, O, H', W']`, with
/// `H' = (H + 2 · padding − dilation · (kernel − 1) − 1) / stride + 1`, rounded down.
///
/// ```
/// use plywood_layers::{Conv2d, Params};
/// use plywood_tensor::{Rng, Seed};
///
/// let conv = Conv2d::config(3, 64, 3).stride(2).padding(1).bias(false).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(conv.parameter_count(), 64 * 3 * 3 * 3);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct Conv2d<T: Float = f32> {
    /// `[out_channels, in_channels / groups, kernel height, kernel width]`
    pub weight: Param<T>,
    /// `[out_channels]`
    pub bias: Option<Param<T>>,
    #[params(setting)]
    options: Conv2dOptions,
}

/// The settings of a [`Conv2d`]. By default it begins as PyTorch's does.
///
/// ```
/// use plywood_layers::Conv2d;
/// use plywood_tensor::{Rng, Seed};
///
/// let mut rng = Rng::new(Seed(7));
/// let conv = Conv2d::config(4, 8, 3).groups(2).bias(false).init(&mut rng)?;
/// assert_eq!(conv.weight.shape(), [8, 2, 3, 3].into()); // each output is made of 2 of the 4 inputs
/// let error = Conv2d::config(4, 8, 3).stride([1, 0]).init(&mut rng).unwrap_err();
/// assert_eq!(error.to_string(), "conv2d: the stride is [1, 0]; each should be 1 or more");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = Conv2d, operation = "conv2d", shortcut, any_element)]
pub struct Conv2dConfig {
    /// The channels that come in.
    in_channels: usize,
    /// The channels that come out.
    out_channels: usize,
    /// The window: one number for a square, or `[height, width]`.
    #[setting(range = 1.0.., called = "kernel size", from(impl Pair, Pair::pair))]
    kernel: [usize; 2],
    /// Pixels from one window to the next.
    #[setting(default = [1, 1], range = 1.0.., from(impl Pair, Pair::pair))]
    stride: [usize; 2],
    /// Zeros that are added at each border.
    #[setting(default = [0, 0], from(impl Pair, Pair::pair))]
    padding: [usize; 2],
    /// Pixels from one element of the window to the next.
    #[setting(default = [1, 1], range = 1.0.., from(impl Pair, Pair::pair))]
    dilation: [usize; 2],
    /// Groups that the channels are cut into, each connected within itself only; as many as
    /// channels make it depthwise.
    #[setting(default = 1)]
    groups: usize,
    /// Whether every product is computed as the definition says, also where Winograd's algorithm
    /// would be faster and round a little more.
    #[setting(default = false)]
    direct: bool,
    /// Whether there is a bias.
    #[setting(default = true)]
    bias: bool,
    /// What the weight begins with.
    #[setting(default = Init::FanIn, setter = weight_init)]
    init: Init,
    /// What the bias begins with: uniform within 1 / √fan-in if nothing is said.
    bias_init: Option<Init>,
}

impl<T: Float> Conv2d<T> {
    /// How it moves over its input.
    pub fn options(&self) -> &Conv2dOptions {
        &self.options
    }
}

impl Conv2dConfig {
    fn build<T: Float>(&self, rng: &mut Rng) -> Result<Conv2d<T>> {
        let Self {
            in_channels,
            out_channels,
            kernel,
            stride,
            padding,
            dilation,
            groups,
            direct,
            ..
        } = *self;
        let options = Conv2dOptions { stride, padding, dilation, groups, direct };
        let shape = || {
            check_groups([in_channels, out_channels], groups)?;
            Shape::new(&[out_channels, in_channels / groups, kernel[0], kernel[1]])
        };
        let shape = shape().map_err(|error: Error| error.operation("conv2d"))?;
        let bias = self.bias.then_some((out_channels, self.bias_init));
        let (weight, bias) = weight_and_bias((shape, self.init), bias, rng)?;
        Ok(Conv2d { weight, bias, options })
    }
}

/// Refuses groups that don't divide the channels, in and out.
pub(crate) fn check_groups([inputs, outputs]: [usize; 2], groups: usize) -> Result<()> {
    if groups == 0 || inputs % groups != 0 || outputs % groups != 0 {
        return Err(Error::value(format!(
            "{groups} groups don't divide {inputs} input and {outputs} output channels"
        )));
    }
    Ok(())
}

impl<T: Float> Module<Var<T>, T> for Conv2d<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        conv2d(self, x, pass)
    }
}

compiled_here! {
    fn conv2d<'a, T>(
        layer: &'a Conv2d<T>,
        x: &'a Var<T>,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let weight = pass.param(&layer.weight);
        let bias = layer.bias.as_ref().map(|bias| pass.param(bias));
        x.conv2d(&weight, bias.as_ref(), &layer.options)
            .map_err(|error| pass.locate(error, &layer.weight))
    }
}
