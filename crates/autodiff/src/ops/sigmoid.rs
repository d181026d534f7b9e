//! The logistic function.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_output};

pub(crate) const SIGMOID: Declaration = Declaration {
    name: "sigmoid",
    equation: "y = 1 / (1 + exp(−x))",
    gradient: "dx = dy · y · (1 − y)",
    sample: |rng| Sample::unary(rng, [-6.0, 6.0], &[], Var::sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
};

impl<T: Float> Var<T> {
    /// The logistic function, elementwise: between 0 and 1.
    ///
    /// `y = 1 / (1 + exp(−x))`
    #[must_use]
    pub fn sigmoid(self) -> Self {
        map_from_output("sigmoid", self, T::logistic, |y| y * (T::ONE - y))
    }
}
