//! The logistic function.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = 1 / (1 + exp(−x))`: see [`Var::sigmoid`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sigmoid;

impl Declared for Sigmoid {
    const DECLARATION: Declaration = Declaration {
        name: "sigmoid",
        equation: "y = 1 / (1 + exp(−x))",
        gradient: "dx = dy · y · (1 − y)",
        sample: |rng| {
            Sample::unary(rng, [-6.0, 6.0], &[], Var::sigmoid, |x| 1.0 / (1.0 + (-x).exp()))
        },
    };
}

impl Function for Sigmoid {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Output;

    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.logistic()
    }

    fn gradient<T: Float>(&self, dy: T, y: T) -> T {
        dy * (y * (T::ONE - y))
    }

    fn vjp<T: Float>(&self, _x: &Var<T>, y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&y.mul(&y.clone().affine(-1.0, 1.0))?)
    }
}

impl<T: Float> Var<T> {
    /// The logistic function, elementwise: between 0 and 1.
    ///
    /// `y = 1 / (1 + exp(−x))`
    #[doc(alias = "expit")]
    #[must_use]
    pub fn sigmoid(self) -> Self {
        record_function(Sigmoid, self)
    }
}
