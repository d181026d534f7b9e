//! Windows that slide over images: what convolution and pooling share.

use crate::element::Float;
use crate::error::{Error, Result};
use crate::settings::check_setting;
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::threads;

/// The size, step, border and spread of a sliding window, each `[vertical, horizontal]`.
///
/// ```
/// use plywood_tensor::Window;
///
/// let window = Window { stride: [2, 2], padding: [1, 1], ..Window::new([3, 3]) };
/// assert_eq!(window.output_size([8, 8])?, [4, 4]); // (8 + 2 − 3) / 2 + 1, rounded down
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows and columns of the window.
    pub kernel: [usize; 2],
    /// Pixels from one window to the next.
    pub stride: [usize; 2],
    /// Pixels that are added at each border.
    pub padding: [usize; 2],
    /// Pixels from one element of the window to the next.
    pub dilation: [usize; 2],
}

impl Window {
    /// A window of this size that moves by 1, without padding or dilation.
    pub fn new(kernel: [usize; 2]) -> Self {
        Self { kernel, stride: [1, 1], padding: [0, 0], dilation: [1, 1] }
    }

    /// How many windows fit an image of `[height, width]`:
    /// `(size + 2 · padding − dilation · (kernel − 1) − 1) / stride + 1`, rounded down.
    ///
    /// # Errors
    /// When a size is 0 that can't be, or the window doesn't fit.
    pub fn output_size(&self, image: [usize; 2]) -> Result<[usize; 2]> {
        let settings =
            [("kernel size", self.kernel), ("stride", self.stride), ("dilation", self.dilation)];
        for (name, sizes) in settings {
            check_setting(name, sizes, 1.0..)?;
        }
        let mut out = [0; 2];
        for axis in 0..2 {
            let too_large = || Error::value("the window is larger than memory can address");
            // Kernels compute with signed places.
            let addressable = |size: &usize| isize::try_from(*size).is_ok();
            let span = (self.kernel[axis] - 1)
                .checked_mul(self.dilation[axis])
                .and_then(|span| span.checked_add(1))
                .filter(addressable)
                .ok_or_else(too_large)?;
            let padded = self.padding[axis]
                .checked_mul(2)
                .and_then(|padding| padding.checked_add(image[axis]))
                .filter(addressable)
                .ok_or_else(too_large)?;
            if span > padded {
                let (which, letter) = [("rows", 'H'), ("columns", 'W')][axis];
                return Err(Error::shape(format!(
                    "a window of {span} {which} doesn't fit {letter} = {} with padding {}",
                    image[axis], self.padding[axis]
                ))
                .hint("a larger input, more padding, or fewer layers that halve the image"));
            }
            out[axis] = (padded - span) / self.stride[axis] + 1;
        }
        Ok(out)
    }
}

/// The four sizes of a batch of images.
pub(crate) fn nchw(shape: Shape) -> Result<[usize; 4]> {
    shape[..].try_into().map_err(|_| {
        Error::shape(format!("input {shape} should have four axes (N, C, H, W)")).hint(match shape
            .rank()
        {
            3 => "`unsqueeze(0)` makes an image a batch of one",
            2 => "`reshape` the flat images to (N, C, H, W)",
            _ => "images are batches of channels of rows of pixels",
        })
    })
}

/// Images `[N, C, H, W]` with a border of `value`: `before` and `after` pixels, each
/// `[vertical, horizontal]`.
pub(crate) fn pad<T: Float>(
    x: &Tensor<T>,
    before: [usize; 2],
    after: [usize; 2],
    value: T,
) -> Result<Tensor<T>> {
    if before == [0, 0] && after == [0, 0] {
        return Ok(x.clone());
    }
    let [n, c, height, width] = nchw(x.shape())?;
    let sum = |a: usize, b: usize, c: usize| a.saturating_add(b).saturating_add(c);
    let padded = [sum(height, before[0], after[0]), sum(width, before[1], after[1])];
    let shape = Shape::new(&[n, c, padded[0], padded[1]])?;
    let elements = x.as_slice();
    Tensor::build(shape, |out| {
        let cost = out.len();
        threads::chunks_mut(out, padded[0] * padded[1], cost, |plane, out| {
            let image = &elements[plane * height * width..][..height * width];
            for (row, out) in out.chunks_mut(padded[1]).enumerate() {
                match row.checked_sub(before[0]) {
                    Some(row) if row < height => {
                        let (left, rest) = out.split_at_mut(before[1]);
                        let (middle, right) = rest.split_at_mut(width);
                        left.fill(value);
                        middle.copy_from_slice(&image[row * width..][..width]);
                        right.fill(value);
                    }
                    _ => out.fill(value),
                }
            }
        });
    })
}
