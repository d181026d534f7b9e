//! What `reshape` takes: a shape, or sizes of which one is −1 and follows from the others.

use crate::error::{Error, Result};
use crate::shape::{IntoShape, Shape};

/// What `reshape` takes: [what is a shape](IntoShape), or sizes with one −1, which stands for the size that follows
/// from the others. Sizes that are numbers in the program are of any type; a size of type `usize` beside a −1 is written
/// `n as isize`.
///
/// ```
/// use plywood_tensor::Tensor;
///
/// let x = Tensor::zeros([8, 3, 4]);
/// let batch = x.shape()[0];
/// assert_eq!(x.reshape([batch as isize, -1])?.shape(), [8, 12].into());
/// assert_eq!(x.reshape([-1, 4])?.shape(), x.reshape([24, 4])?.shape());
/// assert_eq!(x.reshape(-1)?.shape(), [96].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait IntoReshape {
    /// The shape for as many elements as `from` has.
    ///
    /// # Errors
    /// When it has another number of elements, or no size can follow from the others.
    fn into_reshape(self, from: Shape) -> Result<Shape>;
}

impl<S: IntoShape> IntoReshape for S {
    fn into_reshape(self, from: Shape) -> Result<Shape> {
        let shape = self.into_shape()?;
        if shape.numel() == from.numel() {
            return Ok(shape);
        }
        Err(Error::shape(format!(
            "{from} has {} elements, {shape} has {}",
            from.numel(),
            shape.numel()
        )))
    }
}

impl IntoReshape for &[isize] {
    fn into_reshape(self, from: Shape) -> Result<Shape> {
        close(self, from)
    }
}

/// Numbers without a type are `i32`, where `usize` and `isize` are both possible.
macro_rules! signed {
    ($($number:ident),*) => { $(
        impl IntoReshape for $number {
            fn into_reshape(self, from: Shape) -> Result<Shape> {
                close(&[self as isize], from)
            }
        }

        impl<const N: usize> IntoReshape for [$number; N] {
            fn into_reshape(self, from: Shape) -> Result<Shape> {
                close(&self.map(|size| size as isize), from)
            }
        }
    )* };
}

signed!(i32, isize);

/// The shape with the open axis' size.
fn close(sizes: &[isize], from: Shape) -> Result<Shape> {
    let (mut open, mut dims) = (None, Vec::with_capacity(sizes.len()));
    for (axis, &size) in sizes.iter().enumerate() {
        if size < -1 {
            return Err(Error::shape(format!("{sizes:?} has the size {size}")).hint(
                "-1 alone may be negative: it stands for the size that follows from the others",
            ));
        }
        if size == -1 && open.replace(axis).is_some() {
            return Err(Error::shape(format!("{sizes:?} has more than one -1"))
                .hint("one size can follow from the others"));
        }
        dims.push(size.unsigned_abs());
    }
    let shape = Shape::new(&dims)?;
    let Some(axis) = open else { return shape.into_reshape(from) };
    // The open axis counts as 1.
    let others = shape.numel();
    if others == 0 {
        return Err(Error::shape(format!("any size could stand for -1 beside 0 in {sizes:?}"))
            .hint("give all sizes"));
    }
    if !from.numel().is_multiple_of(others) {
        return Err(Error::shape(format!(
            "{from} has {} elements, which {others}, the product of the other sizes in {sizes:?}, doesn't divide",
            from.numel()
        )));
    }
    Shape::new(&shape.with(axis, from.numel() / others))
}

#[cfg(test)]
mod tests {
    use crate::tensor::Tensor;

    #[test]
    fn one_size_follows_from_the_others() {
        let x = Tensor::arange(24);
        let n = 4_usize;
        assert_eq!(x.reshape([-1, 6]).unwrap(), x.reshape([n, 6]).unwrap());
        assert_eq!(x.reshape([2, -1, 3]).unwrap().shape(), [2, 4, 3].into());
        assert_eq!(x.reshape([n as isize, -1]).unwrap().shape(), [4, 6].into());
        assert_eq!(x.reshape(&[-1_isize, 24][..]).unwrap().shape(), [1, 24].into());
        assert_eq!(x.reshape([-1, 24, 1]).unwrap().reshape(-1).unwrap(), x);
        assert_eq!(x.reshape([8, 3]).unwrap().shape(), [8, 3].into());
        assert_eq!(x.reshape(24).unwrap(), x);
        assert_eq!(Tensor::scalar(1.0).reshape([-1]).unwrap().shape(), [1].into());
        assert_eq!(Tensor::zeros([0, 3]).reshape([-1, 5]).unwrap().shape(), [0, 5].into());
    }

    #[test]
    fn no_size_follows() {
        let x = Tensor::zeros([2, 3]);
        let says = |sizes: &[isize]| x.reshape(sizes).unwrap_err().to_string();
        assert_eq!(
            says(&[-1, 2, -1]),
            "reshape: [-1, 2, -1] has more than one -1; one size can follow from the others",
        );
        assert_eq!(
            says(&[4, -1]),
            "reshape: [2, 3] has 6 elements, which 4, the product of the other sizes in [4, -1], \
             doesn't divide",
        );
        assert_eq!(
            says(&[0, -1]),
            "reshape: any size could stand for -1 beside 0 in [0, -1]; give all sizes",
        );
        assert_eq!(
            says(&[-3, 2]),
            "reshape: [-3, 2] has the size -3; -1 alone may be negative: \
             it stands for the size that follows from the others",
        );
        assert_eq!(says(&[4, 2]), "reshape: [2, 3] has 6 elements, [4, 2] has 8");
        assert_eq!(
            says(&[isize::MAX, -1]),
            "reshape: [9223372036854775807, 1] has more elements than memory can address",
        );
    }
}
