//! The logarithm of the sigmoid.

use plywood_tensor::Float;

use super::softplus::stable;
use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const LOGSIGMOID: Declaration = Declaration {
    name: "logsigmoid",
    equation: "y = −ln(1 + exp(−x))",
    gradient: "dx = dy · (1 − σ(x))",
    sample: |rng| {
        Sample::unary(rng, [-6.0, 6.0], &[], Var::logsigmoid, |x| (1.0 / (1.0 + (-x).exp())).ln())
    },
};

impl<T: Float> Var<T> {
    /// The logarithm of the sigmoid, elementwise, exact also where that rounds to 0.
    ///
    /// `y = −ln(1 + exp(−x))`
    #[must_use]
    pub fn logsigmoid(self) -> Self {
        map_from_input("logsigmoid", self, |x| -stable(-x), |x| (-x).logistic())
    }
}
