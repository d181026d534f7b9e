//! The gradient with respect to the weight: a sum for each tap, in the lanes of a vector, of the
//! products of `dy` and what the tap lies on.

use std::arch::x86_64::_MM_HINT_T0;

use super::{
    MOST_LOADS, Strip, ask, strips, under_taps, under_windows, with_window, without_border,
};
use crate::conv::Sizes;
use crate::polyphase::planes_of_a_task;
use crate::simd::{Job, Wide, each, with_vectors};
use crate::tensor::Tensor;
use crate::threads;

/// As [`conv2d_weight_grad`](crate::conv::conv2d_weight_grad), if the sizes are such.
pub(in crate::conv::depthwise) fn conv2d_weight_grad(
    x: &Tensor<f32>,
    dy: &Tensor<f32>,
    sizes: &Sizes,
) -> Option<Tensor<f32>> {
    with_window!(sizes, channels(x, dy, sizes))
}

fn channels<const K: usize, const S: usize>(
    x: &Tensor<f32>,
    dy: &Tensor<f32>,
    sizes: &Sizes,
) -> Tensor<f32> {
    let (x, dy) = (x.as_slice(), dy.as_slice());
    Tensor::build_or_raise([sizes.groups, 1, K, K].into(), |dw| {
        let share = (planes_of_a_task(sizes.output) / sizes.images.max(1)).max(1);
        threads::chunks_mut(dw, share * K * K, super::super::cost(sizes), |task, dw| {
            with_vectors(Task::<K, S> { sizes, first: task * share, x, dy, dw });
        });
    })
}

/// Some channels of all images.
struct Task<'a, const K: usize, const S: usize> {
    sizes: &'a Sizes,
    /// The first one's number.
    first: usize,
    x: &'a [f32],
    dy: &'a [f32],
    dw: &'a mut [f32],
}

impl<const K: usize, const S: usize> Job for Task<'_, K, S> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Sizes { images, groups, input, output, .. } = *self.sizes;
        let (plane, out_plane) = (input[0] * input[1], output[0] * output[1]);
        let strips =
            strips::<V, _>(0..output[1], |window| under_windows::<V, K, S>(self.sizes, window));
        let zeros = [[V::splat(0.0); K]; K];
        // Long sums lose digits: those of some planes are added first.
        let share = planes_of_a_task(output);
        for (channel, dw) in (self.first..).zip(self.dw.chunks_exact_mut(K * K)) {
            let mut totals = zeros;
            let mut sums = zeros;
            for image in 0..images {
                let number = image * groups + channel;
                let x = &self.x[number * plane..][..plane];
                let dy = &self.dy[number * out_plane..][..out_plane];
                let next = if image + 1 < images { number + groups } else { channel + 1 };
                let next = [
                    self.x.as_ptr().wrapping_add(next * plane),
                    self.dy.as_ptr().wrapping_add(next * out_plane),
                ];
                for (window, strip) in &strips {
                    if strip.inside && window + V::LANES <= output[1] {
                        add::<V, K, S, true>(self.sizes, strip, *window, x, dy, next, &mut sums);
                    } else {
                        add::<V, K, S, false>(self.sizes, strip, *window, x, dy, next, &mut sums);
                    }
                }
                if (image + 1).is_multiple_of(share) || image + 1 == images {
                    let totals = totals.as_flattened_mut().iter_mut();
                    totals.zip(sums.as_flattened()).for_each(|(total, &sum)| *total = *total + sum);
                    sums = zeros;
                }
            }
            for (dw, total) in dw.iter_mut().zip(totals.as_flattened()) {
                *dw = total.sum();
            }
        }
    }
}

/// Adds a strip's products, of the windows from column `window` on. `next` are the planes that follow.
#[inline(always)]
fn add<V: Wide, const K: usize, const S: usize, const INSIDE: bool>(
    sizes: &Sizes,
    strip: &Strip<V, MOST_LOADS>,
    window: usize,
    x: &[f32],
    dy: &[f32],
    next: [*const f32; 2],
    totals: &mut [[V; K]; K],
) {
    let ([height, width], [rows, columns]) = (sizes.input, sizes.output);
    assert!(x.len() == height * width && dy.len() == rows * columns);
    let last = K.div_ceil(S) - 1;
    let mask = V::mask(0..(columns - window) as isize);
    let mut sums = *totals;
    // Of the windows that begin at this step, of those before, and so on.
    let mut gradients = [V::splat(0.0); K];
    for step in 0..rows + last {
        let newest = if step < rows {
            ask::<V, _MM_HINT_T0>(next[1].wrapping_add(step * columns + window), 1);
            // SAFETY: the columns from `window` on, as many as there are, of a row of `dy`.
            unsafe {
                let from = dy.as_ptr().add(step * columns + window);
                if INSIDE { V::load_at(from) } else { V::load_masked(from, mask) }
            }
        } else {
            V::splat(0.0)
        };
        gradients = each(|back| if back == 0 { newest } else { gradients[back - 1] });
        for phase in 0..S {
            let row = S * step + phase;
            let Some(row) = without_border(row, sizes.window.padding[0], height) else { continue };
            ask::<V, _MM_HINT_T0>(next[0].wrapping_add(row * width + S * window), S);
            // SAFETY: a row of the plane.
            let taps: [V; K] =
                unsafe { under_taps::<V, K, S, INSIDE>(strip, x.as_ptr().add(row * width)) };
            for back in 0..=last {
                if phase + S * back < K {
                    let sums = &mut sums[phase + S * back];
                    *sums = each(|tap| taps[tap].mul_add(gradients[back], sums[tap]));
                }
            }
        }
    }
    *totals = sums;
}
