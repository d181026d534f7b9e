//! Average pooling: `y = mean over the window of x`; the gradient is spread evenly.

use super::{covered, pool2d_shape};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::threads;
use crate::window::Window;

/// The mean of each window of images `[N, C, H, W]`. With `count_include_pad` (PyTorch's default)
/// a window at the border counts the padding as zeros; without, it is the mean of the pixels
/// alone.
///
/// # Errors
/// When the window doesn't fit.
pub fn avg_pool2d<T: Float>(
    x: &Tensor<T>,
    window: &Window,
    count_include_pad: bool,
) -> Result<Tensor<T>> {
    let shape = pool2d_shape(x.shape(), window).map_err(|e| e.operation("avg_pool2d"))?;
    let [height, width] = [x.shape()[2], x.shape()[3]];
    let [out_h, out_w] = [shape[2], shape[3]];
    let elements = x.as_slice();
    let cost = shape.numel() * window.kernel[0] * window.kernel[1];
    Ok(Tensor::build(shape, |out| {
        threads::chunks_mut(out, out_h * out_w, cost, |index, out| {
            let image = &elements[index * height * width..][..height * width];
            for (row, out) in out.chunks_mut(out_w).enumerate() {
                let rows = covered(window, 0, row, height);
                for (column, out) in out.iter_mut().enumerate() {
                    let columns = covered(window, 1, column, width);
                    let mut sum = T::ZERO;
                    for row in rows.clone() {
                        for column in columns.clone() {
                            sum += image[row * width + column];
                        }
                    }
                    *out = sum
                        / divisor(
                            window,
                            rows.clone().count() * columns.count(),
                            count_include_pad,
                        );
                }
            }
        });
    }))
}

fn divisor<T: Float>(window: &Window, pixels: usize, count_include_pad: bool) -> T {
    let whole = window.kernel[0] * window.kernel[1];
    T::of(if count_include_pad { whole } else { pixels } as f64)
}

/// The gradient with respect to the input of shape `x`: each `dy` is spread evenly over its
/// window.
///
/// # Errors
/// When the shapes don't fit.
pub fn avg_pool2d_grad<T: Float>(
    dy: &Tensor<T>,
    x: Shape,
    window: &Window,
    count_include_pad: bool,
) -> Result<Tensor<T>> {
    let shape = pool2d_shape(x, window).map_err(|e| e.operation("avg_pool2d_grad"))?;
    if dy.shape() != shape {
        return Err(Error::shape(format!("dy {} should be {shape}", dy.shape()))
            .operation("avg_pool2d_grad"));
    }
    let [height, width] = [x[2], x[3]];
    let [out_h, out_w] = [shape[2], shape[3]];
    let dy = dy.as_slice();
    Ok(Tensor::build(x, |out| {
        let cost = out.len();
        threads::chunks_mut(out, height * width, cost, |index, out| {
            out.fill(T::ZERO);
            let dy = &dy[index * out_h * out_w..];
            for row in 0..out_h {
                let rows = covered(window, 0, row, height);
                for column in 0..out_w {
                    let columns = covered(window, 1, column, width);
                    let count = rows.clone().count() * columns.clone().count();
                    let share =
                        dy[row * out_w + column] / divisor(window, count, count_include_pad);
                    for row in rows.clone() {
                        for column in columns.clone() {
                            out[row * width + column] += share;
                        }
                    }
                }
            }
        });
    }))
}
