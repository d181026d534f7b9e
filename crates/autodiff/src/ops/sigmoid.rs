//! The logistic function.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = 1 / (1 + exp(−x))`: see [`Var::sigmoid`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([0.0, 1000.0]));
/// let y = Var::apply(ops::Sigmoid, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.5, 1.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([0.25, 0.0]))); // y · (1 − y)
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sigmoid;

impl Declared for Sigmoid {
    const DECLARATION: Declaration = Declaration {
        name: "sigmoid",
        equation: "y = 1 / (1 + exp(−x))",
        gradient: "dx = dy · y · (1 − y)",
        sample: |rng| {
            Sample::unary(rng, [-6.0, 6.0], &[], Var::sigmoid, |x| 1.0 / (1.0 + (-x).exp()))
        },
    };
}

impl Function for Sigmoid {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Output;

    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.logistic()
    }

    fn gradient<T: Float>(&self, dy: T, y: T) -> T {
        dy * (y * (T::ONE - y))
    }

    fn vjp<T: Float>(&self, _x: &Var<T>, y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&y.mul(&y.clone().affine(-1.0, 1.0))?)
    }
}

impl<T: Float> Var<T> {
    /// The logistic function, elementwise: between 0 and 1.
    ///
    /// `y = 1 / (1 + exp(−x))`
    #[doc(alias = "expit")]
    #[must_use]
    pub fn sigmoid(self) -> Self {
        record_function(Sigmoid, self)
    }
}
