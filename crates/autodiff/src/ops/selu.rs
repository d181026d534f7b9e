//! SELU: an ELU that keeps mean and variance.

use plywood_tensor::{Float, Result};

use super::elu::slope_in_pieces;
use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = s · (x where x > 0, else α · (exp(x) − 1))`: see [`Var::selu`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([0.0_f64, 1.0]));
/// let y = Var::apply(ops::Selu, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 1.0507009873554805])); // s, the scale
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selu;

impl Declared for Selu {
    const DECLARATION: Declaration = Declaration {
        name: "selu",
        equation: "y = s · (x where x > 0, else α · (exp(x) − 1)), α ≈ 1.6733, s ≈ 1.0507",
        gradient: "dx = dy · s where x > 0, else dy · s · α · exp(x)",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 3.0], &[0.0], Var::selu, |x| {
                SCALE * if x > 0.0 { x } else { ALPHA * (x.exp() - 1.0) }
            })
        },
    };
}

impl Function for Selu {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "selu"
    }

    fn value<T: Float>(&self, x: T) -> T {
        T::of(SCALE) * if x > T::ZERO { x } else { T::of(ALPHA) * x.exp_m1() }
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        let slope = T::of(SCALE) * if x > T::ZERO { T::ONE } else { T::of(ALPHA) * x.exp() };
        dy * slope
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&slope_in_pieces(x, SCALE, SCALE * ALPHA)?)
    }
}

const ALPHA: f64 = 1.673_263_242_354_377_2;
const SCALE: f64 = 1.050_700_987_355_480_5;

impl<T: Float> Var<T> {
    /// An ELU scaled so that activations keep mean 0 and variance 1, elementwise.
    ///
    /// Source: Klambauer et al., "Self-normalizing neural networks" (2017).
    ///
    /// `y = s · (x where x > 0, else α · (exp(x) − 1)), α ≈ 1.6733, s ≈ 1.0507`
    #[must_use]
    pub fn selu(self) -> Self {
        record_function(Selu, self)
    }
}
