//! The natural logarithm.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const LN: Declaration = Declaration {
    name: "ln",
    equation: "y = ln(x)",
    gradient: "dx = dy / x",
    sample: |rng| {
        Sample::unary(rng, [0.2, 5.0], &[], Var::ln, |x| x.log2() / std::f64::consts::LOG2_E)
    },
};

impl<T: Float> Var<T> {
    /// The natural logarithm of each element.
    ///
    /// `y = ln(x)`
    #[must_use]
    pub fn ln(self) -> Self {
        map_from_input("ln", self, T::logarithm, |x| T::ONE / x)
    }
}
