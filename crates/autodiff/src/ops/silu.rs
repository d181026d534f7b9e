//! SiLU, also called swish: the input, weighted by its sigmoid.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const SILU: Declaration = Declaration {
    name: "silu",
    equation: "y = x · σ(x)",
    gradient: "dx = dy · σ(x) · (1 + x · (1 − σ(x)))",
    sample: |rng| Sample::unary(rng, [-6.0, 6.0], &[], Var::silu, |x| x / (1.0 + (-x).exp())),
};

impl<T: Float> Var<T> {
    /// The input, weighted by its sigmoid σ, elementwise. Also called swish.
    ///
    /// Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units" (2017).
    ///
    /// `y = x · σ(x)`
    #[must_use]
    pub fn silu(self) -> Self {
        map_from_input(
            "silu",
            self,
            |x| x * x.logistic(),
            |x| {
                let s = x.logistic();
                s * (T::ONE + x * (T::ONE - s))
            },
        )
    }
}
