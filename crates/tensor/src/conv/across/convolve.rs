//! The convolution: for each pixel of a block of images, the sums over all taps inside of the image.

use std::ops::Range;

use super::blocks::{Blocks, block};
use crate::simd::{Job, Wide, with_vectors};
use crate::tensor::Tensor;
use crate::threads::{self, Shared};
use crate::window::Window;

/// Outputs that are computed at once, with two vectors of images each: of 32 or of 16 registers 24 or
/// twelve have sums.
const WIDE: usize = 12;
const NARROW: usize = 6;

/// The sizes of a convolution.
pub(super) struct Convolution {
    pub(super) channels: usize,
    pub(super) input: [usize; 2],
    pub(super) outputs: usize,
    pub(super) output: [usize; 2],
    pub(super) window: Window,
}

/// `[N, outputs, H', W']`, with the weight of an output, a channel and a tap.
pub(super) fn convolve(
    x: &Tensor<f32>,
    of: &Convolution,
    weight: impl Fn(usize, usize, usize) -> f32,
    bias: Option<&[f32]>,
) -> Tensor<f32> {
    let Convolution { channels, outputs, output: [height, width], window, .. } = *of;
    let images = x.shape()[0];
    let taps = window.kernel[0] * window.kernel[1];
    let at_once = if crate::simd::avx512() { WIDE } else { NARROW };
    let share = outputs.div_ceil(outputs.div_ceil(at_once));
    // Group after group of outputs: for each channel and tap, the weights of all outputs of the group.
    let mut weights = Vec::with_capacity(outputs * channels * taps);
    for first in (0..outputs).step_by(share) {
        for channel in 0..channels {
            for tap in 0..taps {
                let group = first..outputs.min(first + share);
                weights.extend(group.map(|output| weight(output, channel, tap)));
            }
        }
    }
    let blocks = Blocks::of(x);
    let mut sums = Blocks::stale(images, outputs * height * width);
    let len = sums.len();
    let out = Shared::new(&mut sums.elements);
    let cost = images * outputs * height * width * channels * taps;
    threads::for_each(blocks.count() * height, cost, |task| {
        let (index, row) = (task / height, task % height);
        let x = &blocks.elements[index * blocks.len()..][..blocks.len()];
        for first in (0..outputs).step_by(share) {
            let used = share.min(outputs - first);
            let group = Row {
                of,
                row,
                x,
                weights: &weights[first * channels * taps..][..used * channels * taps],
                bias: bias.map(|bias| &bias[first..first + used]),
                used,
                at: index * len + (first * height + row) * width * block(),
                out,
            };
            with_vectors(group);
        }
    });
    Tensor::build_or_raise([images, outputs, height, width].into(), |out| sums.write(out))
}

/// One row of some outputs of a block of images.
struct Row<'a> {
    of: &'a Convolution,
    row: usize,
    x: &'a [f32],
    /// `[channels, taps, used]`
    weights: &'a [f32],
    bias: Option<&'a [f32]>,
    /// How many outputs there are.
    used: usize,
    /// Where the row of the first of them begins in `out`, in which no other task has these rows.
    at: usize,
    out: Shared<'a, f32>,
}

impl Job for Row<'_> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        match self.used {
            1 => self.pixels::<V, 1>(),
            2 => self.pixels::<V, 2>(),
            3 => self.pixels::<V, 3>(),
            4 => self.pixels::<V, 4>(),
            5 => self.pixels::<V, 5>(),
            6 => self.pixels::<V, 6>(),
            7 => self.pixels::<V, 7>(),
            8 => self.pixels::<V, 8>(),
            9 => self.pixels::<V, 9>(),
            10 => self.pixels::<V, 10>(),
            11 => self.pixels::<V, 11>(),
            _ => self.pixels::<V, 12>(),
        }
    }
}

