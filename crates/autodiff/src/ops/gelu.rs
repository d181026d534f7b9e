//! GELU: the input, weighted by the normal distribution function.

use plywood_tensor::{Float, Result};

use super::ndtr::density;
use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = x · Φ(x)`: see [`Var::gelu`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([0.0, 10.0]));
/// let y = Var::apply(ops::Gelu, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 10.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([0.5, 1.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gelu;

impl Declared for Gelu {
    const DECLARATION: Declaration = Declaration {
        name: "gelu",
        equation: "y = x · Φ(x), Φ(x) = (1 + erf(x / √2)) / 2",
        gradient: "dx = dy · (Φ(x) + x · φ(x)), φ(x) = exp(−x² / 2) / √(2π)",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 3.0], &[], Var::gelu, |x| {
                x * 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
            })
        },
    };
}

impl Function for Gelu {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "gelu"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x * x.normal_distribution().0
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        let (probability, density) = x.normal_distribution();
        dy * (probability + x * density)
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&x.clone().ndtr().add(&x.mul(&density(x))?)?)
    }
}

impl<T: Float> Var<T> {
    /// The input, weighted by the normal distribution function Φ, elementwise.
    ///
    /// Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016).
    ///
    /// `y = x · Φ(x), Φ(x) = (1 + erf(x / √2)) / 2`
    #[must_use]
    pub fn gelu(self) -> Self {
        record_function(Gelu, self)
    }
}
