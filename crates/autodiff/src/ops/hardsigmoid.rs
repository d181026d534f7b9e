//! A sigmoid of straight lines.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_back_from_input};

pub(crate) const HARDSIGMOID: Declaration = Declaration {
    name: "hardsigmoid",
    equation: "y = min(max(x + 3, 0), 6) / 6",
    gradient: "dx = dy / 6 where −3 < x < 3, else 0",
    sample: |rng| {
        Sample::unary(rng, [-6.0, 6.0], &[-3.0, 3.0], Var::hardsigmoid, |x| {
            (x / 6.0 + 0.5).clamp(0.0, 1.0)
        })
    },
};

impl<T: Float> Var<T> {
    /// A sigmoid of straight lines, elementwise.
    ///
    /// Source: Howard et al., "Searching for MobileNetV3" (2019).
    ///
    /// `y = min(max(x + 3, 0), 6) / 6`
    #[must_use]
    pub fn hardsigmoid(self) -> Self {
        map_back_from_input(
            "hardsigmoid",
            self,
            |x| (x + T::of(3.0)).maximum(T::ZERO).minimum(T::of(6.0)) / T::of(6.0),
            |dy, x| if x.abs() < T::of(3.0) { dy * T::of(1.0 / 6.0) } else { T::ZERO },
        )
    }
}
