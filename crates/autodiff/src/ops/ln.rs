//! The natural logarithm.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = ln(x)`: see [`Var::ln`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ln;

impl Declared for Ln {
    const DECLARATION: Declaration = Declaration {
        name: "ln",
        equation: "y = ln(x)",
        gradient: "dx = dy / x",
        sample: |rng| {
            Sample::unary(rng, [0.2, 5.0], &[], Var::ln, |x| x.log2() / std::f64::consts::LOG2_E)
        },
    };
}

impl Function for Ln {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "ln"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.ln()
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * (T::ONE / x)
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.div(x)
    }
}

impl<T: Float> Var<T> {
    /// The natural logarithm of each element.
    ///
    /// `y = ln(x)`
    #[doc(alias = "log")]
    #[must_use]
    pub fn ln(self) -> Self {
        record_function(Ln, self)
    }
}
