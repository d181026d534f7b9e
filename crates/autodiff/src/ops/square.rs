//! The square.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = x²`: see [`Var::square`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([-3.0, 2.0]));
/// let y = Var::apply(ops::Square, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([9.0, 4.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([-6.0, 4.0]))); // 2x
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Square;

impl Declared for Square {
    const DECLARATION: Declaration = Declaration {
        name: "square",
        equation: "y = x²",
        gradient: "dx = 2 · dy · x",
        sample: |rng| Sample::unary(rng, [-3.0, 3.0], &[], Var::square, |x| x.powi(2)),
    };
}

impl Function for Square {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "square"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x * x
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * (x + x)
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&x.clone().affine(2.0, 0.0))
    }
}

impl<T: Float> Var<T> {
    /// The square of each element.
    ///
    /// `y = x²`
    #[must_use]
    pub fn square(self) -> Self {
        record_function(Square, self)
    }
}
