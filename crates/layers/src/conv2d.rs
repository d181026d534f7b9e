//! The convolutional layer: the same small window of weights at every place of a picture.

use plywood_autodiff::{Pair, Param, Pass, Var};
use plywood_tensor::{Conv2dOptions, Error, Float, Result, Rng, Shape};

use crate::Params;
use crate::init::{Init, weight_and_bias};
use crate::module::Module;

/// A two-dimensional convolution: `[N, C, H, W]` becomes `[N, O, H', W']`, with
/// `H' = (H + 2 · padding − dilation · (kernel − 1) − 1) / stride + 1`, rounded down.
#[derive(Debug, Params)]
pub struct Conv2d<T: Float = f32> {
    /// `[out_channels, in_channels / groups, kernel height, kernel width]`
    pub weight: Param<T>,
    /// `[out_channels]`
    pub bias: Option<Param<T>>,
    #[params(setting)]
    options: Conv2dOptions,
}

/// The settings of a [`Conv2d`]. By default it moves by 1, without padding or dilation, in one
/// group, has a bias, and begins as PyTorch's does.
#[derive(Clone, Debug)]
pub struct Conv2dConfig {
    in_channels: usize,
    out_channels: usize,
    kernel: [usize; 2],
    options: Conv2dOptions,
    bias: bool,
    init: Init,
    bias_init: Option<Init>,
}

impl Conv2d {
    /// A convolution from `in_channels` to `out_channels` with a square window, or a window of
    /// `[height, width]`.
    ///
    /// ```
    /// use plywood_layers::{Conv2d, Params};
    /// use plywood_tensor::{Rng, Seed};
    ///
    /// let conv = Conv2d::config(3, 64, 3).stride(2).padding(1).bias(false).init(&mut Rng::new(Seed(7)))?;
    /// assert_eq!(conv.parameter_count(), 64 * 3 * 3 * 3);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    pub fn config(in_channels: usize, out_channels: usize, kernel: impl Pair) -> Conv2dConfig {
        Conv2dConfig {
            in_channels,
            out_channels,
            kernel: kernel.pair(),
            options: Conv2dOptions::default(),
            bias: true,
            init: Init::FanIn,
            bias_init: None,
        }
    }
}

impl<T: Float> Conv2d<T> {
    /// How it moves over its input.
    pub fn options(&self) -> &Conv2dOptions {
        &self.options
    }
}

impl Conv2dConfig {
    /// Pixels from one window to the next.
    #[must_use]
    pub fn stride(mut self, stride: impl Pair) -> Self {
        self.options.stride = stride.pair();
        self
    }

    /// Zeros that are added at each border.
    #[must_use]
    pub fn padding(mut self, padding: impl Pair) -> Self {
        self.options.padding = padding.pair();
        self
    }

    /// Pixels from one element of the window to the next.
    #[must_use]
    pub fn dilation(mut self, dilation: impl Pair) -> Self {
        self.options.dilation = dilation.pair();
        self
    }

    /// Groups that the channels are cut into, each connected within itself only; as many as
    /// channels make it depthwise.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.options.groups = groups;
        self
    }

    /// Whether every product is computed as the definition says, also where Winograd's algorithm
    /// would be faster and round a little more. It isn't by default.
    #[must_use]
    pub fn direct(mut self, direct: bool) -> Self {
        self.options.direct = direct;
        self
    }

    /// Whether there is a bias.
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// What the weight begins with.
    #[must_use]
    pub fn weight_init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// What the bias begins with.
    #[must_use]
    pub fn bias_init(mut self, init: Init) -> Self {
        self.bias_init = Some(init);
        self
    }

    /// Makes the layer and draws its first values. The bias begins uniform within
    /// 1 / √fan-in if nothing else is asked for.
    ///
    /// # Errors
    /// When the groups don't divide the channels, a size is 0 that can't be, or the sizes are
    /// larger than memory.
    pub fn init(&self, rng: &mut Rng) -> Result<Conv2d> {
        self.init_as(rng)
    }

    /// As [`init`](Self::init), of numbers of any type, such as `f64` for a gradient check: those of the `f32` layer before rounding.
    ///
    /// # Errors
    /// As for [`init`](Self::init).
    pub fn init_as<T: Float>(&self, rng: &mut Rng) -> Result<Conv2d<T>> {
        let Self { in_channels, out_channels, kernel, options, .. } = *self;
        let shape = || {
            check([in_channels, out_channels], kernel, &options)?;
            Shape::new(&[out_channels, in_channels / options.groups, kernel[0], kernel[1]])
        };
        let shape = shape().map_err(|error: Error| error.operation("conv2d"))?;
        let bias = self.bias.then_some((out_channels, self.bias_init));
        let (weight, bias) = weight_and_bias((shape, self.init), bias, rng)?;
        Ok(Conv2d { weight, bias, options })
    }
}

/// Refuses groups that don't divide the channels, in and out, and windows without a size.
pub(crate) fn check(
    [inputs, outputs]: [usize; 2],
    kernel: [usize; 2],
    options: &Conv2dOptions,
) -> Result<()> {
    let groups = options.groups;
    if groups == 0 || inputs % groups != 0 || outputs % groups != 0 {
        return Err(Error::value(format!(
            "{groups} groups don't divide {inputs} input and {outputs} output channels"
        )));
    }
    let sizes =
        [("kernel size", kernel), ("stride", options.stride), ("dilation", options.dilation)];
    match sizes.into_iter().find(|(_, sizes)| sizes.contains(&0)) {
        None => Ok(()),
        Some((name, sizes)) => {
            Err(Error::value(format!("the {name} {sizes:?} should be at least 1")))
        }
    }
}

impl<T: Float> Module<Var<T>, T> for Conv2d<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        let weight = pass.param(&self.weight);
        let bias = self.bias.as_ref().map(|bias| pass.param(bias));
        x.conv2d(&weight, bias.as_ref(), &self.options)
            .map_err(|error| pass.locate(error, &self.weight))
    }
}
