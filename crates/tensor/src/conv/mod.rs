//! Two-dimensional convolution (cross-correlation, as everywhere in deep learning) and its
//! gradients.
//!
//! There are five ways, of which each of the three products takes the first that suits its sizes:
//!
//! 1. a filter for each channel goes [by rows or by shifts](depthwise);
//! 2. 3 × 3 and 5 × 5 with a stride of 1, and 3 × 3 with a stride of 2, go by [Winograd's
//!    algorithm](winograd) for multiples of 16 channels, unless [`Conv2dOptions::direct`] forbids it;
//! 3. batches of small images have [images side by side](across);
//! 4. few channels, and more of them where rows are long, are read from [the image itself](direct);
//! 5. everything else is a matrix product, as follows.
//!
//! The three in the middle need `f32` and AVX2.
//!
//! In the last way each product is a matrix product whose operands are never written to memory: im2col is
//! only a way of addressing the image, [padded and split by the stride](planes). The element in the
//! row of a pixel and the column of a tap (a channel and a place in the window) lies at the pixel's
//! offset plus the tap's:
//!
//! ```text
//! forward          y[o, pixel]  = Σ over taps    w[o, tap]       · x[pixel + tap] + b[o]
//! weight gradient  dw[o, tap]   = Σ over pixels  dy[o, pixel]    · x[pixel + tap]
//! input gradient   dx[c, pixel] = Σ over o, taps w[o, c, tap]    · dy[pixel − tap]
//! ```

#[cfg(target_arch = "x86_64")]
mod across;
mod depthwise;
#[cfg(target_arch = "x86_64")]
mod direct;
mod forward;
mod input_grad;
pub(crate) mod naive;
mod phases;
mod planes;
#[cfg(target_arch = "x86_64")]
mod weight_grad;
#[cfg(target_arch = "x86_64")]
mod winograd;

use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::window::{Window, nchw};

pub use forward::conv2d;
pub use input_grad::conv2d_input_grad;
pub use weight_grad::conv2d_weight_grad;

/// How a convolution moves over its input; all but the groups are `[vertical, horizontal]`.
///
/// ```
/// use plywood_tensor::{Conv2dOptions, Tensor, conv2d};
///
/// let x = Tensor::from([[[[1.0, 2.0, 3.0]]]]); // [N, C, H, W]: one row of three pixels
/// let weight = Tensor::from([[[[1.0, 10.0]]]]); // [O, C / groups, KH, KW]
/// let y = conv2d(&x, &weight, None, &Conv2dOptions::default())?;
/// assert_eq!(y, Tensor::from([[[[21.0, 32.0]]]])); // 1 + 2 · 10, 2 + 3 · 10
/// let options = Conv2dOptions { stride: [1, 2], padding: [0, 1], ..Conv2dOptions::default() };
/// let y = conv2d(&x, &weight, None, &options)?;
/// assert_eq!(y, Tensor::from([[[[10.0, 32.0]]]])); // 0 + 1 · 10, 2 + 3 · 10
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dOptions {
    /// Pixels from one window to the next.
    pub stride: [usize; 2],
    /// Zeros that are added at each border.
    pub padding: [usize; 2],
    /// Pixels from one element of the window to the next.
    pub dilation: [usize; 2],
    /// Input and output channels are cut into so many groups, each connected within itself only.
    pub groups: usize,
    /// Whether every product is computed as the definition says. Otherwise convolutions of 3 × 3 and
    /// 5 × 5 in `f32` take a quarter or a third of the multiplications, by Winograd's algorithm, where
    /// that is faster, and 3 × 3 with a stride of 2 little more than half. An infinity or a NaN then
    /// spreads over its tile of 4 × 4, 2 × 2 or 5 × 5 results (10 × 10 of an input's gradient). It rounds
    /// more: the largest error is at most `72 · 2⁻²⁴ · √(n + 40)` of the result's root mean square, for
    /// sums over `n` channels, four times as many where the result has a stride of 2 (or, for the
    /// weight's gradient, over `n` tiles).
    pub direct: bool,
}

impl Default for Conv2dOptions {
    fn default() -> Self {
        Self { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, direct: false }
    }
}

/// All the sizes of one convolution, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) images: usize,
    pub(crate) groups: usize,
    /// Channels of one group, in and out.
    pub(crate) c: usize,
    pub(crate) o: usize,
    pub(crate) input: [usize; 2],
    pub(crate) output: [usize; 2],
    pub(crate) window: Window,
}

impl Sizes {
    fn new(x: Shape, weight: Shape, options: &Conv2dOptions) -> Result<Self> {
        let [images, channels, height, width] = nchw(x)?;
        let &[out_channels, c, kernel_h, kernel_w] = &weight[..] else {
            return Err(Error::shape(format!(
                "the weight {weight} should have four axes (O, C, H, W)"
            )));
        };
        let groups = options.groups;
        if groups == 0 || out_channels % groups != 0 || channels % groups != 0 {
            return Err(Error::value(format!(
                "{groups} groups don't divide {channels} input and {out_channels} output channels"
            )));
        }
        let expected = c.saturating_mul(groups);
        if channels != expected {
            let grouped = if groups > 1 { format!(" in {groups} groups") } else { String::new() };
            return Err(Error::shape(format!(
                "input {x} (N, C, H, W) has {channels} channels, the weight {weight}{grouped} expects \
                 {expected}"
            )));
        }
        let mut window = Window {
            kernel: [kernel_h, kernel_w],
            stride: options.stride,
            padding: options.padding,
            dilation: options.dilation,
        };
        let output = window.output_size([height, width])?;
        // Steps that are never taken may be of any size: offsets shouldn't overflow by them.
        for (stride, count) in window.stride.iter_mut().zip(output) {
            *stride = if count == 1 { 1 } else { *stride };
        }
        for (dilation, count) in window.dilation.iter_mut().zip(window.kernel) {
            *dilation = if count == 1 { 1 } else { *dilation };
        }
        Ok(Self {
            images,
            groups,
            c,
            o: out_channels / groups,
            input: [height, width],
            output,
            window,
        })
    }

    fn output_shape(&self) -> Result<Shape> {
        Shape::new(&[self.images, self.groups * self.o, self.output[0], self.output[1]])
    }

    /// Whether a gradient has the shape of the result.
    fn check_gradient(&self, dy: Shape) -> Result<()> {
        let shape = self.output_shape()?;
        if dy != shape {
            return Err(Error::shape(format!("dy {dy} should be {shape}")));
        }
        Ok(())
    }

    /// Multiply-adds of the forward product.
    fn multiply_adds(&self) -> u64 {
        let taps = self.c * self.window.kernel[0] * self.window.kernel[1];
        let pixels = self.images * self.output[0] * self.output[1];
        (taps as u64).saturating_mul(pixels as u64).saturating_mul((self.groups * self.o) as u64)
    }
}

/// The shape of a convolution's result, and its multiply-adds, of which [`u64::MAX`] are counted at most.
///
/// # Errors
/// When the shapes don't fit.
pub fn conv2d_shape(
    x: Shape,
    weight: Shape,
    bias: Option<Shape>,
    options: &Conv2dOptions,
) -> Result<(Shape, u64)> {
    let shape = || {
        let sizes = Sizes::new(x, weight, options)?;
        if let Some(bias) = bias
            && bias[..] != weight[..1]
        {
            return Err(Error::shape(format!(
                "the bias {bias} should be [{}], as the weight {weight}",
                weight[0]
            )));
        }
        Ok((sizes.output_shape()?, sizes.multiply_adds()))
    };
    shape().map_err(|error: Error| error.operation("conv2d"))
}
