//! Limiting to a range.

use plywood_tensor::{Float, Result};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = min(max(x, low), high)`: see [`Var::clamp`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([-3.0, 0.5, 2.0]));
/// let y = Var::apply(ops::Clamp { low: -1.0, high: 1.0 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([-1.0, 0.5, 1.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([0.0, 1.0, 0.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clamp {
    /// The least result.
    pub low: f64,
    /// The greatest result.
    pub high: f64,
}

impl Declared for Clamp {
    const DECLARATION: Declaration = Declaration {
        name: "clamp",
        equation: "y = min(max(x, low), high)",
        gradient: "dx = dy where low ≤ x ≤ high, else 0",
        sample: |rng| {
            let apply = |x: Var<f64>| x.clamp(-1.0, 0.5);
            Sample::unary(rng, [-3.0, 3.0], &[-1.0, 0.5], apply, |x| x.clamp(-1.0, 0.5))
        },
    };
}

impl Function for Clamp {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "clamp"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.maximum(T::of(self.low)).minimum(T::of(self.high))
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        if self.is_inside(x) { dy } else { T::ZERO }
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&x.indicator(|x| self.is_inside(x))?)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("low", self.low.into()), ("high", self.high.into())]
    }
}

impl Clamp {
    fn is_inside<T: Float>(&self, x: T) -> bool {
        x >= T::of(self.low) && x <= T::of(self.high)
    }
}

impl<T: Float> Var<T> {
    /// Each element, not below `low` and not above `high`.
    #[doc(alias("clip", "hardtanh"))]
    #[must_use]
    pub fn clamp(self, low: f64, high: f64) -> Self {
        record_function(Clamp { low, high }, self)
    }
}
