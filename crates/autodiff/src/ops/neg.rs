//! The negative.

use std::ops::Neg;

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_with_slope};

pub(crate) const NEG: Declaration = Declaration {
    name: "neg",
    equation: "y = −x",
    gradient: "dx = −dy",
    sample: |rng| Sample::unary(rng, [-3.0, 3.0], &[], Var::neg, |x| 0.0 - x),
};

/// The negative of each element: `-x`.
impl<T: Float> Neg for Var<T> {
    type Output = Self;

    fn neg(self) -> Self {
        map_with_slope("neg", self, |x| -x, -T::ONE)
    }
}
