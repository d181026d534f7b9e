//! Limiting to a range.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_back_from_input};

pub(crate) const CLAMP: Declaration = Declaration {
    name: "clamp",
    equation: "y = min(max(x, low), high)",
    gradient: "dx = dy where low ≤ x ≤ high, else 0",
    sample: |rng| {
        let apply = |x: Var<f64>| x.clamp(-1.0, 0.5);
        Sample::unary(rng, [-3.0, 3.0], &[-1.0, 0.5], apply, |x| x.clamp(-1.0, 0.5))
    },
};

impl<T: Float> Var<T> {
    /// Each element, not below `low` and not above `high`.
    #[must_use]
    pub fn clamp(self, low: f64, high: f64) -> Self {
        let (low, high) = (T::of(low), T::of(high));
        let gradient = move |dy, x: T| if x >= low && x <= high { dy } else { T::ZERO };
        map_back_from_input("clamp", self, move |x| x.maximum(low).minimum(high), gradient)
    }
}
