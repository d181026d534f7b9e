//! The hyperbolic tangent.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_output};

pub(crate) const TANH: Declaration = Declaration {
    name: "tanh",
    equation: "y = tanh(x)",
    gradient: "dx = dy · (1 − y²)",
    sample: |rng| {
        Sample::unary(rng, [-3.0, 3.0], &[], Var::tanh, |x| {
            (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())
        })
    },
};

impl<T: Float> Var<T> {
    /// The hyperbolic tangent, elementwise: between −1 and 1.
    ///
    /// `y = tanh(x)`
    #[must_use]
    pub fn tanh(self) -> Self {
        map_from_output("tanh", self, T::hyperbolic_tangent, |y| T::ONE - y * y)
    }
}
