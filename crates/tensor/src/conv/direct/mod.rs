//! Convolutions that read the image itself: nothing is packed. For few channels packing would cost
//! more than it saves, and forward it is quicker for many channels too.
//!
//! A padded copy of the input, or of [the rows that a task sees](strips), split by the stride
//! (`pool2d/split.rs`), makes every convolution one of stride 1 without borders: neighbouring pixels of one
//! tap are vectors, wherever they begin.
#![allow(unsafe_code, reason = "compiled for AVX2, and tasks write disjoint parts of one result")]

mod forward;
mod input_grad;
mod strips;
mod weight_grad;

use super::Sizes;
use super::planes::Planes;
use crate::downcast;
use crate::element::Float;
use crate::memory;
use crate::tensor::Tensor;
use crate::window::Window;

/// Outputs up to which this is faster than packing, whatever the sizes.
const FEW_OUTPUTS: usize = 64;
/// Taps of all channels up to which the pixels of a tile stay in the first-level cache.
const FEW_TAPS: usize = 512;
/// Channels up to which the gradient of the weight is faster so.
const FEW_CHANNELS: usize = 32;

/// As [`conv2d`](super::conv2d), if this way suits.
pub(super) fn conv2d<T: Float>(
    x: &Tensor<T>,
    weight: &Tensor<T>,
    bias: Option<&Tensor<T>>,
    sizes: &Sizes,
) -> Option<Tensor<T>> {
    let Window { kernel, stride, dilation, .. } = sizes.window;
    let taps = sizes.c * kernel[0] * kernel[1];
    let behind = (kernel[1] - 1) * dilation[1] / stride[1];
    if !suits(sizes)
        || !(sizes.o <= FEW_OUTPUTS && taps <= FEW_TAPS || little_lost(behind, sizes.output[1]))
    {
        return None;
    }
    let (x, weight) = (downcast::to_f32(x)?, downcast::to_f32(weight)?);
    let bias = bias.and_then(downcast::to_f32).map(Tensor::as_slice);
    let Sizes { window, o, output, .. } = sizes;
    forward::convolve(x, window, weight.as_slice(), bias, *o, *output).map(downcast::from_f32)
}

/// As [`conv2d_input_grad`](super::conv2d_input_grad), if this way suits.
pub(super) fn conv2d_input_grad<T: Float>(
    dy: &Tensor<T>,
    weight: &Tensor<T>,
    sizes: &Sizes,
) -> Option<Tensor<T>> {
    if !suits(sizes) {
        return None;
    }
    input_grad::input_grad(downcast::to_f32(dy)?, downcast::to_f32(weight)?, sizes)
        .map(downcast::from_f32)
}

/// As [`conv2d_weight_grad`](super::conv2d_weight_grad), if this way suits.
pub(super) fn conv2d_weight_grad<T: Float>(
    x: &Tensor<T>,
    dy: &Tensor<T>,
    sizes: &Sizes,
) -> Option<Tensor<T>> {
    if !suits(sizes) || sizes.o > FEW_OUTPUTS || sizes.c > FEW_CHANNELS {
        return None;
    }
    let (x, dy) = (downcast::to_f32(x)?, downcast::to_f32(dy)?);
    let planes =
        Planes::split(x, &sizes.window, sizes.output).unwrap_or_else(|error| memory::raise(error));
    Some(downcast::from_f32(weight_grad::weight_grad(&planes, dy.as_slice(), sizes)))
}

/// Whether it is little work to compute, for each row, so many pixels behind its end.
fn little_lost(behind: usize, row: usize) -> bool {
    behind * 4 <= row
}

/// Whether there is anything to compute, and the copy is not much larger than the input.
fn suits(sizes: &Sizes) -> bool {
    let Window { kernel, stride, padding, .. } = sizes.window;
    let modest = |axis: usize| {
        stride[axis] <= kernel[axis] && padding[axis] <= sizes.input[axis].max(sizes.output[axis])
    };
    crate::simd::avx2()
        && sizes.groups == 1
        // A product of matrices as it stands.
        && kernel != [1, 1]
        && sizes.c > 0
        && sizes.input.iter().all(|&size| size > 0)
        && modest(0)
        && modest(1)
}
