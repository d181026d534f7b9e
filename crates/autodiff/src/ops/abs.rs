//! The absolute value.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = |x|`: see [`Var::abs`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([-2.0, 0.0, 3.0]));
/// let y = Var::apply(ops::Abs, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([2.0, 0.0, 3.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([-1.0, 0.0, 1.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Abs;

impl Declared for Abs {
    const DECLARATION: Declaration = Declaration {
        name: "abs",
        equation: "y = |x|",
        gradient: "dx = dy · sign(x)",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 3.0], &[0.0], Var::abs, |x| if x < 0.0 { -x } else { x })
        },
    };
}

impl Function for Abs {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "abs"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.abs()
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * sign(x)
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&Var::constant(x.value()?.map(sign)))
    }
}

fn sign<T: Float>(x: T) -> T {
    if x > T::ZERO {
        T::ONE
    } else if x < T::ZERO {
        -T::ONE
    } else {
        T::ZERO
    }
}

impl<T: Float> Var<T> {
    /// The absolute value of each element. At 0 its gradient is 0, as in PyTorch.
    ///
    /// `y = |x|`
    #[must_use]
    pub fn abs(self) -> Self {
        record_function(Abs, self)
    }
}
