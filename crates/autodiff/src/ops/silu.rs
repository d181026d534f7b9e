//! SiLU, also called swish: the input, weighted by its sigmoid.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = x · σ(x)`: see [`Var::silu`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([0.0, 1000.0]));
/// let y = Var::apply(ops::Silu, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 1000.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([0.5, 1.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Silu;

impl Declared for Silu {
    const DECLARATION: Declaration = Declaration {
        name: "silu",
        equation: "y = x · σ(x)",
        gradient: "dx = dy · σ(x) · (1 + x · (1 − σ(x)))",
        sample: |rng| Sample::unary(rng, [-6.0, 6.0], &[], Var::silu, |x| x / (1.0 + (-x).exp())),
    };
}

impl Function for Silu {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "silu"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x * x.logistic()
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        let s = x.logistic();
        dy * (s * (T::ONE + x * (T::ONE - s)))
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        let s = x.clone().sigmoid();
        let bend = x.mul(&s.clone().affine(-1.0, 1.0))?.affine(1.0, 1.0);
        dy.mul(&s.mul(&bend)?)
    }
}

impl<T: Float> Var<T> {
    /// The input, weighted by its sigmoid σ, elementwise. Also called swish.
    ///
    /// Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units" (2017).
    ///
    /// `y = x · σ(x)`
    #[doc(alias = "swish")]
    #[must_use]
    pub fn silu(self) -> Self {
        record_function(Silu, self)
    }
}
