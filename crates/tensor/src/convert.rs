//! Tensors from arrays, vectors and nalgebra's matrices, and back.

use nalgebra::{DMatrix, DVector, Dyn, MatrixView, U1};

use crate::element::Element;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

macro_rules! from_arrays {
    ($($array:ty, [$($size:ident),*], $flatten:expr;)*) => { $(
        impl<T: Element, $(const $size: usize),*> From<$array> for Tensor<T> {
            fn from(array: $array) -> Self {
                let flatten: fn($array) -> Vec<T> = $flatten;
                Self::from_vec(flatten(array), [$($size),*]).expect("an array has its own shape")
            }
        }
    )* };
}

from_arrays! {
    [T; A], [A], |a| a.to_vec();
    [[T; B]; A], [A, B], |a| a.as_flattened().to_vec();
    [[[T; C]; B]; A], [A, B, C], |a| a.as_flattened().as_flattened().to_vec();
    [[[[T; D]; C]; B]; A], [A, B, C, D], |a| a.as_flattened().as_flattened().as_flattened().to_vec();
}

/// One axis, without a copy.
impl<T: Element> From<Vec<T>> for Tensor<T> {
    fn from(elements: Vec<T>) -> Self {
        let shape = [elements.len()];
        Self::from_vec(elements, shape).expect("a vector has its own length")
    }
}

/// One axis, without a copy.
impl<T: Element> From<DVector<T>> for Tensor<T> {
    fn from(vector: DVector<T>) -> Self {
        Self::from(Vec::from(vector.data))
    }
}

/// Two axes: rows and columns. Copies, because nalgebra stores column by column.
impl<T: Element> From<DMatrix<T>> for Tensor<T> {
    fn from(matrix: DMatrix<T>) -> Self {
        let (rows, columns) = matrix.shape();
        // Column by column, the elements are those of the transposed matrix row by row.
        let transposed = Self::from_vec(Vec::from(matrix.data), [columns, rows]);
        transposed.and_then(|t| t.transpose(0, 1)).expect("a matrix has its own shape")
    }
}

/// A tensor of two axes as a matrix of nalgebra, borrowed: row-major strides, no copy.
pub type RowMajorView<'a, T> = MatrixView<'a, T, Dyn, Dyn, Dyn, U1>;

impl<T: Element> Tensor<T> {
    /// A view of a tensor of two axes as nalgebra's matrix, without a copy.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let a = Tensor::from([[2.0, 1.0], [1.0, 3.0]]);
    /// assert_eq!(a.as_matrix()?.determinant(), 5.0);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the tensor has not two axes.
    pub fn as_matrix(&self) -> Result<RowMajorView<'_, T>> {
        let &[rows, columns] = &self.shape()[..] else {
            return Err(Error::shape(format!(
                "{} is not a matrix: it should have 2 axes",
                self.shape()
            ))
            .operation("as_matrix"));
        };
        // nalgebra's strides are (between rows, between columns).
        Ok(MatrixView::from_slice_with_strides_generic(
            self.as_slice(),
            Dyn(rows),
            Dyn(columns),
            Dyn(columns),
            U1,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_vectors_and_matrices() {
        let x = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        assert_eq!(
            x.as_matrix().unwrap().row(1).iter().copied().collect::<Vec<_>>(),
            [4.0, 5.0, 6.0]
        );
        assert_eq!(x.as_matrix().unwrap().as_ptr() as usize, x.address());
        let matrix: DMatrix<f32> = x.as_matrix().unwrap().into_owned();
        assert_eq!(Tensor::from(matrix), x);
        let vector = DVector::from_vec(vec![1.0, 2.0]);
        let address = vector.as_ptr() as usize;
        assert_eq!(Tensor::from(vector).address(), address);
        assert_eq!(Tensor::from([[[1_u8, 2]], [[3, 4]]]).shape(), [2, 1, 2].into());
        assert_eq!(
            Tensor::zeros([3]).as_matrix().unwrap_err().to_string(),
            "as_matrix: [3] is not a matrix: it should have 2 axes",
        );
    }
}
