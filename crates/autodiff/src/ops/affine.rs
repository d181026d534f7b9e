//! A number times the input plus a number.

use plywood_tensor::{Float, Result};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = scale · x + shift`: see [`Var::affine`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([1.0, 3.0]));
/// let y = Var::apply(ops::Affine { scale: 2.0, shift: 1.0 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([3.0, 7.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([2.0, 2.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// The factor.
    pub scale: f64,
    /// What is added.
    pub shift: f64,
}

impl Declared for Affine {
    const DECLARATION: Declaration = Declaration {
        name: "affine",
        equation: "y = a · x + b",
        gradient: "dx = a · dy",
        sample: |rng| {
            let apply = |x: Var<f64>| x.affine(-1.5, 0.25);
            Sample::unary(rng, [-3.0, 3.0], &[], apply, |x| 0.25 - 1.5 * x)
        },
    };
}

impl Function for Affine {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Neither;

    fn name(&self) -> &'static str {
        "affine"
    }

    fn value<T: Float>(&self, x: T) -> T {
        T::of(self.scale) * x + T::of(self.shift)
    }

    fn gradient<T: Float>(&self, dy: T, _at: T) -> T {
        dy * T::of(self.scale)
    }

    fn vjp<T: Float>(&self, _x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        Ok(dy.clone().affine(self.scale, 0.0))
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("scale", self.scale.into()), ("shift", self.shift.into())]
    }
}

impl<T: Float> Var<T> {
    /// `scale · x + shift`, elementwise.
    #[must_use]
    #[track_caller]
    pub fn affine(self, scale: f64, shift: f64) -> Self {
        record_function(Affine { scale, shift }, self)
    }
}