/// The taps that lie inside of an image of `size` rows (or columns) for one place of the window.
fn inside(window: &Window, axis: usize, size: usize, place: usize) -> Range<usize> {
    let (start, padding) = (place * window.stride[axis], window.padding[axis]);
    let dilation = window.dilation[axis];
    let first = padding.saturating_sub(start).div_ceil(dilation);
    let end = (size + padding).saturating_sub(start).div_ceil(dilation);
    let end = end.min(window.kernel[axis]);
    first.min(end)..end
}

impl Row<'_> {
    #[inline(always)]
    fn pixels<V: Wide, const R: usize>(&self) {
        let Convolution { channels, input, output, window, .. } = self.of;
        let [kernel_h, kernel_w] = window.kernel;
        let block = 2 * V::LANES;
        let [row, column] = [window.dilation[0] * input[1] * block, window.dilation[1] * block];
        let channel = input[0] * input[1] * block;
        let plane = output[0] * output[1] * block;
        let rows = inside(window, 0, input[0], self.row);
        assert!(self.x.len() == channels * channel);
        assert!(self.weights.len() == channels * kernel_h * kernel_w * R);
        let out = self.out.at(self.at, (R - 1) * plane + output[1] * block - 1);
        let mut start = [[V::splat(0.0); 2]; R];
        if let Some(bias) = self.bias {
            for (start, &bias) in start.iter_mut().zip(&bias[..R]) {
                *start = [V::splat(bias); 2];
            }
        }
        for place in 0..output[1] {
            let columns = inside(window, 1, input[1], place);
            let mut sums = start;
            if !rows.is_empty() && !columns.is_empty() {
                let first = [
                    self.row * window.stride[0] + rows.start * window.dilation[0]
                        - window.padding[0],
                    place * window.stride[1] + columns.start * window.dilation[1]
                        - window.padding[1],
                ];
                let first = (first[0] * input[1] + first[1]) * block;
                for from in 0..*channels {
                    for tap in rows.clone() {
                        let x = first + from * channel + (tap - rows.start) * row;
                        let tap = (from * kernel_h + tap) * kernel_w + columns.start;
                        // SAFETY: these taps lie inside of the image, as `inside` says, and have
                        // a weight for each output.
                        unsafe {
                            let x = self.x.as_ptr().add(x);
                            let weight = self.weights.as_ptr().add(tap * R);
                            for tap in 0..columns.len() {
                                let x = x.add(tap * column);
                                let right = [V::load_at(x), V::load_at(x.add(V::LANES))];
                                for (output, sums) in sums.iter_mut().enumerate() {
                                    let left = V::splat(*weight.add(tap * R + output));
                                    sums[0] = left.mul_add(right[0], sums[0]);
                                    sums[1] = left.mul_add(right[1], sums[1]);
                                }
                            }
                        }
                    }
                }
            }
            for (output, sums) in sums.iter().enumerate() {
                for (vector, &sum) in sums.iter().enumerate() {
                    // SAFETY: inside of the rows that were checked above.
                    unsafe {
                        let place = output * plane + place * block + vector * V::LANES;
                        sum.store_at(out.add(place));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_inside() {
        for [kernel, stride, padding, dilation, size] in
            [[5, 1, 4, 1, 10], [3, 2, 1, 1, 7], [3, 1, 5, 2, 4], [2, 3, 6, 4, 3], [1, 1, 3, 1, 1]]
        {
            let window = Window {
                kernel: [kernel; 2],
                stride: [stride; 2],
                padding: [padding; 2],
                dilation: [dilation; 2],
            };
            let places = window.output_size([size; 2]).unwrap()[0];
            for place in 0..places {
                let seen = |&tap: &usize| {
                    let pixel = (place * stride + tap * dilation).checked_sub(padding);
                    pixel.is_some_and(|pixel| pixel < size)
                };
                let expected: Vec<usize> = (0..kernel).filter(seen).collect();
                let taps = inside(&window, 0, size, place);
                assert_eq!(taps.collect::<Vec<_>>(), expected, "{window:?} {size} {place}");
            }
        }
    }
}
