//! Mish.

use plywood_tensor::{Float, Result};

use super::softplus::stable;
use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = x · tanh(softplus(x))`: see [`Var::mish`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([0.0, 100.0]));
/// let y = Var::apply(ops::Mish, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 100.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mish;

impl Declared for Mish {
    const DECLARATION: Declaration = Declaration {
        name: "mish",
        equation: "y = x · tanh(softplus(x))",
        gradient: "dx = dy · (t + x · (1 − t²) · σ(x)), t = tanh(softplus(x))",
        sample: |rng| {
            Sample::unary(rng, [-5.0, 5.0], &[], Var::mish, |x| x * (1.0 + x.exp()).ln().tanh())
        },
    };
}

impl Function for Mish {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "mish"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x * stable(x).tanh()
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        let t = stable(x).tanh();
        dy * (t + x * (T::ONE - t * t) * x.logistic())
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        let t = x.clone().softplus().tanh();
        // x · σ(x) · (1 − t²)
        let bend = x.clone().silu().mul(&t.clone().square().affine(-1.0, 1.0))?;
        dy.mul(&bend.add(&t)?)
    }
}

impl<T: Float> Var<T> {
    /// The input, weighted by the tanh of its softplus, elementwise.
    ///
    /// Source: Misra, "Mish: a self regularized non-monotonic activation function" (2019).
    ///
    /// `y = x · tanh(softplus(x))`
    #[must_use]
    pub fn mish(self) -> Self {
        record_function(Mish, self)
    }
}
