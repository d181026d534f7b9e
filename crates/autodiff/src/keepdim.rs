//! Reductions that keep the reduced axes with size 1, so that the result broadcasts against what was reduced.

use plywood_tensor::{Float, Result};

use crate::ops::kept;
use crate::var::Var;

impl<T: Float> Var<T> {
    /// As [`sum_axes`](Self::sum_axes); the axes stay, with size 1.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let counts = Var::constant(Tensor::from([[1.0, 3.0], [2.0, 2.0]]));
    /// let shares = &counts / counts.sum_keepdim(&[1])?;
    /// assert_eq!(shares.value()?, &Tensor::from([[0.25, 0.75], [0.5, 0.5]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn sum_keepdim(&self, axes: &[isize]) -> Result<Self> {
        self.keep("sum_keepdim", axes, self.sum_axes(axes))
    }

    /// As [`mean_axes`](Self::mean_axes); the axes stay, with size 1.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn mean_keepdim(&self, axes: &[isize]) -> Result<Self> {
        self.keep("mean_keepdim", axes, self.mean_axes(axes))
    }

    /// As [`var_axes`](Self::var_axes); the axes stay, with size 1.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn var_keepdim(&self, axes: &[isize], correction: usize) -> Result<Self> {
        self.keep("var_keepdim", axes, self.var_axes(axes, correction))
    }

    /// As [`max_axis`](Self::max_axis); the axis stays, with size 1.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    #[doc(alias = "amax")]
    pub fn max_keepdim(&self, axis: isize) -> Result<Self> {
        self.keep("max_keepdim", &[axis], self.max_axis(axis))
    }

    fn keep(&self, operation: &str, axes: &[isize], reduced: Result<Self>) -> Result<Self> {
        let kept = kept(self.shape(), axes).map_err(|error| error.operation(operation))?;
        reduced?.reshape(kept)
    }
}
