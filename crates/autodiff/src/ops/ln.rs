//! The natural logarithm.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = ln(x)`: see [`Var::ln`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([1.0, 4.0]));
/// let y = Var::apply(ops::Ln, &[&x])?;
/// assert_eq!(y.value()?.get(&[0])?, 0.0);
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([1.0, 0.25]))); // 1 / x
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ln;

impl Declared for Ln {
    const DECLARATION: Declaration = Declaration {
        name: "ln",
        equation: "y = ln(x)",
        gradient: "dx = dy / x",
        sample: |rng| {
            Sample::unary(rng, [0.2, 5.0], &[], Var::ln, |x| x.log2() / std::f64::consts::LOG2_E)
        },
    };
}

impl Function for Ln {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "ln"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.ln()
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * (T::ONE / x)
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.div(x)
    }
}

impl<T: Float> Var<T> {
    /// The natural logarithm of each element.
    ///
    /// `y = ln(x)`
    #[doc(alias = "log")]
    #[must_use]
    pub fn ln(self) -> Self {
        record_function(Ln, self)
    }
}
