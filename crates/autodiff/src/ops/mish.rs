//! Mish.

use plywood_tensor::Float;

use super::softplus::stable;
use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const MISH: Declaration = Declaration {
    name: "mish",
    equation: "y = x · tanh(softplus(x))",
    gradient: "dx = dy · (t + x · (1 − t²) · σ(x)), t = tanh(softplus(x))",
    sample: |rng| {
        Sample::unary(rng, [-5.0, 5.0], &[], Var::mish, |x| x * (1.0 + x.exp()).ln().tanh())
    },
};

impl<T: Float> Var<T> {
    /// The input, weighted by the tanh of its softplus, elementwise.
    ///
    /// Source: Misra, "Mish: a self regularized non-monotonic activation function" (2019).
    ///
    /// `y = x · tanh(softplus(x))`
    #[must_use]
    pub fn mish(self) -> Self {
        map_from_input(
            "mish",
            self,
            |x| x * stable(x).hyperbolic_tangent(),
            |x| {
                let t = stable(x).hyperbolic_tangent();
                t + x * (T::ONE - t * t) * x.logistic()
            },
        )
    }
}
