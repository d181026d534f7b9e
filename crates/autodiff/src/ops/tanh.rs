//! The hyperbolic tangent.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = tanh(x)`: see [`Var::tanh`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([0.0, 1000.0]));
/// let y = Var::apply(ops::Tanh, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 1.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([1.0, 0.0]))); // 1 − y²
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tanh;

impl Declared for Tanh {
    const DECLARATION: Declaration = Declaration {
        name: "tanh",
        equation: "y = tanh(x)",
        gradient: "dx = dy · (1 − y²)",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 3.0], &[], Var::tanh, |x| {
                (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())
            })
        },
    };
}

impl Function for Tanh {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Output;

    fn name(&self) -> &'static str {
        "tanh"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.tanh()
    }

    fn gradient<T: Float>(&self, dy: T, y: T) -> T {
        dy * (T::ONE - y * y)
    }

    fn vjp<T: Float>(&self, _x: &Var<T>, y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&y.clone().square().affine(-1.0, 1.0))
    }
}

impl<T: Float> Var<T> {
    /// The hyperbolic tangent, elementwise: between −1 and 1.
    ///
    /// `y = tanh(x)`
    #[must_use]
    pub fn tanh(self) -> Self {
        record_function(Tanh, self)
    }
}
