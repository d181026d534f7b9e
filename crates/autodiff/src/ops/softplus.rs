//! Softplus: a smooth ReLU.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = ln(1 + exp(x))`: see [`Var::softplus`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([-1000.0, 1000.0]));
/// let y = Var::apply(ops::Softplus, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 1000.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Softplus;

impl Declared for Softplus {
    const DECLARATION: Declaration = Declaration {
        name: "softplus",
        equation: "y = ln(1 + exp(x)) = max(x, 0) + ln(1 + exp(−|x|))",
        gradient: "dx = dy · σ(x)",
        sample: |rng| Sample::unary(rng, [-6.0, 6.0], &[], Var::softplus, |x| (1.0 + x.exp()).ln()),
    };
}

impl Function for Softplus {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "softplus"
    }

    fn value<T: Float>(&self, x: T) -> T {
        stable(x)
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * x.logistic()
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&x.clone().sigmoid())
    }
}

/// `ln(1 + exp(x))`: `exp` sees negative numbers only.
pub(crate) fn stable<T: Float>(x: T) -> T {
    x.maximum(T::ZERO) + (-x.abs()).exp().ln_1p()
}

impl<T: Float> Var<T> {
    /// A smooth ReLU, elementwise, computed without overflow.
    ///
    /// `y = ln(1 + exp(x)) = max(x, 0) + ln(1 + exp(−|x|))`
    #[must_use]
    pub fn softplus(self) -> Self {
        record_function(Softplus, self)
    }
}
