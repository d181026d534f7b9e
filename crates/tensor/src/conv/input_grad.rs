//! The gradient of a convolution with respect to its input.
//!
//! Pixel `y` of the input was seen by the output's row `(y + padding − tap · dilation) / stride`,
//! for those taps where that division has no remainder. So the input's rows fall into `stride`
//! phases, by their remainder, and so do its columns; within one phase the same taps take part,
//! each at a fixed distance, and the gradient is a convolution of `dy` with stride 1 again: no
//! multiplication is spent on zeros, and no two tasks add to one pixel.

use super::phases::Phases;
use super::{Conv2dOptions, Sizes};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::gemm::{self, Bias, Matrix, Offsets, Output};
use crate::memory;
use crate::shape::Shape;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::window::pad;

/// The gradient of the loss with respect to the input, whose shape is `x` `[N, C, H, W]`, from the
/// gradient `dy` `[N, O, H', W']` with respect to the result and the weight.
///
/// # Errors
/// When the shapes don't fit.
pub fn conv2d_input_grad<T: Float>(
    dy: &Tensor<T>,
    weight: &Tensor<T>,
    x: Shape,
    options: &Conv2dOptions,
) -> Result<Tensor<T>> {
    let named = |error: Error| error.operation("conv2d_input_grad");
    let sizes = Sizes::new(x, weight.shape(), options).map_err(named)?;
    sizes.check_gradient(dy.shape()).map_err(named)?;
    if x.numel() == 0 || dy.numel() == 0 {
        return Tensor::try_full(x, T::ZERO);
    }
    memory::guard(|| {
        memory::possible(x.numel(), size_of::<T>())?;
        if super::depthwise::suits(&sizes) {
            return Ok(super::depthwise::conv2d_input_grad(dy, weight, &sizes));
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(dx) = super::winograd::conv2d_input_grad(dy, weight, &sizes, options) {
            return Ok(dx);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(dx) = super::across::conv2d_input_grad(dy, weight, &sizes) {
            return Ok(dx);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(dx) = super::direct::conv2d_input_grad(dy, weight, &sizes) {
            return Ok(dx);
        }
        let axes = [Axis::new(&sizes, 0), Axis::new(&sizes, 1)];
        let padded =
            pad(dy, axes.each_ref().map(|a| a.before), axes.each_ref().map(|a| a.after), T::ZERO)?;
        let Sizes { images, groups, c, window, .. } = sizes;
        let mut dx = Tensor::try_full(x, T::ZERO)?;
        for vertical in &axes[0].phases {
            for horizontal in &axes[1].phases {
                let both = [vertical, horizontal];
                if window.stride == [1, 1] {
                    phase(&sizes, &padded, weight, both, dx.as_mut_slice());
                    continue;
                }
                let size = both.map(|phase| phase.count);
                let mut part = Storage::stale(images * groups * c * size[0] * size[1]);
                phase(&sizes, &padded, weight, both, &mut part);
                let first = both.map(|phase| phase.first);
                Phases { first, count: [1, 1], stride: window.stride }
                    .deal_out(&part, size, &mut dx);
            }
        }
        Ok(dx)
    })
    .map_err(named)
}

/// One axis of the input, by phases.
struct Axis {
    /// The border of zeros that `dy` needs so that no tap reaches outside.
    before: usize,
    after: usize,
    phases: Vec<Phase>,
}

/// The input's rows `first`, `first + stride`, … (or columns).
struct Phase {
    first: usize,
    count: usize,
    /// The taps that take part, and for each where its first row of the padded `dy` is.
    taps: Vec<(usize, usize)>,
}

impl Axis {
    fn new(sizes: &Sizes, axis: usize) -> Self {
        let window = &sizes.window;
        let [size, output, kernel, stride, padding, dilation] = [
            sizes.input,
            sizes.output,
            window.kernel,
            window.stride,
            window.padding,
            window.dilation,
        ]
        .map(|pair| pair[axis] as isize);
        let count = move |first: isize| (size - first + stride - 1) / stride;
        // Where padding is wider than what windows reach, a tap may see no row of `dy`.
        let seen = move |first: isize, row: isize| row < output && row + count(first) > 0;
        let taps_of = |first: isize| {
            (0..kernel).rev().filter_map(move |tap| {
                let distance = first + padding - tap * dilation;
                let row = distance.div_euclid(stride);
                (distance.rem_euclid(stride) == 0 && seen(first, row)).then_some((tap, row))
            })
        };
        let firsts = || (0..stride.min(size)).filter(|&first| taps_of(first).next().is_some());
        let lowest = firsts().flat_map(taps_of).map(|(_, row)| row).min().unwrap_or(0);
        let highest = firsts()
            .flat_map(|first| taps_of(first).map(move |(_, row)| row + count(first) - 1))
            .max()
            .unwrap_or(0);
        let before = (-lowest).max(0);
        let phases = firsts()
            .map(|first| Phase {
                first: first as usize,
                count: count(first) as usize,
                taps: taps_of(first)
                    .map(|(tap, row)| (tap as usize, (row + before) as usize))
                    .collect(),
            })
            .collect();
        Self { before: before as usize, after: (highest + 1 - output).max(0) as usize, phases }
    }
}

/// The gradients `[N, C, rows, columns]` of one phase.
fn phase<T: Float>(
    sizes: &Sizes,
    dy: &Tensor<T>,
    weight: &Tensor<T>,
    [vertical, horizontal]: [&Phase; 2],
    out: &mut [T],
) {
    let Sizes { images, groups, c, o, window, .. } = *sizes;
    let [height, width] = [dy.shape()[2], dy.shape()[3]];
    let plane = height * width;
    let [kernel_h, kernel_w] = window.kernel;
    let window_size = kernel_h * kernel_w;

    let mut weight_depth = Vec::new();
    let mut dy_depth = Vec::new();
    for channel in 0..o {
        for &(tap_h, row) in &vertical.taps {
            for &(tap_w, column) in &horizontal.taps {
                weight_depth.push(channel * c * window_size + tap_h * kernel_w + tap_w);
                dy_depth.push(channel * plane + row * width + column);
            }
        }
    }
    let size = [images, vertical.count, horizontal.count];
    let pixels = vertical.count * horizontal.count;
    for group in 0..groups {
        let w = Matrix {
            elements: weight.as_slice().get(group * o * c * window_size..).unwrap_or_default(),
            lines: Offsets::strided(c, window_size),
            depth: Offsets::Table(weight_depth.clone()),
        };
        let seen = Matrix {
            elements: dy.as_slice().get(group * o * plane..).unwrap_or_default(),
            lines: Offsets::grid(size, [groups * o * plane, width, 1]),
            depth: Offsets::Table(dy_depth.clone()),
        };
        let out = Output::new(
            out.get_mut(group * c * pixels..).unwrap_or_default(),
            Offsets::strided(c, pixels),
            Offsets::grid([1, images, pixels], [0, groups * c * pixels, 1]),
        );
        gemm::multiply(&w, &seen, Bias::None, &out);
    }
}
