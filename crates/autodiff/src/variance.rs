//! Variances, made of the other reductions.

use plywood_tensor::{Float, Result};

use crate::ops::kept;
use crate::var::Var;

impl<T: Float> Var<T> {
    /// The variance along some axes, which disappear: the sum of the squared distances from the mean, divided by
    /// their number less `correction`. That is 1 for the unbiased estimate from a sample (PyTorch's default), 0 for the
    /// whole population. Without more elements than that, the variance is NaN or infinite.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([[1.0, 3.0, 5.0], [2.0, 2.0, 2.0]]));
    /// assert_eq!(x.var_axes(&[1], 1)?.value()?, &Tensor::from([4.0, 0.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    #[doc(alias = "var")]
    pub fn var_axes(&self, axes: &[isize], correction: usize) -> Result<Self> {
        let kept = kept(self.shape(), axes).map_err(|error| error.operation("var_axes"))?;
        let distances = self.sub(&self.mean_axes(axes)?.reshape(kept)?)?;
        // How many elements each variance is of; of those that are empty it doesn't matter.
        let count = self.shape().numel() / kept.numel().max(1);
        let sum = distances.square().sum_axes(axes)?;
        Ok(sum / count.saturating_sub(correction) as f64)
    }
}
