//! Softsign.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const SOFTSIGN: Declaration = Declaration {
    name: "softsign",
    equation: "y = x / (1 + |x|)",
    gradient: "dx = dy / (1 + |x|)²",
    sample: |rng| {
        Sample::unary(rng, [-3.0, 3.0], &[0.0], Var::softsign, |x| {
            if x < 0.0 { x / (1.0 - x) } else { x / (1.0 + x) }
        })
    },
};

impl<T: Float> Var<T> {
    /// Between −1 and 1 like tanh, but slower to get there, elementwise.
    ///
    /// `y = x / (1 + |x|)`
    #[must_use]
    pub fn softsign(self) -> Self {
        map_from_input(
            "softsign",
            self,
            |x| x / (T::ONE + x.abs()),
            |x| {
                let width = T::ONE + x.abs();
                T::ONE / (width * width)
            },
        )
    }
}
