//! Convolution and its gradients as their definitions say: the reference for the fast ones, and
//! what runs for number types that have no fast ones.

use super::{Conv2dOptions, Sizes};
use crate::element::Float;
use crate::error::Result;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Calls `visit` with the places of `x`, `weight` and `y` in each product that a convolution adds
/// up. Tests spend their time here, hardly optimised: then a `while` is five times as fast as a `for`, whose
/// range is a call in each turn.
fn products(sizes: &Sizes, mut visit: impl FnMut(usize, usize, usize)) {
    let Sizes { images, groups, c, o, input: [height, width], output, window } = *sizes;
    let [kernel_h, kernel_w] = window.kernel;
    for n in 0..images {
        for out in 0..groups * o {
            for [row, column] in pairs(output) {
                let to = ((n * groups * o + out) * output[0] + row) * output[1] + column;
                let top = row * window.stride[0];
                let left = column * window.stride[1];
                for channel in 0..c {
                    let plane = (n * groups + out / o) * c + channel;
                    let mut tap_h = 0;
                    while tap_h < kernel_h {
                        // Before the image it wraps round, and is beyond the image, too.
                        let y = (top + tap_h * window.dilation[0]).wrapping_sub(window.padding[0]);
                        let from = plane.wrapping_mul(height).wrapping_add(y).wrapping_mul(width);
                        let tap = ((out * c + channel) * kernel_h + tap_h) * kernel_w;
                        let mut tap_w = 0;
                        while tap_w < kernel_w && y < height {
                            let x = left + tap_w * window.dilation[1];
                            let x = x.wrapping_sub(window.padding[1]);
                            if x < width {
                                visit(from + x, tap + tap_w, to);
                            }
                            tap_w += 1;
                        }
                        tap_h += 1;
                    }
                }
            }
        }
    }
}

fn pairs([rows, columns]: [usize; 2]) -> impl Iterator<Item = [usize; 2]> {
    (0..rows).flat_map(move |row| (0..columns).map(move |column| [row, column]))
}

/// As [`conv2d`](super::conv2d).
///
/// # Errors
/// When the shapes don't fit.
pub fn conv2d<T: Float>(
    x: &Tensor<T>,
    weight: &Tensor<T>,
    bias: Option<&Tensor<T>>,
    options: &Conv2dOptions,
) -> Result<Tensor<T>> {
    let sizes = Sizes::new(x.shape(), weight.shape(), options)?;
    let shape = sizes.output_shape()?;
    let mut y = match bias {
        Some(bias) => bias.reshape([bias.numel(), 1, 1])?.broadcast_to(shape)?,
        None => Tensor::full(shape, T::ZERO),
    };
    let (out, x, weight) = (y.as_mut_slice(), x.as_slice(), weight.as_slice());
    products(&sizes, |from, tap, to| out[to] += x[from] * weight[tap]);
    Ok(y)
}

/// As [`conv2d_input_grad`](super::conv2d_input_grad).
///
/// # Errors
/// When the shapes don't fit.
pub fn conv2d_input_grad<T: Float>(
    dy: &Tensor<T>,
    weight: &Tensor<T>,
    x: Shape,
    options: &Conv2dOptions,
) -> Result<Tensor<T>> {
    let sizes = Sizes::new(x, weight.shape(), options)?;
    let mut dx = Tensor::try_full(x, T::ZERO)?;
    let (out, dy, weight) = (dx.as_mut_slice(), dy.as_slice(), weight.as_slice());
    products(&sizes, |from, tap, to| out[from] += dy[to] * weight[tap]);
    Ok(dx)
}

/// As [`conv2d_weight_grad`](super::conv2d_weight_grad).
///
/// # Errors
/// When the shapes don't fit.
pub fn conv2d_weight_grad<T: Float>(
    x: &Tensor<T>,
    dy: &Tensor<T>,
    weight: Shape,
    options: &Conv2dOptions,
) -> Result<Tensor<T>> {
    let sizes = Sizes::new(x.shape(), weight, options)?;
    let mut dw = Tensor::full(weight, T::ZERO);
    let (out, dy, x) = (dw.as_mut_slice(), dy.as_slice(), x.as_slice());
    products(&sizes, |from, tap, to| out[tap] += dy[to] * x[from]);
    Ok(dw)
}
