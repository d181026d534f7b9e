//! Softsign.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = x / (1 + |x|)`: see [`Var::softsign`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([-1.0, 0.0, 3.0]));
/// let y = Var::apply(ops::Softsign, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([-0.5, 0.0, 0.75]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Softsign;

impl Declared for Softsign {
    const DECLARATION: Declaration = Declaration {
        name: "softsign",
        equation: "y = x / (1 + |x|)",
        gradient: "dx = dy / (1 + |x|)²",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 3.0], &[0.0], Var::softsign, |x| {
                if x < 0.0 { x / (1.0 - x) } else { x / (1.0 + x) }
            })
        },
    };
}

impl Function for Softsign {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "softsign"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x / (T::ONE + x.abs())
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        let width = T::ONE + x.abs();
        dy * (T::ONE / (width * width))
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&x.clone().abs().affine(1.0, 1.0).powi(-2))
    }
}

impl<T: Float> Var<T> {
    /// Between −1 and 1 like tanh, but slower to get there, elementwise.
    ///
    /// `y = x / (1 + |x|)`
    #[must_use]
    pub fn softsign(self) -> Self {
        record_function(Softsign, self)
    }
}
