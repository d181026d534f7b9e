//! The gradient with respect to the input: each row of `dy` is spread over the rows that its windows
//! lie on.

use std::arch::x86_64::{_MM_HINT_ET0, _MM_HINT_T0};

use super::{Strip, ask, broadcast, strips, with_window, without_border};
use crate::conv::Sizes;
use crate::polyphase::planes_of_a_task;
use crate::simd::{Job, Wide, each, with_vectors};
use crate::tensor::Tensor;
use crate::threads;

/// As [`conv2d_input_grad`](crate::conv::conv2d_input_grad), if the sizes are such.
pub(in crate::conv::depthwise) fn conv2d_input_grad(
    dy: &Tensor<f32>,
    weight: &Tensor<f32>,
    sizes: &Sizes,
) -> Option<Tensor<f32>> {
    with_window!(sizes, planes(dy, weight, sizes))
}

fn planes<const K: usize, const S: usize>(
    dy: &Tensor<f32>,
    weight: &Tensor<f32>,
    sizes: &Sizes,
) -> Tensor<f32> {
    let Sizes { images, groups, input, output, .. } = *sizes;
    let (plane, out_plane) = (input[0] * input[1], output[0] * output[1]);
    let (dy, weight) = (dy.as_slice(), weight.as_slice());
    let share = planes_of_a_task(input);
    Tensor::build_or_raise([images, groups, input[0], input[1]].into(), |dx| {
        threads::chunks_mut(dx, share * plane, super::super::cost(sizes), |task, dx| {
            let dy = &dy[task * share * out_plane..][..dx.len() / plane * out_plane];
            with_vectors(Task::<K, S> { sizes, first: task * share, dy, weight, dx });
        });
    })
}

/// Some planes.
struct Task<'a, const K: usize, const S: usize> {
    sizes: &'a Sizes,
    /// The first one's number.
    first: usize,
    dy: &'a [f32],
    weight: &'a [f32],
    dx: &'a mut [f32],
}

/// `S` neighbouring columns of the input for each lane.
struct Pixels<V: Wide, const K: usize> {
    /// The windows that begin there, one earlier, and so on.
    windows: Strip<V, K>,
    /// `S` vectors, one after the other.
    pixels: Strip<V, 2>,
}

impl<const K: usize, const S: usize> Job for Task<'_, K, S> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Sizes { groups, input, output, window, .. } = *self.sizes;
        let border = window.padding[1];
        let columns = border / S..(border + input[1]).div_ceil(S);
        let strips = strips::<V, _>(columns, |first| Pixels::<V, K> {
            windows: Strip::new(first as isize, output[1], K.div_ceil(S), |back| -(back as isize)),
            pixels: Strip::new((S * first) as isize - border as isize, input[1], S, |part| {
                (part * V::LANES) as isize
            }),
        });
        let planes = self.dx.chunks_exact_mut(input[0] * input[1]);
        let gradients = self.dy.chunks_exact(output[0] * output[1]);
        for (number, (dx, dy)) in planes.zip(gradients).enumerate() {
            let filter = broadcast::<V, K>(self.weight, (self.first + number) % groups);
            for (_, strip) in &strips {
                if strip.windows.inside && strip.pixels.inside {
                    pixels::<V, K, S, true>(self.sizes, strip, dy, &filter, dx);
                } else {
                    pixels::<V, K, S, false>(self.sizes, strip, dy, &filter, dx);
                }
            }
        }
    }
}

/// The pixels of a strip.
#[inline(always)]
fn pixels<V: Wide, const K: usize, const S: usize, const INSIDE: bool>(
    sizes: &Sizes,
    strip: &Pixels<V, K>,
    dy: &[f32],
    filter: &[[V; K]; K],
    dx: &mut [f32],
) {
    let ([height, width], [rows, columns]) = (sizes.input, sizes.output);
    assert!(dx.len() == height * width && dy.len() == rows * columns);
    let (border, backs) = (sizes.window.padding[0], K.div_ceil(S));
    let zeros = [[V::splat(0.0); S]; S];
    // The rows and columns of this step, of the next one, and so on.
    let mut sums = [zeros; K];
    for step in 0..(border + height).div_ceil(S) {
        if step < rows {
            let row = dy.as_ptr().wrapping_add(step * columns);
            let next = row.wrapping_add(dy.len());
            ask::<V, _MM_HINT_T0>(next.wrapping_offset(strip.windows.column), 1);
            let mut dy = [V::splat(0.0); K];
            for (back, dy) in dy[..backs].iter_mut().enumerate() {
                // SAFETY: a row of `dy`.
                *dy = unsafe { strip.windows.load::<INSIDE>(row, back, -(back as isize)) };
            }
            for (tap_y, weights) in filter.iter().enumerate() {
                for (tap_x, &weight) in weights.iter().enumerate() {
                    let sum = &mut sums[tap_y / S][tap_y % S][tap_x % S];
                    *sum = dy[tap_x / S].mul_add(weight, *sum);
                }
            }
        }
        for (phase, sums) in sums[0].iter().enumerate() {
            let Some(row) = without_border(S * step + phase, border, height) else { continue };
            let row = dx.as_mut_ptr().wrapping_add(row * width);
            let next = row.wrapping_add(dx.len());
            ask::<V, _MM_HINT_ET0>(next.wrapping_offset(strip.pixels.column), S);
            let parts = if S == 1 { [sums[0]; 2] } else { V::join_pairs(sums[0], sums[S - 1]) };
            for (part, sum) in parts[..S].iter().enumerate() {
                let shift = (part * V::LANES) as isize;
                // SAFETY: a row of the plane.
                unsafe { strip.pixels.store::<INSIDE>(*sum, row, part, shift) };
            }
        }
        sums = each(|ahead| if ahead + 1 < backs { sums[ahead + 1] } else { zeros });
    }
}
