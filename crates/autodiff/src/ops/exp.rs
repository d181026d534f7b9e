//! The exponential function.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = exp(x)`: see [`Var::exp`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([0.0]));
/// let y = Var::apply(ops::Exp, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([1.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([1.0]))); // the result itself
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exp;

impl Declared for Exp {
    const DECLARATION: Declaration = Declaration {
        name: "exp",
        equation: "y = exp(x)",
        gradient: "dx = dy · y",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 3.0], &[], Var::exp, |x| std::f64::consts::E.powf(x))
        },
    };
}

impl Function for Exp {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Output;

    fn name(&self) -> &'static str {
        "exp"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.exp()
    }

    fn gradient<T: Float>(&self, dy: T, y: T) -> T {
        dy * y
    }

    fn vjp<T: Float>(&self, _x: &Var<T>, y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(y)
    }
}

impl<T: Float> Var<T> {
    /// e to the power of each element.
    ///
    /// `y = exp(x)`
    #[must_use]
    pub fn exp(self) -> Self {
        record_function(Exp, self)
    }
}
