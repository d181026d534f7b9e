//! Pooling: one number for each window of each channel.

mod average;
mod max;
pub(crate) mod naive;

use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::window::{Window, nchw};

pub use average::{avg_pool2d, avg_pool2d_grad};
pub use max::{MaxPooled, max_pool2d, max_pool2d_grad};

/// The shape of a pooling's result, `[N, C, H', W']`.
///
/// # Errors
/// When the input has not four axes, the window doesn't fit, or it could lie in the padding
/// alone.
pub fn pool2d_shape(x: Shape, window: &Window) -> Result<Shape> {
    let [n, c, height, width] = nchw(x)?;
    for axis in 0..2 {
        if window.padding[axis] > window.kernel[axis] / 2 {
            return Err(Error::value(format!(
                "the padding {:?} should be at most half of the kernel size {:?}",
                window.padding, window.kernel
            )));
        }
    }
    let [out_h, out_w] = window.output_size([height, width])?;
    Shape::new(&[n, c, out_h, out_w])
}

/// The rows that window `index` covers within an image of `size` rows (or columns).
fn covered(
    window: &Window,
    axis: usize,
    index: usize,
    size: usize,
) -> impl Iterator<Item = usize> + Clone {
    let [start, padding, dilation] = [
        index * window.stride[axis],
        window.padding[axis],
        window.dilation[axis],
    ];
    (0..window.kernel[axis])
        .filter_map(move |tap| (start + tap * dilation).checked_sub(padding))
        .take_while(move |&place| place < size)
}
