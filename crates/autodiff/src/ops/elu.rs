//! ELU: a ReLU that bends smoothly to −α.

use plywood_tensor::{Float, Result};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = x where x > 0, else α · (exp(x) − 1)`: see [`Var::elu`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([-1000.0, 2.0]));
/// let y = Var::apply(ops::Elu { alpha: 0.5 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([-0.5, 2.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elu {
    /// How far below 0 the results reach.
    pub alpha: f64,
}

impl Declared for Elu {
    const DECLARATION: Declaration = Declaration {
        name: "elu",
        equation: "y = x where x > 0, else α · (exp(x) − 1)",
        gradient: "dx = dy where x > 0, else dy · α · exp(x)",
        sample: |rng| {
            let apply = |x: Var<f64>| x.elu(1.3);
            let reference = |x: f64| if x > 0.0 { x } else { 1.3 * (x.exp() - 1.0) };
            Sample::unary(rng, [-3.0, 3.0], &[0.0], apply, reference)
        },
    };
}

impl Function for Elu {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "elu"
    }

    fn value<T: Float>(&self, x: T) -> T {
        if x > T::ZERO { x } else { T::of(self.alpha) * x.exp_m1() }
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        let slope = if x > T::ZERO { T::ONE } else { T::of(self.alpha) * x.exp() };
        dy * slope
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&slope_in_pieces(x, 1.0, self.alpha)?)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("alpha", self.alpha.into())]
    }
}

/// `above` where x > 0, `below` · exp(x) elsewhere, by differentiable operations.
pub(super) fn slope_in_pieces<T: Float>(x: &Var<T>, above: f64, below: f64) -> Result<Var<T>> {
    // `exp` sees no positive numbers: infinity times the 0 there would be NaN.
    let bend = x.clone().clamp(f64::NEG_INFINITY, 0.0).exp();
    let is_above = x.indicator(|x| x > T::ZERO)?;
    bend.mul(&is_above.clone().affine(-below, below))?.add(&is_above.affine(above, 0.0))
}

impl<T: Float> Var<T> {
    /// The input where it is positive, `alpha · (exp(x) − 1)` elsewhere (PyTorch's default: 1).
    ///
    /// Source: Clevert, Unterthiner and Hochreiter, "Exponential linear units" (2015).
    #[must_use]
    pub fn elu(self, alpha: f64) -> Self {
        record_function(Elu { alpha }, self)
    }
}
