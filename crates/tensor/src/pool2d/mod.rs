//! Pooling: one number for each window of each channel.

mod average;
mod max;
pub(crate) mod naive;
#[cfg(target_arch = "x86_64")]
mod two_apart;

use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::window::{Window, nchw};

pub use average::{avg_pool2d, avg_pool2d_grad};
pub use max::{MaxPlaces, MaxPooled, max_pool2d, max_pool2d_grad};

/// The shape of a pooling's result, `[N, C, H', W']`.
///
/// # Errors
/// When the input has not four axes, the window doesn't fit, or somewhere sees nothing but padding.
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
    let shape = Shape::new(&[n, c, out_h, out_w])?;
    for (axis, size, name) in [(0, height, "rows of H"), (1, width, "columns of W")] {
        // In between, a window begins inside the image.
        let sees_nothing = |index| covered(window, axis, index, size).next().is_none();
        let beginning_before = window.padding[axis].div_ceil(window.stride[axis]);
        let last = shape[axis + 2] - 1;
        if (0..beginning_before.min(last)).any(sees_nothing) || sees_nothing(last) {
            return Err(Error::shape(format!(
                "a window sees nothing but padding: the kernel {:?} with dilation {:?} and padding \
                 {:?} on {name} = {size}",
                window.kernel, window.dilation, window.padding
            )));
        }
    }
    Ok(shape)
}

/// The rows that window `index` covers within an image of `size` rows (or columns).
fn covered(
    window: &Window,
    axis: usize,
    index: usize,
    size: usize,
) -> impl Iterator<Item = usize> + Clone {
    let [start, padding, dilation] =
        [index * window.stride[axis], window.padding[axis], window.dilation[axis]];
    let first = match padding.checked_sub(start) {
        None => start - padding,
        Some(before) => before.next_multiple_of(dilation) - before,
    };
    let end = (start + (window.kernel[axis] - 1) * dilation + 1).saturating_sub(padding);
    (first..end.min(size)).step_by(dilation)
}
