//! The forward convolution.

use std::arch::x86_64::{_MM_HINT_ET0, _MM_HINT_T0};

use super::{
    MOST_LOADS, Strip, ask, broadcast, strips, under_taps, under_windows, with_window,
    without_border,
};
use crate::conv::Sizes;
use crate::polyphase::planes_of_a_task;
use crate::simd::{Job, Wide, each, with_vectors};
use crate::tensor::Tensor;
use crate::threads;

/// As [`conv2d`](crate::conv::conv2d), if the sizes are such.
pub(in crate::conv::depthwise) fn conv2d(
    x: &Tensor<f32>,
    weight: &Tensor<f32>,
    bias: Option<&Tensor<f32>>,
    sizes: &Sizes,
) -> Option<Tensor<f32>> {
    with_window!(sizes, planes(x, weight, bias, sizes))
}

fn planes<const K: usize, const S: usize>(
    x: &Tensor<f32>,
    weight: &Tensor<f32>,
    bias: Option<&Tensor<f32>>,
    sizes: &Sizes,
) -> Tensor<f32> {
    let Sizes { images, groups, input, output, .. } = *sizes;
    let (plane, out_plane) = (input[0] * input[1], output[0] * output[1]);
    let (x, weight) = (x.as_slice(), weight.as_slice());
    let bias = bias.map(Tensor::as_slice);
    let share = planes_of_a_task(input);
    Tensor::build_or_raise([images, groups, output[0], output[1]].into(), |y| {
        threads::chunks_mut(y, share * out_plane, super::super::cost(sizes), |task, y| {
            let x = &x[task * share * plane..][..y.len() / out_plane * plane];
            with_vectors(Task::<K, S> { sizes, first: task * share, x, weight, bias, y });
        });
    })
}

/// Some planes.
struct Task<'a, const K: usize, const S: usize> {
    sizes: &'a Sizes,
    /// The first one's number.
    first: usize,
    x: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    y: &'a mut [f32],
}

impl<const K: usize, const S: usize> Job for Task<'_, K, S> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Sizes { groups, input, output, .. } = *self.sizes;
        let strips =
            strips::<V, _>(0..output[1], |window| under_windows::<V, K, S>(self.sizes, window));
        let planes = self.x.chunks_exact(input[0] * input[1]);
        let results = self.y.chunks_exact_mut(output[0] * output[1]);
        for (number, (x, y)) in planes.zip(results).enumerate() {
            let channel = (self.first + number) % groups;
            let filter = broadcast::<V, K>(self.weight, channel);
            let bias = V::splat(self.bias.map_or(0.0, |bias| bias[channel]));
            for (window, strip) in &strips {
                if strip.inside && window + V::LANES <= output[1] {
                    windows::<V, K, S, true>(self.sizes, strip, *window, x, &filter, bias, y);
                } else {
                    windows::<V, K, S, false>(self.sizes, strip, *window, x, &filter, bias, y);
                }
            }
        }
    }
}

/// The windows of a strip from column `window` on.
#[inline(always)]
fn windows<V: Wide, const K: usize, const S: usize, const INSIDE: bool>(
    sizes: &Sizes,
    strip: &Strip<V, MOST_LOADS>,
    window: usize,
    x: &[f32],
    filter: &[[V; K]; K],
    bias: V,
    y: &mut [f32],
) {
    let ([height, width], [rows, columns]) = (sizes.input, sizes.output);
    assert!(x.len() == height * width && y.len() == rows * columns);
    let last = K.div_ceil(S) - 1;
    let mask = V::mask(0..(columns - window) as isize);
    // Of the windows that begin at this step, those before, and so on, up to `last`.
    let mut sums = [bias; K];
    for step in 0..rows + last {
        for phase in 0..S {
            let row = S * step + phase;
            let Some(row) = without_border(row, sizes.window.padding[0], height) else { continue };
            ask::<V, _MM_HINT_T0>(x.as_ptr().wrapping_add((row + height) * width + S * window), S);
            // SAFETY: a row of the plane.
            let taps = unsafe { under_taps::<V, K, S, INSIDE>(strip, x.as_ptr().add(row * width)) };
            for back in 0..=last {
                if phase + S * back < K {
                    for (tap, weight) in taps.into_iter().zip(filter[phase + S * back]) {
                        sums[back] = tap.mul_add(weight, sums[back]);
                    }
                }
            }
        }
        if let Some(row) = step.checked_sub(last) {
            // SAFETY: the columns from `window` on, as many as there are, of a row of the result.
            unsafe {
                let to = y.as_mut_ptr().add(row * columns + window);
                ask::<V, _MM_HINT_ET0>(to.wrapping_add(y.len()), 1);
                if INSIDE { sums[last].store_at(to) } else { sums[last].store_masked(to, mask) }
            }
        }
        sums = each(|back| if back == 0 { bias } else { sums[back - 1] });
    }
}
