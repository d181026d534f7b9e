//! Whole powers.

use plywood_tensor::{Float, Result};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = xⁿ`: see [`Var::powi`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([2.0]));
/// let y = Var::apply(ops::Powi { n: 3 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([8.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([12.0]))); // 3 · 2²
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Powi {
    /// The exponent.
    pub n: i32,
}

impl Declared for Powi {
    const DECLARATION: Declaration = Declaration {
        name: "powi",
        equation: "y = xⁿ",
        gradient: "dx = dy · n · xⁿ⁻¹",
        sample: |rng| {
            Sample::unary(rng, [0.5, 2.0], &[], |x: Var<f64>| x.powi(-3), |x| 1.0 / (x * x * x))
        },
    };
}

impl Function for Powi {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "powi"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.powi(self.n)
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        let n = T::of(f64::from(self.n));
        let slope = match self.n.checked_sub(1) {
            Some(-1) => T::ZERO,
            Some(less) => n * x.powi(less),
            None => n * (x.powi(self.n) / x),
        };
        dy * slope
    }

    fn vjp<T: Float>(&self, x: &Var<T>, y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        let n = f64::from(self.n);
        match self.n.checked_sub(1) {
            // Not 0 · x⁻¹, which is NaN at 0.
            Some(-1) => Ok(dy.clone().affine(0.0, 0.0)),
            Some(less) => dy.mul(&x.clone().powi(less).affine(n, 0.0)),
            None => dy.mul(&y.div(x)?.affine(n, 0.0)),
        }
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("n", i64::from(self.n).into())]
    }
}

impl<T: Float> Var<T> {
    /// Each element to a whole power.
    #[doc(alias = "pow")]
    #[must_use]
    pub fn powi(self, n: i32) -> Self {
        record_function(Powi { n }, self)
    }
}
