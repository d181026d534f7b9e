//! ReLU: the positive part.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_back_from_output};

pub(crate) const RELU: Declaration = Declaration {
    name: "relu",
    equation: "y = max(x, 0)",
    gradient: "dx = 0 where x ≤ 0, else dy",
    sample: |rng| {
        Sample::unary(rng, [-3.0, 3.0], &[0.0], Var::relu, |x| if x > 0.0 { x } else { 0.0 })
    },
};

impl<T: Float> Var<T> {
    /// The positive part, elementwise.
    ///
    /// Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).
    ///
    /// `y = max(x, 0)`
    ///
    /// A NaN stays one, and its gradient is `dy`, as in PyTorch.
    #[must_use]
    pub fn relu(self) -> Self {
        map_back_from_output(
            "relu",
            self,
            |x| x.maximum(T::ZERO),
            |dy, y| if y <= T::ZERO { T::ZERO } else { dy },
        )
    }
}
