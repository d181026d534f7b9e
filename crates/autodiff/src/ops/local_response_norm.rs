//! Local response normalisation.

use plywood_tensor::{
    Float, LocalResponseOptions, Result, local_response_norm, local_response_norm_grad, naive,
};

use crate::declaration::{Declaration, Sample, normal, whole};
use crate::var::{Var, record};

pub(crate) const LOCAL_RESPONSE_NORM: Declaration = Declaration {
    name: "local_response_norm",
    equation: "y = x · d^−β, d = k + α / size · Σ x² over the channels around",
    gradient: "dx = dy · d^−β − 2αβ / size · x · Σ dy · x · d^(−β − 1) over those it counts for",
    sample: |rng| {
        let dims = [whole(rng, 1, 2), whole(rng, 1, 6), whole(rng, 1, 3), whole(rng, 1, 3)];
        let options = LocalResponseOptions {
            size: whole(rng, 1, 6),
            alpha: 0.2 + rng.unit(),
            beta: 0.5 + rng.unit(),
            k: 1.0 + rng.unit(),
        };
        Sample::new(
            vec![normal(rng, &dims)],
            move |inputs, _| inputs[0].local_response_norm(&options),
            move |inputs| naive::local_response_norm(&inputs[0], &options).expect("drawn to fit"),
        )
    },
};

impl<T: Float> Var<T> {
    /// Divides each channel of `[N, C, …]` by a power of the mean square of the channels around it,
    /// at the same pixel.
    ///
    /// Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
    /// neural networks" (2012).
    ///
    /// # Errors
    /// When there is no channel axis, or a setting makes no sense.
    pub fn local_response_norm(&self, options: &LocalResponseOptions) -> Result<Self> {
        let (shape, options) = (self.shape(), *options);
        options.check(shape).map_err(|error| error.operation("local_response_norm"))?;
        let kernel = || {
            let y = local_response_norm(self.known(), &options)?;
            Ok((y, self.needs_gradient().then(|| self.known().clone())))
        };
        record("local_response_norm", &[self], shape, 0, kernel, move |x, dy, grads| {
            let x = x.expect("saved because a gradient is needed");
            grads.accumulate(0, || local_response_norm_grad(&dy, &x, &options))
        })
    }
}
