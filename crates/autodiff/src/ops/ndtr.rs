//! The distribution function of the normal distribution.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = Φ(x)`: see [`Var::ndtr`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([0.0, 10.0]));
/// let y = Var::apply(ops::Ndtr, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.5, 1.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ndtr;

impl Declared for Ndtr {
    const DECLARATION: Declaration = Declaration {
        name: "ndtr",
        equation: "y = Φ(x) = (1 + erf(x / √2)) / 2",
        gradient: "dx = dy · φ(x), φ(x) = exp(−x² / 2) / √(2π)",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 3.0], &[], Var::ndtr, |x| {
                0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
            })
        },
    };
}

impl Function for Ndtr {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "ndtr"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.normal_distribution().0
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * x.normal_distribution().1
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&density(x))
    }
}

/// φ(x), by differentiable operations.
pub(super) fn density<T: Float>(x: &Var<T>) -> Var<T> {
    x.clone().square().affine(-0.5, 0.0).exp().affine(DENSITY_AT_0, 0.0)
}

/// 1 / √(2π)
const DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;

impl<T: Float> Var<T> {
    /// The standard normal distribution function Φ, elementwise: the probability of less than each
    /// element.
    ///
    /// `y = Φ(x) = (1 + erf(x / √2)) / 2`
    #[must_use]
    pub fn ndtr(self) -> Self {
        record_function(Ndtr, self)
    }
}
