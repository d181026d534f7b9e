//! SELU: an ELU that keeps mean and variance.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const SELU: Declaration = Declaration {
    name: "selu",
    equation: "y = s · (x where x > 0, else α · (exp(x) − 1)), α ≈ 1.6733, s ≈ 1.0507",
    gradient: "dx = dy · s where x > 0, else dy · s · α · exp(x)",
    sample: |rng| {
        Sample::unary(rng, [-3.0, 3.0], &[0.0], Var::selu, |x| {
            SCALE * if x > 0.0 { x } else { ALPHA * (x.exp() - 1.0) }
        })
    },
};

impl<T: Float> Var<T> {
    /// An ELU scaled so that activations keep mean 0 and variance 1, elementwise.
    ///
    /// Source: Klambauer et al., "Self-normalizing neural networks" (2017).
    ///
    /// `y = s · (x where x > 0, else α · (exp(x) − 1)), α ≈ 1.6733, s ≈ 1.0507`
    #[must_use]
    pub fn selu(self) -> Self {
        map_from_input(
            "selu",
            self,
            |x| {
                T::of(SCALE)
                    * if x > T::ZERO { x } else { T::of(ALPHA) * x.exponential_minus_one() }
            },
            |x| T::of(SCALE) * if x > T::ZERO { T::ONE } else { T::of(ALPHA) * x.exponential() },
        )
    }
}

const ALPHA: f64 = 1.673_263_242_354_377_2;
const SCALE: f64 = 1.050_700_987_355_480_5;
