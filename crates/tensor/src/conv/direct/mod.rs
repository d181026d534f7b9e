//! Convolutions with few channels, read from the picture itself: packing would cost more than it
//! saves where each pixel is used by few outputs.
//!
//! One padded copy of the input, split by the stride, makes every convolution one of stride 1
//! without borders. With stride 2 each channel becomes four planes,
//!
//! ```text
//!   0 1 0 1 0 1        0 0 0   1 1 1
//!   2 3 2 3 2 3   →    0 0 0   1 1 1     and then tap (y, x) of every window is found in plane
//!   0 1 0 1 0 1        2 2 2   3 3 3     (y % 2, x % 2) at the window's own place plus
//!   2 3 2 3 2 3        2 2 2   3 3 3     (y / 2, x / 2)
//! ```
//!
//! so that 16 pixels side by side of one tap are two vectors, wherever they begin.
#![allow(unsafe_code, reason = "compiled for AVX2, and tasks write disjoint parts of one result")]

mod forward;
mod weight_grad;

use super::{Sizes, single};
use crate::element::Float;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads;
use crate::window::Window;

/// Outputs up to which this is faster than packing.
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
    let taps = sizes.c * sizes.window.kernel.iter().product::<usize>();
    if !suits(sizes) || sizes.o > FEW_OUTPUTS || taps > FEW_TAPS {
        return None;
    }
    let (x, weight) = (single::of(x)?, single::of(weight)?);
    let planes = Planes::new(x, sizes.input, &sizes.window);
    let bias = bias.and_then(single::of).map(Tensor::as_slice);
    Some(single::into(forward::convolve(&planes, weight.as_slice(), bias, sizes.o, sizes.output)))
}

/// As [`conv2d_input_grad`](super::conv2d_input_grad), if this way suits: at stride 1 it is a
/// convolution too, with the filters turned by 180°.
pub(super) fn conv2d_input_grad<T: Float>(
    dy: &Tensor<T>,
    weight: &Tensor<T>,
    sizes: &Sizes,
) -> Option<Tensor<T>> {
    let Sizes { c, o, input, output, window, .. } = *sizes;
    let Window { kernel, stride, padding, dilation } = window;
    let span = [0, 1].map(|axis| (kernel[axis] - 1) * dilation[axis]);
    let area = kernel[0] * kernel[1];
    // Where a larger stride was never taken, there may be pixels that no window has seen.
    let all_seen = |axis: usize| input[axis] + 2 * padding[axis] == output[axis] + span[axis];
    let fits = stride == [1, 1] && (0..2).all(|axis| padding[axis] <= span[axis] && all_seen(axis));
    if !suits(sizes) || !fits || c > FEW_OUTPUTS || o * area > FEW_TAPS {
        return None;
    }
    let (dy, weight) = (single::of(dy)?, single::of(weight)?.as_slice());
    let padding = [0, 1].map(|axis| span[axis] - padding[axis]);
    let planes = Planes::new(dy, output, &Window { padding, ..window });
    let mut rotated = vec![0.0; weight.len()];
    for (place, &weight) in weight.iter().enumerate() {
        let (filter, tap) = (place / area, place % area);
        let (o_index, c_index) = (filter / c, filter % c);
        rotated[(c_index * o + o_index) * area + area - 1 - tap] = weight;
    }
    Some(single::into(forward::convolve(&planes, &rotated, None, c, input)))
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
    let (x, dy) = (single::of(x)?, single::of(dy)?);
    let planes = Planes::new(x, sizes.input, &sizes.window);
    Some(single::into(weight_grad::weight_grad(&planes, dy.as_slice(), sizes)))
}

