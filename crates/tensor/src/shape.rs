//! Shapes: how many elements along each axis.

use std::fmt;
use std::ops::Deref;

use crate::error::{Error, Result};
use crate::or_panic::or_panic;

/// The most axes a tensor can have.
pub const MAX_RANK: usize = 8;

/// The sizes of a tensor's axes, outermost first. Small and `Copy`; dereferences to `[usize]`.
///
/// A shape doesn't change, because storage and kernels rely on its sizes having been checked
/// together:
///
/// ```compile_fail
/// let mut shape = plywood_tensor::Shape::from([2, 3]);
/// shape[0] = usize::MAX;
/// ```
///
/// ```
/// use plywood_tensor::Shape;
///
/// let shape = Shape::from([2, 3, 32, 32]);
/// assert_eq!(shape.to_string(), "[2, 3, 32, 32]");
/// assert_eq!((shape.rank(), shape.numel(), shape[1]), (4, 6144, 3));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: [usize; MAX_RANK],
    rank: u8,
}

impl Shape {
    /// The shape of a single number: no axes, one element.
    pub const SCALAR: Self = Self { dims: [0; MAX_RANK], rank: 0 };

    /// A shape from sizes that are only known at run time.
    ///
    /// # Errors
    /// When there are more than [`MAX_RANK`] axes, or more elements than memory can address.
    pub fn new(dims: &[usize]) -> Result<Self> {
        if dims.len() > MAX_RANK {
            return Err(Error::shape(format!(
                "{dims:?} has {} axes, a tensor has at most {MAX_RANK}",
                dims.len()
            )));
        }
        // Elements are at most 8 bytes, and an allocation at most isize::MAX bytes. An axis of
        // size 0 doesn't excuse the others: reductions over it make tensors of the remaining sizes.
        dims.iter()
            .try_fold(8_usize, |product, &dim| product.checked_mul(dim.max(1)))
            .filter(|&bytes| isize::try_from(bytes).is_ok())
            .ok_or_else(|| {
                Error::shape(format!("{dims:?} has more elements than memory can address"))
            })?;
        let mut shape = Self { dims: [0; MAX_RANK], rank: dims.len() as u8 };
        shape.dims[..dims.len()].copy_from_slice(dims);
        Ok(shape)
    }

    /// The number of axes.
    #[doc(alias("dim", "ndim"))]
    pub fn rank(&self) -> usize {
        usize::from(self.rank)
    }

    /// The number of elements: the product of the sizes, 1 for a scalar.
    #[doc(alias("nelement", "len"))]
    pub fn numel(&self) -> usize {
        self.iter().product()
    }

    /// The distance in elements between neighbours along each axis, in row-major order.
    pub fn strides(&self) -> [usize; MAX_RANK] {
        let mut strides = [0; MAX_RANK];
        let mut stride = 1;
        for axis in (0..self.rank()).rev() {
            strides[axis] = stride;
            stride *= self[axis];
        }
        strides
    }

    /// The index of the element at a place in row-major order.
    pub(crate) fn index_of(&self, place: usize) -> Vec<usize> {
        let strides = self.strides();
        (0..self.rank()).map(|axis| place / strides[axis].max(1) % self[axis].max(1)).collect()
    }

    /// Turns an axis counted from the front (`0..`) or from the back (`-1` is the last) into an
    /// index.
    ///
    /// # Errors
    /// When the shape has no such axis.
    pub fn axis(&self, axis: isize) -> Result<usize> {
        let rank = self.rank() as isize;
        let index = if axis < 0 { axis + rank } else { axis };
        if (0..rank).contains(&index) {
            Ok(index as usize)
        } else {
            let hint = match rank {
                0 => "it is a single number".to_owned(),
                _ => format!("its axes are 0 to {}, or -{rank} to -1", rank - 1),
            };
            Err(Error::shape(format!("{self} has no axis {axis}")).hint(hint))
        }
    }

    /// This shape with `axis` of another size.
    pub(crate) fn with(mut self, axis: usize, size: usize) -> Self {
        debug_assert!(axis < self.rank());
        self.dims[axis] = size;
        self
    }

    /// This shape without `axis`.
    pub(crate) fn without(&self, axis: usize) -> Self {
        let mut shape = Self { dims: [0; MAX_RANK], rank: self.rank - 1 };
        shape.dims[..axis].copy_from_slice(&self[..axis]);
        shape.dims[axis..self.rank() - 1].copy_from_slice(&self[axis + 1..]);
        shape
    }

    /// The sizes before, at and after `axis`, multiplied out: every operation along one axis sees
    /// its tensor as `[outer, size, inner]`.
    pub(crate) fn around(&self, axis: usize) -> [usize; 3] {
        [self[..axis].iter().product(), self[axis], self[axis + 1..].iter().product()]
    }

