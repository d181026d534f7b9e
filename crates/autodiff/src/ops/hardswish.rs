//! SiLU of straight lines.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_back_from_input};

pub(crate) const HARDSWISH: Declaration = Declaration {
    name: "hardswish",
    equation: "y = x · min(max(x + 3, 0), 6) / 6",
    gradient: "dx = dy · (2x + 3) / 6 where −3 < x < 3, dy above, 0 below",
    sample: |rng| {
        Sample::unary(rng, [-6.0, 6.0], &[-3.0, 3.0], Var::hardswish, |x| {
            x * (x / 6.0 + 0.5).clamp(0.0, 1.0)
        })
    },
};

impl<T: Float> Var<T> {
    /// The input, weighted by its [`hardsigmoid`](Self::hardsigmoid), elementwise.
    ///
    /// Source: Howard et al., "Searching for MobileNetV3" (2019).
    ///
    /// `y = x · min(max(x + 3, 0), 6) / 6`
    #[must_use]
    pub fn hardswish(self) -> Self {
        map_back_from_input(
            "hardswish",
            self,
            |x| x * (x + T::of(3.0)).maximum(T::ZERO).minimum(T::of(6.0)) / T::of(6.0),
            |dy, x| {
                if x <= T::of(-3.0) {
                    T::ZERO
                } else if x < T::of(3.0) {
                    dy * ((x + x + T::of(3.0)) / T::of(6.0))
                } else {
                    dy
                }
            },
        )
    }
}
