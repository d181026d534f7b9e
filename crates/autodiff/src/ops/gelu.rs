//! GELU: the input, weighted by the normal distribution function.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const GELU: Declaration = Declaration {
    name: "gelu",
    equation: "y = x · Φ(x), Φ(x) = (1 + erf(x / √2)) / 2",
    gradient: "dx = dy · (Φ(x) + x · φ(x)), φ(x) = exp(−x² / 2) / √(2π)",
    sample: |rng| {
        Sample::unary(rng, [-3.0, 3.0], &[], Var::gelu, |x| {
            x * 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
        })
    },
};

impl<T: Float> Var<T> {
    /// The input, weighted by the normal distribution function Φ, elementwise.
    ///
    /// Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016).
    ///
    /// `y = x · Φ(x), Φ(x) = (1 + erf(x / √2)) / 2`
    #[must_use]
    pub fn gelu(self) -> Self {
        map_from_input(
            "gelu",
            self,
            |x| x * x.normal_distribution().0,
            |x| {
                let (probability, density) = x.normal_distribution();
                probability + x * density
            },
        )
    }
}