    /// The shape that both broadcast to, by NumPy's rule: aligned at the last axis, sizes are
    /// equal or one of them is 1.
    ///
    /// # Errors
    /// When they don't broadcast.
    pub fn broadcast(&self, other: &Self) -> Result<Self> {
        let rank = self.rank().max(other.rank());
        let mut dims = [0; MAX_RANK];
        for (axis, dim) in dims[..rank].iter_mut().enumerate() {
            *dim = match (self.aligned(axis, rank), other.aligned(axis, rank)) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                (a, b) => {
                    return Err(Error::shape(format!(
                        "{self} and {other} don't broadcast: {a} and {b} at axis -{}",
                        rank - axis
                    ))
                    .hint("sizes must be equal or 1, counted from the last axis"));
                }
            };
        }
        Self::new(&dims[..rank])
    }

    /// The size at `axis` of `rank` axes, when this shape is aligned at the last and padded with 1.
    pub(crate) fn aligned(&self, axis: usize, rank: usize) -> usize {
        (axis + self.rank()).checked_sub(rank).map_or(1, |own| self[own])
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.dims[..self.rank()]
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:?}", &self[..]))
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What functions take as a shape: a [`Shape`], one size, or the sizes as an array, slice or vector.
///
/// Functions that return a [`Result`] give the error of one that is none; constructors that don't,
/// such as [`Tensor::zeros`](crate::Tensor::zeros), panic with its text.
///
/// ```
/// use plywood_tensor::Tensor;
///
/// let x = Tensor::arange(6);
/// let sizes = vec![2, 3];
/// assert_eq!(x.reshape([2, 3])?, x.reshape(&sizes)?);
/// assert_eq!(
///     x.reshape([1; 9]).unwrap_err().to_string(),
///     "reshape: [1, 1, 1, 1, 1, 1, 1, 1, 1] has 9 axes, a tensor has at most 8",
/// );
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait IntoShape {
    /// The shape.
    ///
    /// # Errors
    /// When there are more than [`MAX_RANK`] axes, or more elements than memory can address.
    fn into_shape(self) -> Result<Shape>;
}

impl IntoShape for Shape {
    fn into_shape(self) -> Result<Shape> {
        Ok(self)
    }
}

impl IntoShape for usize {
    fn into_shape(self) -> Result<Shape> {
        Shape::new(&[self])
    }
}

impl<const N: usize> IntoShape for [usize; N] {
    fn into_shape(self) -> Result<Shape> {
        Shape::new(&self)
    }
}

impl IntoShape for &[usize] {
    fn into_shape(self) -> Result<Shape> {
        Shape::new(self)
    }
}

impl IntoShape for &Vec<usize> {
    fn into_shape(self) -> Result<Shape> {
        Shape::new(self)
    }
}

impl IntoShape for Vec<usize> {
    fn into_shape(self) -> Result<Shape> {
        Shape::new(&self)
    }
}

/// # Panics
/// When there are more than [`MAX_RANK`] axes or more elements than memory can address, as
/// `Vec::with_capacity` does. [`Shape::new`] returns an error instead.
impl<const N: usize> From<[usize; N]> for Shape {
    #[track_caller]
    fn from(dims: [usize; N]) -> Self {
        or_panic(Self::new(&dims))
    }
}

/// A shape of one axis.
impl From<usize> for Shape {
    fn from(size: usize) -> Self {
        Self::from([size])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_from_files_are_checked() {
        assert_eq!(
            Shape::new(&[usize::MAX, 0, 2]).unwrap_err().to_string(),
            "[18446744073709551615, 0, 2] has more elements than memory can address",
        );
        assert_eq!(
            Shape::new(&[1; 9]).unwrap_err().to_string(),
            "[1, 1, 1, 1, 1, 1, 1, 1, 1] has 9 axes, a tensor has at most 8",
        );
    }

    #[test]
    fn broadcasting_aligns_the_last_axes() {
        let shape = |dims: &[usize]| Shape::new(dims).unwrap();
        assert_eq!(shape(&[4, 1, 3]).broadcast(&shape(&[2, 1])).unwrap(), shape(&[4, 2, 3]));
        assert_eq!(Shape::SCALAR.broadcast(&shape(&[0, 3])).unwrap(), shape(&[0, 3]));
        assert_eq!(
            shape(&[4, 3]).broadcast(&shape(&[4])).unwrap_err().to_string(),
            "[4, 3] and [4] don't broadcast: 3 and 4 at axis -1; \
             sizes must be equal or 1, counted from the last axis",
        );
    }

    #[test]
    fn axes_count_from_both_ends() {
        let shape = Shape::from([2, 3]);
        assert_eq!((shape.axis(1).unwrap(), shape.axis(-2).unwrap()), (1, 0));
        assert_eq!(
            shape.axis(2).unwrap_err().to_string(),
            "[2, 3] has no axis 2; its axes are 0 to 1, or -2 to -1",
        );
    }
}
