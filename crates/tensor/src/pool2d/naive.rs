//! Pooling as its definition says, by looking at every pixel for every window: the reference for
//! the fast kernels.

use super::pool2d_shape;
use crate::element::Float;
use crate::error::Result;
use crate::tensor::Tensor;
use crate::window::Window;

/// The pixels of plane `[n, c]` that the window at `[row, column]` covers.
fn window_pixels<T: Float>(x: &Tensor<T>, window: &Window, index: &[usize]) -> Vec<T> {
    let inside = |axis: usize, place: usize| {
        let distance = (place + window.padding[axis]) as isize
            - (index[axis + 2] * window.stride[axis]) as isize;
        let dilation = window.dilation[axis] as isize;
        distance >= 0
            && distance % dilation == 0
            && distance / dilation < window.kernel[axis] as isize
    };
    let mut pixels = Vec::new();
    for row in (0..x.shape()[2]).filter(|&row| inside(0, row)) {
        for column in (0..x.shape()[3]).filter(|&column| inside(1, column)) {
            pixels.push(x.get(&[index[0], index[1], row, column]).expect("within the image"));
        }
    }
    pixels
}

/// As [`max_pool2d`](super::max_pool2d).
///
/// # Errors
/// When the window doesn't fit.
pub fn max_pool2d<T: Float>(x: &Tensor<T>, window: &Window) -> Result<Tensor<T>> {
    let shape = pool2d_shape(x.shape(), window)?;
    Ok(Tensor::from_fn(shape, |index| {
        window_pixels(x, window, index).into_iter().fold(T::NEG_INFINITY, T::maximum)
    }))
}

/// As [`avg_pool2d`](super::avg_pool2d).
///
/// # Errors
/// When the window doesn't fit.
pub fn avg_pool2d<T: Float>(
    x: &Tensor<T>,
    window: &Window,
    count_include_pad: bool,
) -> Result<Tensor<T>> {
    let shape = pool2d_shape(x.shape(), window)?;
    Ok(Tensor::from_fn(shape, |index| {
        let pixels = window_pixels(x, window, index);
        let count =
            if count_include_pad { window.kernel[0] * window.kernel[1] } else { pixels.len() };
        pixels.into_iter().sum::<T>() / T::of(count as f64)
    }))
}
