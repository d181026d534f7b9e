//! Average pooling to a given size.

use plywood_tensor::{
    Float, Result, adaptive_avg_pool2d, adaptive_avg_pool2d_grad, adaptive_pool2d_shape, naive,
};

use super::Pair;
use crate::declaration::{Declaration, Sample, normal, whole};
use crate::var::{Var, record};

pub(crate) const ADAPTIVE_AVG_POOL2D: Declaration = Declaration {
    name: "adaptive_avg_pool2d",
    equation: "y[i] = mean x from ⌊i · size / out⌋ to ⌈(i + 1) · size / out⌉, of rows and columns",
    gradient: "dx += dy / size of the window, throughout the window",
    sample: |rng| {
        let size = [whole(rng, 1, 7), whole(rng, 1, 7)];
        let out = [whole(rng, 1, 8), whole(rng, 1, 4)];
        Sample::new(
            vec![normal(rng, &[2, 2, size[0], size[1]])],
            move |inputs, _| inputs[0].adaptive_avg_pool2d(out),
            move |inputs| naive::adaptive_avg_pool2d(&inputs[0], out).expect("drawn to fit"),
        )
    },
};

impl<T: Float> Var<T> {
    /// Images `[N, C, H, W]` of any size as `[N, C, out_h, out_w]`: the mean of each of so many
    /// windows, which cover the picture evenly. Neighbours share a row where the sizes don't
    /// divide.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::zeros([1, 256, 13, 13]));
    /// assert_eq!(x.adaptive_avg_pool2d(6)?.shape(), [1, 256, 6, 6].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the value has not four axes, or no pixels.
    pub fn adaptive_avg_pool2d(&self, out: impl Pair) -> Result<Self> {
        let (x_shape, out) = (self.shape(), out.pair());
        let shape = adaptive_pool2d_shape(x_shape, out)
            .map_err(|error| error.operation("adaptive_avg_pool2d"))?;
        let kernel = || Ok((adaptive_avg_pool2d(self.known(), out)?, ()));
        record("adaptive_avg_pool2d", &[self], shape, 0, kernel, move |(), dy, grads| {
            grads.accumulate(0, || adaptive_avg_pool2d_grad(&dy, x_shape))
        })
    }
}
