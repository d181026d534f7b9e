//! A number times the input plus a number.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_with_slope};

pub(crate) const AFFINE: Declaration = Declaration {
    name: "affine",
    equation: "y = a · x + b",
    gradient: "dx = a · dy",
    sample: |rng| {
        let apply = |x: Var<f64>| x.affine(-1.5, 0.25);
        Sample::unary(rng, [-3.0, 3.0], &[], apply, |x| 0.25 - 1.5 * x)
    },
};

impl<T: Float> Var<T> {
    /// `scale · x + shift`, elementwise.
    #[must_use]
    pub fn affine(self, scale: f64, shift: f64) -> Self {
        let (a, b) = (T::of(scale), T::of(shift));
        map_with_slope("affine", self, move |x| a * x + b, a)
    }
}

/// Operators with a number: `x * 2.0`, `x + 1.0`, `x - 1.0`, `x / 2.0`.
macro_rules! with_number {
    ($($trait:ident $method:ident |$number:ident| $scale:expr, $shift:expr;)*) => { $(
        impl<T: Float> std::ops::$trait<f64> for Var<T> {
            type Output = Self;

            fn $method(self, $number: f64) -> Self {
                self.affine($scale, $shift)
            }
        }
    )* };
}

with_number! {
    Add add |number| 1.0, number;
    Sub sub |number| 1.0, -number;
    Mul mul |number| number, 0.0;
    Div div |number| 1.0 / number, 0.0;
}
