//! The square.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const SQUARE: Declaration = Declaration {
    name: "square",
    equation: "y = x²",
    gradient: "dx = 2 · dy · x",
    sample: |rng| Sample::unary(rng, [-3.0, 3.0], &[], Var::square, |x| x.powi(2)),
};

impl<T: Float> Var<T> {
    /// The square of each element.
    ///
    /// `y = x²`
    #[must_use]
    pub fn square(self) -> Self {
        map_from_input("square", self, |x| x * x, |x| x + x)
    }
}
