//! Convolutions in which each channel has a filter of its own: nothing is shared that a matrix
//! product could profit from. The usual windows in `f32` go [row by row](rows) over the planes as they are.
//! For all others a plane is split by the stride, as for pooling, and every tap is one shift of long rows.

#[cfg(target_arch = "x86_64")]
mod rows;
mod sums;

use self::sums::{add_dots, weighted_sums};
use super::Sizes;
#[cfg(target_arch = "x86_64")]
use crate::downcast;
use crate::element::Float;
use crate::memory;
use crate::polyphase::{LANES, Split, planes_of_a_task};
use crate::tensor::Tensor;
use crate::threads;

/// Taps up to which going over a plane once for each pays.
const FEW_TAPS: usize = 64;

/// Whether every channel has one filter, of which it is the only input.
pub(super) fn suits(sizes: &Sizes) -> bool {
    let [taps_y, taps_x] = sizes.window.kernel;
    // The split plane should not be much larger than the plane.
    let modest = (0..2).all(|axis| {
        sizes.window.padding[axis] <= sizes.input[axis]
            && sizes.window.stride[axis] <= sizes.window.kernel[axis].max(2)
    });
    sizes.c == 1
        && sizes.o == 1
        && sizes.groups > 1
        && modest
        && taps_y.saturating_mul(taps_x) <= FEW_TAPS
        && sizes.input.iter().chain(&sizes.output).all(|&size| size > 0)
}

fn split(sizes: &Sizes) -> Split {
    Split::new(&sizes.window, sizes.input, sizes.output, 1)
}

fn cost(sizes: &Sizes) -> usize {
    let taps = sizes.window.kernel[0] * sizes.window.kernel[1];
    sizes.images * sizes.groups * sizes.output[0] * sizes.output[1] * taps
}

/// As [`conv2d`](super::conv2d).
pub(super) fn conv2d<T: Float>(
    x: &Tensor<T>,
    weight: &Tensor<T>,
    bias: Option<&Tensor<T>>,
    sizes: &Sizes,
) -> Tensor<T> {
    #[cfg(target_arch = "x86_64")]
    if let (Some(x), Some(weight)) = (downcast::to_f32(x), downcast::to_f32(weight))
        && let Some(y) = rows::conv2d(x, weight, bias.and_then(downcast::to_f32), sizes)
    {
        return downcast::from_f32(y);
    }
    let Sizes { images, groups, input, output, .. } = *sizes;
    let (plane, out_plane) = (input[0] * input[1], output[0] * output[1]);
    let split = split(sizes);
    let (x, weight) = (x.as_slice(), weight.as_slice());
    Tensor::build_or_raise([images, groups, output[0], output[1]].into(), |y| {
        let share = planes_of_a_task(input);
        threads::chunks_mut(y, share * out_plane, cost(sizes), |task, y| {
            let mut parts = split.parts(T::ZERO);
            let mut sums = memory::filled(T::ZERO, split.places());
            for (place, y) in y.chunks_exact_mut(out_plane).enumerate() {
                let index = task * share + place;
                split.split(&x[index * plane..][..plane], &mut parts);
                let channel = index % groups;
                let filter = &weight[channel * split.taps.len()..];
                weighted_sums(&parts, &split.taps, filter, &mut sums);
                let bias = bias.map_or(T::ZERO, |bias| bias.as_slice()[channel]);
                for (row, y) in y.chunks_exact_mut(output[1]).enumerate() {
                    let sums = &sums[split.row(0, row, output[1])];
                    y.iter_mut().zip(sums).for_each(|(y, &sum)| *y = sum + bias);
                }
            }
        });
    })
}

