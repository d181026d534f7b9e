//! The square root.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = √x`: see [`Var::sqrt`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([4.0, 1.0]));
/// let y = Var::apply(ops::Sqrt, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([2.0, 1.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([0.25, 0.5]))); // 1 / 2y
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sqrt;

impl Declared for Sqrt {
    const DECLARATION: Declaration = Declaration {
        name: "sqrt",
        equation: "y = √x",
        gradient: "dx = dy / (2 · y)",
        sample: |rng| Sample::unary(rng, [0.2, 5.0], &[], Var::sqrt, |x| x.powf(0.5)),
    };
}

impl Function for Sqrt {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Output;

    fn name(&self) -> &'static str {
        "sqrt"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.sqrt()
    }

    fn gradient<T: Float>(&self, dy: T, y: T) -> T {
        dy * (T::of(0.5) / y)
    }

    fn vjp<T: Float>(&self, _x: &Var<T>, y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        Ok(dy.div(y)?.affine(0.5, 0.0))
    }
}

impl<T: Float> Var<T> {
    /// The square root of each element.
    ///
    /// `y = √x`
    #[must_use]
    pub fn sqrt(self) -> Self {
        record_function(Sqrt, self)
    }
}
