//! The negative.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::var::Var;

/// `y = −x`: the operator `-`.
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([1.0, -2.0]));
/// let y = Var::apply(ops::Neg, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([-1.0, 2.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neg;

impl Declared for Neg {
    const DECLARATION: Declaration = Declaration {
        name: "neg",
        equation: "y = −x",
        gradient: "dx = −dy",
        sample: |rng| Sample::unary(rng, [-3.0, 3.0], &[], |x| -x, |x| 0.0 - x),
    };
}

impl Function for Neg {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Neither;

    fn name(&self) -> &'static str {
        "neg"
    }

    fn value<T: Float>(&self, x: T) -> T {
        -x
    }

    fn gradient<T: Float>(&self, dy: T, _at: T) -> T {
        -dy
    }

    fn vjp<T: Float>(&self, _x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        Ok(-dy.clone())
    }
}
