//! A border around images.

use crate::element::Float;
use crate::error::Result;
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::window::{nchw, pad};

/// The shape of images `[N, C, H, W]` with a border: `before` and `after` pixels, each
/// `[vertical, horizontal]`.
///
/// # Errors
/// When the input has not four axes, or the result is larger than memory.
pub fn pad2d_shape(x: Shape, before: [usize; 2], after: [usize; 2]) -> Result<Shape> {
    let shape = || {
        let [n, c, height, width] = nchw(x)?;
        let side = |size: usize, axis: usize| {
            size.saturating_add(before[axis]).saturating_add(after[axis])
        };
        Shape::new(&[n, c, side(height, 0), side(width, 1)])
    };
    shape().map_err(|error| error.operation("pad2d"))
}

/// Images `[N, C, H, W]` with a border of `value`: `before` and `after` pixels, each
/// `[vertical, horizontal]`.
///
/// ```
/// use plywood_tensor::{Tensor, pad2d};
///
/// let x = Tensor::from([[[[1.0, 2.0]]]]);
/// assert_eq!(pad2d(&x, [0, 1], [1, 0], 9.0)?, Tensor::from([[[[9.0, 1.0, 2.0], [9.0, 9.0, 9.0]]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the input has not four axes, or the result is larger than memory.
pub fn pad2d<T: Float>(
    x: &Tensor<T>,
    before: [usize; 2],
    after: [usize; 2],
    value: T,
) -> Result<Tensor<T>> {
    pad2d_shape(x.shape(), before, after)?;
    pad(x, before, after, value).map_err(|error| error.operation("pad2d"))
}

pub(crate) mod naive {
    //! The same, one element after another.

    use super::*;

    /// As [`pad2d`](super::pad2d).
    ///
    /// # Errors
    /// When the input has not four axes, or the result is larger than memory.
    pub fn pad2d<T: Float>(
        x: &Tensor<T>,
        before: [usize; 2],
        after: [usize; 2],
        value: T,
    ) -> Result<Tensor<T>> {
        let shape = pad2d_shape(x.shape(), before, after)?;
        Ok(Tensor::from_fn(shape, |index| {
            let inside = || {
                let row = index[2].checked_sub(before[0])?;
                let column = index[3].checked_sub(before[1])?;
                x.get(&[index[0], index[1], row, column]).ok()
            };
            inside().unwrap_or(value)
        }))
    }
}
