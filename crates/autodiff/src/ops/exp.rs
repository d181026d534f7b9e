//! The exponential function.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_output};

pub(crate) const EXP: Declaration = Declaration {
    name: "exp",
    equation: "y = exp(x)",
    gradient: "dx = dy · y",
    sample: |rng| Sample::unary(rng, [-3.0, 3.0], &[], Var::exp, |x| std::f64::consts::E.powf(x)),
};

impl<T: Float> Var<T> {
    /// e to the power of each element.
    ///
    /// `y = exp(x)`
    #[must_use]
    pub fn exp(self) -> Self {
        map_from_output("exp", self, T::exponential, |y| y)
    }
}