/// As [`conv2d_input_grad`](super::conv2d_input_grad).
pub(super) fn conv2d_input_grad<T: Float>(
    dy: &Tensor<T>,
    weight: &Tensor<T>,
    sizes: &Sizes,
) -> Tensor<T> {
    #[cfg(target_arch = "x86_64")]
    if let (Some(dy), Some(weight)) = (downcast::to_f32(dy), downcast::to_f32(weight))
        && let Some(dx) = rows::conv2d_input_grad(dy, weight, sizes)
    {
        return downcast::from_f32(dx);
    }
    let Sizes { images, groups, input, output, .. } = *sizes;
    let (plane, out_plane) = (input[0] * input[1], output[0] * output[1]);
    let split = split(sizes);
    let (dy, weight) = (dy.as_slice(), weight.as_slice());
    let parts_taps = split.taps_of_parts();
    // Pixels under a tap lie behind the window's place, so windows lie before the pixel's.
    let reach = parts_taps.iter().flatten().map(|&(_, shift)| shift).max().unwrap_or(0);
    let before = |&(_, shift): &(usize, usize)| reach - shift;
    let befores: Vec<Vec<usize>> =
        parts_taps.iter().map(|taps| taps.iter().map(before).collect()).collect();
    Tensor::build_or_raise([images, groups, input[0], input[1]].into(), |dx| {
        let share = planes_of_a_task(input);
        threads::chunks_mut(dx, share * plane, cost(sizes), |task, dx| {
            let part = split.all_parts() / parts_taps.len();
            let mut parts = memory::filled(T::ZERO, split.all_parts() + LANES);
            let mut spread = memory::filled(T::ZERO, reach + split.places());
            let mut own = Vec::with_capacity(split.taps.len());
            for (place, dx) in dx.chunks_exact_mut(plane).enumerate() {
                let index = task * share + place;
                let dy = &dy[index * out_plane..][..out_plane];
                between_zeros(&split, dy, output[1], &mut spread[reach..]);
                let filter = &weight[index % groups * split.taps.len()..];
                // What is written beyond a part's end is overwritten by the next one.
                for (number, (taps, before)) in parts_taps.iter().zip(&befores).enumerate() {
                    own.clear();
                    own.extend(taps.iter().map(|&(tap, _)| filter[tap]));
                    let sums = &mut parts[number * part..][..split.places()];
                    weighted_sums(&spread, before, &own, sums);
                }
                split.join(&parts, dx);
            }
        });
    })
}

/// As [`conv2d_weight_grad`](super::conv2d_weight_grad): a task has one channel of all images.
pub(super) fn conv2d_weight_grad<T: Float>(
    x: &Tensor<T>,
    dy: &Tensor<T>,
    sizes: &Sizes,
) -> Tensor<T> {
    #[cfg(target_arch = "x86_64")]
    if let (Some(x), Some(dy)) = (downcast::to_f32(x), downcast::to_f32(dy))
        && let Some(dw) = rows::conv2d_weight_grad(x, dy, sizes)
    {
        return downcast::from_f32(dw);
    }
    let Sizes { images, groups, input, output, window, .. } = *sizes;
    let (plane, out_plane) = (input[0] * input[1], output[0] * output[1]);
    let split = split(sizes);
    let (x, dy) = (x.as_slice(), dy.as_slice());
    Tensor::build_or_raise([groups, 1, window.kernel[0], window.kernel[1]].into(), |dw| {
        threads::chunks_mut(dw, split.taps.len(), cost(sizes), |channel, dw| {
            dw.fill(T::ZERO);
            let mut parts = split.parts(T::ZERO);
            let mut spread = memory::filled(T::ZERO, split.places());
            for image in 0..images {
                let index = image * groups + channel;
                split.split(&x[index * plane..][..plane], &mut parts);
                between_zeros(
                    &split,
                    &dy[index * out_plane..][..out_plane],
                    output[1],
                    &mut spread,
                );
                add_dots(&spread, &parts, &split.taps, dw);
            }
        });
    })
}

/// The rows of a gradient at their windows' places; what lies between them stays 0.
fn between_zeros<T: Float>(split: &Split, dy: &[T], columns: usize, out: &mut [T]) {
    for (row, dy) in dy.chunks_exact(columns).enumerate() {
        out[split.row(0, row, columns)].copy_from_slice(dy);
    }
}
