//! The square root.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_output};

pub(crate) const SQRT: Declaration = Declaration {
    name: "sqrt",
    equation: "y = √x",
    gradient: "dx = dy / (2 · y)",
    sample: |rng| Sample::unary(rng, [0.2, 5.0], &[], Var::sqrt, |x| x.powf(0.5)),
};

impl<T: Float> Var<T> {
    /// The square root of each element.
    ///
    /// `y = √x`
    #[must_use]
    pub fn sqrt(self) -> Self {
        map_from_output("sqrt", self, |x| x.sqrt(), |y| T::of(0.5) / y)
    }
}
