//! Reductions that keep the reduced axes with size 1, so that the result broadcasts against what was reduced.

use crate::element::{Element, Float};
use crate::error::Result;
use crate::reduce::marked;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The shape with size 1 at the reduced axes.
fn kept(shape: Shape, axes: &[isize], operation: &str) -> Result<Shape> {
    let marked = marked(shape, axes).map_err(|error| error.operation(operation))?;
    let reduced = marked.iter().enumerate().filter(|&(_, &marked)| marked);
    Ok(reduced.fold(shape, |kept, (axis, _)| kept.with(axis, 1)))
}

impl<T: Float> Tensor<T> {
    /// As [`sum_axes`](Self::sum_axes); the axes stay, with size 1.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let counts = Tensor::from([[1.0, 3.0], [2.0, 2.0]]);
    /// let shares = &counts / counts.sum_keepdim(&[1])?;
    /// assert_eq!(shares, Tensor::from([[0.25, 0.75], [0.5, 0.5]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn sum_keepdim(&self, axes: &[isize]) -> Result<Self> {
        let kept = kept(self.shape(), axes, "sum_keepdim")?;
        Ok(self.sum_axes(axes)?.with_shape(kept))
    }

    /// As [`mean_axes`](Self::mean_axes); the axes stay, with size 1.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn mean_keepdim(&self, axes: &[isize]) -> Result<Self> {
        let kept = kept(self.shape(), axes, "mean_keepdim")?;
        Ok(self.mean_axes(axes)?.with_shape(kept))
    }

    /// As [`var_axes`](Self::var_axes); the axes stay, with size 1.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn var_keepdim(&self, axes: &[isize], correction: usize) -> Result<Self> {
        let kept = kept(self.shape(), axes, "var_keepdim")?;
        Ok(self.var_axes(axes, correction)?.with_shape(kept))
    }
}

impl<T: Element> Tensor<T> {
    /// As [`max_axis`](Self::max_axis); the axis stays, with size 1.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    #[doc(alias = "amax")]
    pub fn max_keepdim(&self, axis: isize) -> Result<Self> {
        let kept = kept(self.shape(), &[axis], "max_keepdim")?;
        Ok(self.max_axis(axis)?.with_shape(kept))
    }

    /// As [`min_axis`](Self::min_axis); the axis stays, with size 1.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    #[doc(alias = "amin")]
    pub fn min_keepdim(&self, axis: isize) -> Result<Self> {
        let kept = kept(self.shape(), &[axis], "min_keepdim")?;
        Ok(self.min_axis(axis)?.with_shape(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reduced_axes_stay() {
        let x = Tensor::from_fn([2, 3, 4], |i| (i[0] * 12 + i[1] * 4 + i[2]) as f32);
        let shape = |dims: [usize; 3]| Shape::from(dims);
        let sums = x.sum_keepdim(&[0, -1]).unwrap();
        assert_eq!(sums.shape(), shape([1, 3, 1]));
        assert_eq!(sums.to_vec(), x.sum_axes(&[0, -1]).unwrap().to_vec());
        let means = x.mean_keepdim(&[1]).unwrap();
        assert_eq!(means.shape(), shape([2, 1, 4]));
        assert_eq!(means.to_vec(), x.mean_axes(&[1]).unwrap().to_vec());
        let variances = x.var_keepdim(&[1, 2], 1).unwrap();
        assert_eq!(variances.shape(), shape([2, 1, 1]));
        assert_eq!(variances.to_vec(), x.var_axes(&[1, 2], 1).unwrap().to_vec());
        assert_eq!(x.max_keepdim(-1).unwrap().to_vec(), x.max_axis(-1).unwrap().to_vec());
        assert_eq!(x.max_keepdim(-1).unwrap().shape(), shape([2, 3, 1]));
        assert_eq!(x.min_keepdim(0).unwrap().shape(), shape([1, 3, 4]));
        assert_eq!(x.min_keepdim(0).unwrap().to_vec(), x.min_axis(0).unwrap().to_vec());
    }

    #[test]
    fn errors_name_the_function() {
        let x = Tensor::zeros([2, 3]);
        assert_eq!(
            x.mean_keepdim(&[2]).unwrap_err().to_string(),
            "mean_keepdim: [2, 3] has no axis 2; its axes are 0 to 1, or -2 to -1",
        );
        assert_eq!(
            x.sum_keepdim(&[1, -1]).unwrap_err().to_string(),
            "sum_keepdim: axis -1 of [2, 3] is named twice",
        );
        assert_eq!(
            Tensor::zeros([2, 0]).max_keepdim(1).unwrap_err().to_string(),
            "max_axis: axis 1 of [2, 0] is empty",
        );
    }
}
