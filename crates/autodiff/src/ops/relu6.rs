//! ReLU6: the positive part, at most 6.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_back_from_output};

pub(crate) const RELU6: Declaration = Declaration {
    name: "relu6",
    equation: "y = min(max(x, 0), 6)",
    gradient: "dx = 0 where x ≤ 0 or x ≥ 6, else dy",
    sample: |rng| Sample::unary(rng, [-3.0, 9.0], &[0.0, 6.0], Var::relu6, |x| x.clamp(0.0, 6.0)),
};

impl<T: Float> Var<T> {
    /// The positive part, at most 6, elementwise.
    ///
    /// Source: Howard et al., "MobileNets" (2017).
    ///
    /// `y = min(max(x, 0), 6)`
    ///
    /// A NaN stays one, and its gradient is `dy`, as [`relu`](Self::relu)'s: PyTorch has `dy` or 0,
    /// depending on whether the element falls into a whole vector.
    #[must_use]
    pub fn relu6(self) -> Self {
        map_back_from_output(
            "relu6",
            self,
            |x| x.maximum(T::ZERO).minimum(T::of(6.0)),
            |dy, y| if y <= T::ZERO || y >= T::of(6.0) { T::ZERO } else { dy },
        )
    }
}
