//! The gradient with respect to the weight: for each output and tap, the product of the result's
//! gradient and the image under that tap, summed over pixels and images. A lane sums over every
//! sixteenth or eighth image, and lanes are added up at the end.

use super::blocks::{Blocks, block};
use crate::conv::Sizes;
use crate::memory;
use crate::simd::{Job, Wide, with_vectors};
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads;
use crate::window::{Window, pad};

/// Outputs and neighbouring taps that are summed at once: up to 24 of 32 registers or twelve of 16 have
/// sums.
const WIDE: usize = 4;
const NARROW: usize = 2;
const TAPS: usize = 6;

pub(super) fn weight_grad(x: &Tensor<f32>, dy: &Tensor<f32>, sizes: &Sizes) -> Option<Tensor<f32>> {
    let Sizes { c, o, input, output, window, .. } = *sizes;
    let [kernel_h, kernel_w] = window.kernel;
    let x = Blocks::of(
        &pad(x, window.padding, window.padding, 0.0).unwrap_or_else(|error| memory::raise(error)),
    );
    let dy = Blocks::of(dy);
    let image = [0, 1].map(|axis| input[axis] + 2 * window.padding[axis]);
    let at_once = if crate::simd::avx512() { WIDE } else { NARROW };
    let groups = o.div_ceil(at_once);
    let cost = sizes.multiply_adds() as usize;
    let chunk = at_once * kernel_w;
    let mut sums = Storage::stale(groups * c * kernel_h * chunk);
    threads::chunks_mut(&mut sums, chunk, cost, |task, sums| {
        let (group, line) = (task / (c * kernel_h), task % (c * kernel_h));
        let first = group * at_once;
        for tap in (0..kernel_w).step_by(TAPS) {
            with_vectors(Line {
                x: &x,
                dy: &dy,
                window: &window,
                image,
                output,
                channel: line / kernel_h,
                row: line % kernel_h,
                tap,
                taps: TAPS.min(kernel_w - tap),
                first,
                outputs: at_once.min(o - first),
                sums: &mut *sums,
            });
        }
    });
    Some(Tensor::build_or_raise([o, c, kernel_h, kernel_w].into(), |out| {
        for (index, line) in out.chunks_exact_mut(kernel_w).enumerate() {
            let (output, place) = (index / (c * kernel_h), index % (c * kernel_h));
            let task = output / at_once * c * kernel_h + place;
            line.copy_from_slice(&sums[task * chunk + output % at_once * kernel_w..][..kernel_w]);
        }
    }))
}

/// Neighbouring taps of one channel, and some outputs.
struct Line<'a> {
    x: &'a Blocks,
    dy: &'a Blocks,
    window: &'a Window,
    /// Rows and columns of an image with its border, and of a result.
    image: [usize; 2],
    output: [usize; 2],
    channel: usize,
    /// The row of the taps, the first of them, and how many there are.
    row: usize,
    tap: usize,
    taps: usize,
    /// The outputs.
    first: usize,
    outputs: usize,
    /// `[outputs, taps of the row]`
    sums: &'a mut [f32],
}

impl Job for Line<'_> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        match self.outputs {
            1 => self.of_outputs::<V, 1>(),
            2 => self.of_outputs::<V, 2>(),
            3 => self.of_outputs::<V, 3>(),
            _ => self.of_outputs::<V, WIDE>(),
        }
    }
}

impl Line<'_> {
    #[inline(always)]
    fn of_outputs<V: Wide, const O: usize>(self) {
        match self.taps {
            1 => self.sum::<V, O, 1>(),
            2 => self.sum::<V, O, 2>(),
            3 => self.sum::<V, O, 3>(),
            4 => self.sum::<V, O, 4>(),
            5 => self.sum::<V, O, 5>(),
            _ => self.sum::<V, O, TAPS>(),
        }
    }

    #[inline(always)]
    fn sum<V: Wide, const O: usize, const K: usize>(self) {
        let Window { kernel, stride, dilation, .. } = *self.window;
        let ([height, width], block) = (self.output, block());
        let row = self.channel * self.image[0] + self.row * dilation[0];
        let start = (row * self.image[1] + self.tap * dilation[1]) * block;
        let [line, column, tap] =
            [stride[0] * self.image[1], stride[1], dilation[1]].map(|pixels| pixels * block);
        let plane = height * width * block;
        let furthest = start + (height - 1) * line + (width - 1) * column + (K - 1) * tap;
        assert!(furthest + block <= self.x.len());
        assert!((self.first + O) * plane <= self.dy.len() && block.is_multiple_of(V::LANES));
        let mut totals = [[V::splat(0.0); K]; O];
        for index in 0..self.x.count() {
            let x = &self.x.elements[index * self.x.len()..][..self.x.len()];
            let dy = &self.dy.elements[index * self.dy.len()..][..self.dy.len()];
            let mut sums = [[V::splat(0.0); K]; O];
            for y in 0..height {
                // SAFETY: rows of the image and of the gradient, as was checked.
                let mut x = unsafe { x.as_ptr().add(start + y * line) };
                // SAFETY: as above.
                let mut dy = unsafe { dy.as_ptr().add(self.first * plane + y * width * block) };
                for _ in 0..width {
                    for lane in (0..block).step_by(V::LANES) {
                        let mut dys = [V::splat(0.0); O];
                        for (output, out) in dys.iter_mut().enumerate() {
                            // SAFETY: as above.
                            *out = unsafe { V::load_at(dy.add(output * plane + lane)) };
                        }
                        for k in 0..K {
                            // SAFETY: as above.
                            let x = unsafe { V::load_at(x.add(k * tap + lane)) };
                            for (sums, &dy) in sums.iter_mut().zip(&dys) {
                                sums[k] = x.mul_add(dy, sums[k]);
                            }
                        }
                    }
                    x = x.wrapping_add(column);
                    dy = dy.wrapping_add(block);
                }
            }
            for (total, sum) in totals.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
                *total = *total + *sum;
            }
        }
        for (output, totals) in totals.iter().enumerate() {
            for (k, total) in totals.iter().enumerate() {
                self.sums[output * kernel[1] + self.tap + k] = total.sum();
            }
        }
    }
}
