//! The hyperbolic tangent.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = tanh(x)`: see [`Var::tanh`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tanh;

impl Declared for Tanh {
    const DECLARATION: Declaration = Declaration {
        name: "tanh",
        equation: "y = tanh(x)",
        gradient: "dx = dy · (1 − y²)",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 3.0], &[], Var::tanh, |x| {
                (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())
            })
        },
    };
}

impl Function for Tanh {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Output;

    fn name(&self) -> &'static str {
        "tanh"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.tanh()
    }

    fn gradient<T: Float>(&self, dy: T, y: T) -> T {
        dy * (T::ONE - y * y)
    }

    fn vjp<T: Float>(&self, _x: &Var<T>, y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&y.clone().square().affine(-1.0, 1.0))
    }
}

impl<T: Float> Var<T> {
    /// The hyperbolic tangent, elementwise: between −1 and 1.
    ///
    /// `y = tanh(x)`
    #[must_use]
    pub fn tanh(self) -> Self {
        record_function(Tanh, self)
    }
}
