//! Softplus: a smooth ReLU.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const SOFTPLUS: Declaration = Declaration {
    name: "softplus",
    equation: "y = ln(1 + exp(x)) = max(x, 0) + ln(1 + exp(−|x|))",
    gradient: "dx = dy · σ(x)",
    sample: |rng| Sample::unary(rng, [-6.0, 6.0], &[], Var::softplus, |x| (1.0 + x.exp()).ln()),
};

impl<T: Float> Var<T> {
    /// A smooth ReLU, elementwise, computed without overflow.
    ///
    /// `y = ln(1 + exp(x)) = max(x, 0) + ln(1 + exp(−|x|))`
    #[must_use]
    pub fn softplus(self) -> Self {
        map_from_input("softplus", self, stable, T::logistic)
    }
}

/// `ln(1 + exp(x))`: `exp` sees negative numbers only.
pub(crate) fn stable<T: Float>(x: T) -> T {
    x.maximum(T::ZERO) + (-x.abs()).exponential().logarithm_plus_one()
}
