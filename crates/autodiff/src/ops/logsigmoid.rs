//! The logarithm of the sigmoid.

use plywood_tensor::{Float, Result};

use super::softplus::stable;
use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = −ln(1 + exp(−x))`: see [`Var::logsigmoid`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([1000.0, -1000.0]));
/// let y = Var::apply(ops::Logsigmoid, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, -1000.0])); // not −∞
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logsigmoid;

impl Declared for Logsigmoid {
    const DECLARATION: Declaration = Declaration {
        name: "logsigmoid",
        equation: "y = −ln(1 + exp(−x))",
        gradient: "dx = dy · (1 − σ(x))",
        sample: |rng| {
            Sample::unary(rng, [-6.0, 6.0], &[], Var::logsigmoid, |x| {
                (1.0 / (1.0 + (-x).exp())).ln()
            })
        },
    };
}

impl Function for Logsigmoid {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "logsigmoid"
    }

    fn value<T: Float>(&self, x: T) -> T {
        -stable(-x)
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * (-x).logistic()
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&(-x.clone()).sigmoid())
    }
}

impl<T: Float> Var<T> {
    /// The logarithm of the sigmoid, elementwise, exact also where that rounds to 0.
    ///
    /// `y = −ln(1 + exp(−x))`
    #[doc(alias = "log_sigmoid")]
    #[must_use]
    pub fn logsigmoid(self) -> Self {
        record_function(Logsigmoid, self)
    }
}
