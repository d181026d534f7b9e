//! Convolutions of small images: a vector holds one pixel of neighbouring images.
//!
//! Vectors of neighbouring pixels are wasted where a row ends, and on the zeros of a border, which is
//! most of a small image. With images side by side instead, every lane counts: a tap is a shift by
//! whole vectors, and one that falls on the border is left out (the weight's gradient goes over a padded
//! copy instead). What that takes is a transposed copy on the way in and on the way out:
//!
//! ```text
//!   [N, C, H, W]  →  blocks of two vectors of images  [N / block, C, H, W, block]
//! ```
#![allow(unsafe_code, reason = "vectors are loaded and stored by address")]

mod blocks;
mod convolve;
mod weight_grad;

use self::blocks::block;
use self::convolve::{Convolution, convolve};
use super::Sizes;
use crate::downcast;
use crate::element::Float;
use crate::tensor::Tensor;
use crate::window::Window;

/// Outputs of a block of images with all that they are computed from: more leaves the second-level cache.
const MOST: usize = 128 << 10;
/// Columns of a result up to which vectors of neighbouring pixels waste much.
const SHORT: usize = 16;
/// Multiplications that a pixel should take part in, so that copying it costs little beside them.
const WORTH: usize = 48;

/// As [`conv2d`](super::conv2d), if this way suits.
pub(super) fn conv2d<T: Float>(
    x: &Tensor<T>,
    weight: &Tensor<T>,
    bias: Option<&Tensor<T>>,
    sizes: &Sizes,
) -> Option<Tensor<T>> {
    let Sizes { c, o, input, output, window, .. } = *sizes;
    if !suits(sizes) {
        return None;
    }
    let (x, weight) = (downcast::to_f32(x)?, downcast::to_f32(weight)?.as_slice());
    let bias = bias.and_then(downcast::to_f32).map(Tensor::as_slice);
    let taps = window.kernel[0] * window.kernel[1];
    let of = Convolution { channels: c, input, outputs: o, output, window };
    let weight = |output, channel, tap| weight[(output * c + channel) * taps + tap];
    Some(downcast::from_f32(convolve(x, &of, weight, bias)))
}

/// As [`conv2d_input_grad`](super::conv2d_input_grad), if this way suits: a convolution of `dy` with
/// the filters turned by 180°.
pub(super) fn conv2d_input_grad<T: Float>(
    dy: &Tensor<T>,
    weight: &Tensor<T>,
    sizes: &Sizes,
) -> Option<Tensor<T>> {
    let Sizes { c, o, input, output, window, .. } = *sizes;
    let Window { kernel, stride, padding, dilation } = window;
    if !suits(sizes) || stride != [1, 1] {
        return None;
    }
    let (dy, weight) = (downcast::to_f32(dy)?, downcast::to_f32(weight)?.as_slice());
    let padding = [0, 1].map(|axis| (kernel[axis] - 1) * dilation[axis] - padding[axis]);
    let window = Window { kernel, stride, padding, dilation };
    let of = Convolution { channels: o, input: output, outputs: c, output: input, window };
    let taps = kernel[0] * kernel[1];
    let turned = |output, channel, tap| weight[(channel * c + output) * taps + taps - 1 - tap];
    Some(downcast::from_f32(convolve(dy, &of, turned, None)))
}

/// As [`conv2d_weight_grad`](super::conv2d_weight_grad), if this way suits.
pub(super) fn conv2d_weight_grad<T: Float>(
    x: &Tensor<T>,
    dy: &Tensor<T>,
    sizes: &Sizes,
) -> Option<Tensor<T>> {
    if !suits(sizes) {
        return None;
    }
    weight_grad::weight_grad(downcast::to_f32(x)?, downcast::to_f32(dy)?, sizes)
        .map(downcast::from_f32)
}

/// Whether pixels side by side would waste more than copying costs.
fn suits(sizes: &Sizes) -> bool {
    let Sizes { images, groups, c, o, input, output, window } = *sizes;
    let Window { kernel, padding, dilation, .. } = window;
    let area = |size: [usize; 2]| size[0].saturating_mul(size[1]);
    let taps = area(kernel);
    let held = (c.saturating_mul(area(input))).saturating_add(o.saturating_mul(area(output)));
    crate::simd::avx2()
        && groups == 1
        && taps > 1
        // So the border under the turned filters is no less than nothing.
        && (0..2).all(|axis| padding[axis] <= (kernel[axis] - 1) * dilation[axis])
        && images.next_multiple_of(block()) * 5 <= images * 6
        && output[1] <= SHORT
        && held.saturating_mul(block()) <= MOST
        && c.min(o).saturating_mul(taps) >= WORTH
}
