//! Whole powers.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const POWI: Declaration = Declaration {
    name: "powi",
    equation: "y = xⁿ",
    gradient: "dx = dy · n · xⁿ⁻¹",
    sample: |rng| {
        Sample::unary(rng, [0.5, 2.0], &[], |x: Var<f64>| x.powi(-3), |x| 1.0 / (x * x * x))
    },
};

impl<T: Float> Var<T> {
    /// Each element to a whole power.
    #[must_use]
    pub fn powi(self, n: i32) -> Self {
        let slope = move |x: T| match n.checked_sub(1) {
            Some(-1) => T::ZERO,
            Some(less) => T::of(f64::from(n)) * x.powi(less),
            None => T::of(f64::from(n)) * (x.powi(n) / x),
        };
        map_from_input("powi", self, move |x| x.powi(n), slope)
    }
}