/// Whether there is anything to compute, the copy is not much larger than the input, and places in
/// it fit 32 bits.
fn suits(sizes: &Sizes) -> bool {
    let Window { kernel, stride, padding, .. } = sizes.window;
    let modest = |axis: usize| {
        stride[axis] <= kernel[axis] && padding[axis] <= sizes.input[axis].max(sizes.output[axis])
    };
    let side = |axis: usize| 4 * sizes.input[axis].max(sizes.output[axis]) as u128;
    let elements = side(0) * side(1) * sizes.c.max(sizes.o) as u128;
    crate::simd::avx2()
        && sizes.groups == 1
        && sizes.images * sizes.c * sizes.o > 0
        && [sizes.input, sizes.output].iter().flatten().all(|&size| size > 0)
        && modest(0)
        && modest(1)
        && u32::try_from(elements).is_ok()
}

/// Images with their borders, split by the stride.
struct Planes {
    elements: Storage<f32>,
    images: usize,
    /// Rows of a plane are `width` apart, images `image`.
    width: usize,
    image: usize,
    /// Where each tap of a window lies, counted from the window's place.
    taps: Vec<u32>,
    /// The largest of them.
    furthest: usize,
}

impl Planes {
    /// Elements behind the last plane, for vectors that reach beyond its end.
    const SLACK: usize = 32;

    fn new(x: &Tensor<f32>, [height, width]: [usize; 2], window: &Window) -> Self {
        let Window { kernel, stride, padding, dilation } = *window;
        let [images, channels] = [x.shape()[0], x.shape()[1]];
        let size = [height, width];
        let plane = [0, 1].map(|axis| (size[axis] + 2 * padding[axis]).div_ceil(stride[axis]));
        let phases = stride[0] * stride[1];
        let area = plane[0] * plane[1];
        let image = channels * phases * area;
        let mut elements = Storage::stale(images * image + Self::SLACK);
        let end = images * image;
        elements[end..].fill(0.0);
        let pixels = x.as_slice();
        threads::chunks_mut(&mut elements[..end], phases * area, end, |channel, out| {
            let pixels = &pixels[channel * height * width..][..height * width];
            for (row, out) in out.chunks_exact_mut(plane[1]).enumerate() {
                let (phase, row) = (row / plane[0], row % plane[0]);
                let y = (row * stride[0] + phase / stride[1]).wrapping_sub(padding[0]);
                if y >= height {
                    out.fill(0.0);
                    continue;
                }
                let line = &pixels[y * width..][..width];
                split(line, padding[1], stride[1], phase % stride[1], out);
            }
        });
        let taps: Vec<u32> = (0..channels * kernel[0] * kernel[1])
            .map(|tap| {
                let (channel, tap) = (tap / (kernel[0] * kernel[1]), tap % (kernel[0] * kernel[1]));
                let at = [tap / kernel[1] * dilation[0], tap % kernel[1] * dilation[1]];
                let phase = at[0] % stride[0] * stride[1] + at[1] % stride[1];
                let place = at[0] / stride[0] * plane[1] + at[1] / stride[1];
                ((channel * phases + phase) * area + place) as u32
            })
            .collect();
        let furthest = taps.iter().max().map_or(0, |&tap| tap as usize);
        Self { elements, images, width: plane[1], image, taps, furthest }
    }
}

/// Writes every `stride`-th pixel of a line that begins with `padding` zeros, from number `phase`
/// on.
fn split(line: &[f32], padding: usize, stride: usize, phase: usize, out: &mut [f32]) {
    let first = padding.saturating_sub(phase).div_ceil(stride).min(out.len());
    let start = first * stride + phase - padding;
    let (before, rest) = out.split_at_mut(first);
    before.fill(0.0);
    let count = line.len().saturating_sub(start).div_ceil(stride).min(rest.len());
    let (inside, after) = rest.split_at_mut(count);
    after.fill(0.0);
    if stride == 1 {
        inside.copy_from_slice(&line[start..start + count]);
        return;
    }
    for (out, &x) in inside.iter_mut().zip(line[start.min(line.len())..].iter().step_by(stride)) {
        *out = x;
    }
}
