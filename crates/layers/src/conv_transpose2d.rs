//! The transposed convolution: a layer that makes pictures larger.

use plywood_autodiff::{Pair, Param, Pass, Var};
use plywood_tensor::{Conv2dOptions, Error, Float, Result, Rng, Shape};

use crate::Params;
use crate::conv2d::check;
use crate::init::{Init, weight_and_bias};
use crate::module::Module;

/// A two-dimensional transposed convolution: `[N, C, H, W]` becomes `[N, O, H', W']`, with `H' =
/// (H − 1) · stride − 2 · padding + dilation · (kernel − 1) + output_padding + 1`.
///
/// Each pixel of the input adds its multiple of the window of weights to the result. A window of 4
/// with stride 2 and padding 1, or of 2 with stride 2, doubles the size.
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

/// The settings of a [`ConvTranspose2d`]. By default it moves by 1, without padding or dilation, in
/// one group, has a bias, and begins as PyTorch's does.
#[derive(Clone, Debug)]
pub struct ConvTranspose2dConfig {
    in_channels: usize,
    out_channels: usize,
    kernel: [usize; 2],
    options: Conv2dOptions,
    output_padding: [usize; 2],
    bias: bool,
    init: Init,
}

impl ConvTranspose2d {
    /// A transposed convolution from `in_channels` to `out_channels` with a square window, or a
    /// window of `[height, width]`.
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
    pub fn config(
        in_channels: usize,
        out_channels: usize,
        kernel: impl Pair,
    ) -> ConvTranspose2dConfig {
        ConvTranspose2dConfig {
            in_channels,
            out_channels,
            kernel: kernel.pair(),
            options: Conv2dOptions::default(),
            output_padding: [0, 0],
            bias: true,
            init: Init::FanIn,
        }
    }
}

impl ConvTranspose2dConfig {
    /// Pixels of the result from one pixel of the input to the next.
    #[must_use]
    pub fn stride(mut self, stride: impl Pair) -> Self {
        self.options.stride = stride.pair();
        self
    }

    /// Pixels that are left out at each border of the result.
    #[must_use]
    pub fn padding(mut self, padding: impl Pair) -> Self {
        self.options.padding = padding.pair();
        self
    }

    /// Rows and columns that the result has more at its end: less than the stride or the dilation,
    /// whichever is larger.
    #[must_use]
    pub fn output_padding(mut self, padding: impl Pair) -> Self {
        self.output_padding = padding.pair();
        self
    }

    /// Pixels from one element of the window to the next.
    #[must_use]
    pub fn dilation(mut self, dilation: impl Pair) -> Self {
        self.options.dilation = dilation.pair();
        self
    }

    /// Groups that the channels are cut into, each connected within itself only.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.options.groups = groups;
        self
    }

    /// Whether there is a bias.
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// What the weight begins with. As PyTorch does, the fans are those of the convolution that
    /// this is the transpose of.
    #[must_use]
    pub fn weight_init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// Makes the layer and draws its first values. The bias begins uniform within 1 / √fan-in.
    ///
    /// # Errors
    /// When the groups don't divide the channels, a size is 0 that can't be, or the sizes are
    /// larger than memory.
    pub fn init(&self, rng: &mut Rng) -> Result<ConvTranspose2d> {
        self.init_as(rng)
    }

    /// As [`init`](Self::init), of numbers of any type, such as `f64` for a gradient check: those of the `f32` layer before rounding.
    ///
    /// # Errors
    /// As for [`init`](Self::init).
    pub fn init_as<T: Float>(&self, rng: &mut Rng) -> Result<ConvTranspose2d<T>> {
        let Self { in_channels, out_channels, kernel, options, output_padding, .. } = *self;
        let shape = || {
            check([in_channels, out_channels], kernel, &options)?;
            Shape::new(&[in_channels, out_channels / options.groups, kernel[0], kernel[1]])
        };
        let shape = shape().map_err(|error: Error| error.operation("conv_transpose2d"))?;
        let bias = self.bias.then_some((out_channels, None));
        let (weight, bias) = weight_and_bias((shape, self.init), bias, rng)?;
        Ok(ConvTranspose2d { weight, bias, options, output_padding })
    }
}

impl<T: Float> Module<Var<T>, T> for ConvTranspose2d<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        let weight = pass.param(&self.weight);
        let bias = self.bias.as_ref().map(|bias| pass.param(bias));
        x.conv_transpose2d(&weight, bias.as_ref(), &self.options, self.output_padding)
            .map_err(|error| pass.locate(error, &self.weight))
    }
}
