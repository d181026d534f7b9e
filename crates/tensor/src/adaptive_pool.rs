//! Average pooling to a given size: the windows follow from the image's.
//!
//! Of `size` rows, window `i` of `out` covers those from `⌊i · size / out⌋` to
//! `⌈(i + 1) · size / out⌉`: neighbours share at most a row, and no row is left out.

use std::ops::Range;

use crate::element::Float;
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::threads;
use crate::window::nchw;

/// The rows that window `index` of `out` covers.
fn covered(index: usize, size: usize, out: usize) -> Range<usize> {
    // Products of 128 bits: sizes are what they are.
    let at = |index: usize| index as u128 * size as u128;
    let (start, end) = (at(index) / out as u128, at(index + 1).div_ceil(out as u128));
    start as usize..end as usize
}

/// The shape of an adaptive pooling's result, `[N, C, out_h, out_w]`.
///
/// # Errors
/// When the input has not four axes, or it has no pixels that a window could cover.
pub fn adaptive_pool2d_shape(x: Shape, out: [usize; 2]) -> Result<Shape> {
    let [n, c, height, width] = nchw(x)?;
    if (height == 0 && out[0] > 0) || (width == 0 && out[1] > 0) {
        return Err(Error::shape(format!("input {x} (N, C, H, W) has no pixels for {out:?}")));
    }
    Shape::new(&[n, c, out[0], out[1]])
}

/// Images `[N, C, H, W]` as `[N, C, out_h, out_w]`: the mean of the window of each result.
///
/// ```
/// use plywood_tensor::{Tensor, adaptive_avg_pool2d};
///
/// let x = Tensor::from([1.0, 2.0, 4.0]).reshape([1, 1, 1, 3])?;
/// let y = adaptive_avg_pool2d(&x, [1, 2])?;
/// assert_eq!(y.as_slice(), [1.5, 3.0]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the input has not four axes, or no pixels.
pub fn adaptive_avg_pool2d<T: Float>(x: &Tensor<T>, out: [usize; 2]) -> Result<Tensor<T>> {
    let shape = adaptive_pool2d_shape(x.shape(), out)
        .map_err(|error| error.operation("adaptive_avg_pool2d"))?;
    if shape == x.shape() {
        return Ok(x.clone());
    }
    let [height, width] = [x.shape()[2], x.shape()[3]];
    let elements = x.as_slice();
    let cost = x.numel() + shape.numel();
    Tensor::build(shape, |result| {
        threads::chunks_mut(result, out[0] * out[1], cost, |plane, result| {
            let image = &elements[plane * height * width..][..height * width];
            for (row, result) in result.chunks_mut(out[1]).enumerate() {
                let rows = covered(row, height, out[0]);
                for (column, result) in result.iter_mut().enumerate() {
                    let columns = covered(column, width, out[1]);
                    let mut sum = T::ZERO;
                    for row in rows.clone() {
                        for &x in &image[row * width..][columns.clone()] {
                            sum += x;
                        }
                    }
                    *result = sum / T::of((rows.len() * columns.len()) as f64);
                }
            }
        });
    })
}

/// The gradient with respect to the input of shape `x`: each `dy` is spread evenly over its
/// window.
///
/// # Errors
/// When the shapes don't fit.
pub fn adaptive_avg_pool2d_grad<T: Float>(dy: &Tensor<T>, x: Shape) -> Result<Tensor<T>> {
    let refuse = |error: Error| error.operation("adaptive_avg_pool2d_grad");
    let [.., out_h, out_w] = nchw(dy.shape()).map_err(refuse)?;
    let shape = adaptive_pool2d_shape(x, [out_h, out_w]).map_err(refuse)?;
    if dy.shape() != shape {
        return Err(refuse(Error::shape(format!("dy {} should be {shape}", dy.shape()))));
    }
    if shape == x {
        return Ok(dy.clone());
    }
    let [height, width] = [x[2], x[3]];
    let elements = dy.as_slice();
    let cost = x.numel() + shape.numel();
    Tensor::build(x, |dx| {
        threads::chunks_mut(dx, height * width, cost, |plane, dx| {
            dx.fill(T::ZERO);
            let dy = &elements[plane * out_h * out_w..][..out_h * out_w];
            for (row, dy) in dy.chunks(out_w.max(1)).enumerate() {
                let rows = covered(row, height, out_h);
                for (column, &dy) in dy.iter().enumerate() {
                    let columns = covered(column, width, out_w);
                    let share = dy / T::of((rows.len() * columns.len()) as f64);
                    for row in rows.clone() {
                        for dx in &mut dx[row * width..][columns.clone()] {
                            *dx += share;
                        }
                    }
                }
            }
        });
    })
}

pub(crate) mod naive {
    //! The same, by asking of each pixel whether a window covers it.

    use super::*;

    /// As [`adaptive_avg_pool2d`](super::adaptive_avg_pool2d).
    ///
    /// # Errors
    /// When the input has not four axes, or no pixels.
    pub fn adaptive_avg_pool2d<T: Float>(x: &Tensor<T>, out: [usize; 2]) -> Result<Tensor<T>> {
        let shape = adaptive_pool2d_shape(x.shape(), out)?;
        // A row covers the part from row / size to (row + 1) / size of the whole, a window the
        // part from index / out on: they meet where neither ends before the other begins.
        let meet = |row: usize, size: usize, index: usize, out: usize| {
            row * out < (index + 1) * size && index * size < (row + 1) * out
        };
        Ok(Tensor::from_fn(shape, |index| {
            let mut pixels = Vec::new();
            for row in (0..x.shape()[2]).filter(|&row| meet(row, x.shape()[2], index[2], out[0])) {
                for column in
                    (0..x.shape()[3]).filter(|&column| meet(column, x.shape()[3], index[3], out[1]))
                {
                    pixels.push(x.get(&[index[0], index[1], row, column]).expect("inside"));
                }
            }
            let count = T::of(pixels.len() as f64);
            pixels.into_iter().sum::<T>() / count
        }))
    }
}
