//! ReLU: the positive part.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = max(x, 0)`: see [`Var::relu`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([-2.0, 3.0]));
/// let y = Var::apply(ops::Relu, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 3.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([0.0, 1.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Relu;

impl Declared for Relu {
    const DECLARATION: Declaration = Declaration {
        name: "relu",
        equation: "y = max(x, 0)",
        gradient: "dx = 0 where x ≤ 0, else dy",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 3.0], &[0.0], Var::relu, |x| if x > 0.0 { x } else { 0.0 })
        },
    };
}

impl Function for Relu {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Output;

    fn name(&self) -> &'static str {
        "relu"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.maximum(T::ZERO)
    }

    fn gradient<T: Float>(&self, dy: T, y: T) -> T {
        if y <= T::ZERO { T::ZERO } else { dy }
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&x.indicator(|x| x.maximum(T::ZERO) != T::ZERO)?)
    }
}

impl<T: Float> Var<T> {
    /// The positive part, elementwise.
    ///
    /// Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).
    ///
    /// `y = max(x, 0)`
    ///
    /// A NaN stays one, and its gradient is `dy`, as in PyTorch.
    #[must_use]
    pub fn relu(self) -> Self {
        record_function(Relu, self)
    }
}
