//! ReLU6: the positive part, at most 6.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = min(max(x, 0), 6)`: see [`Var::relu6`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([-2.0, 3.0, 8.0]));
/// let y = Var::apply(ops::Relu6, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 3.0, 6.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([0.0, 1.0, 0.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relu6;

impl Declared for Relu6 {
    const DECLARATION: Declaration = Declaration {
        name: "relu6",
        equation: "y = min(max(x, 0), 6)",
        gradient: "dx = 0 where x ≤ 0 or x ≥ 6, else dy",
        sample: |rng| {
            Sample::unary(rng, [-3.0, 9.0], &[0.0, 6.0], Var::relu6, |x| x.clamp(0.0, 6.0))
        },
    };
}

impl Function for Relu6 {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Output;

    fn name(&self) -> &'static str {
        "relu6"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x.maximum(T::ZERO).minimum(T::of(6.0))
    }

    fn gradient<T: Float>(&self, dy: T, y: T) -> T {
        if is_at_a_limit(y) { T::ZERO } else { dy }
    }

    fn vjp<T: Float>(&self, _x: &Var<T>, y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&y.indicator(|y| !is_at_a_limit(y))?)
    }
}

fn is_at_a_limit<T: Float>(y: T) -> bool {
    y <= T::ZERO || y >= T::of(6.0)
}

impl<T: Float> Var<T> {
    /// The positive part, at most 6, elementwise.
    ///
    /// Source: Howard et al., "MobileNets" (2017).
    ///
    /// `y = min(max(x, 0), 6)`
    ///
    /// A NaN stays one, and its gradient is `dy`, as [`relu`](Self::relu)'s: PyTorch has `dy` or 0,
    /// depending on whether the element falls into a whole vector.
    #[must_use]
    pub fn relu6(self) -> Self {
        record_function(Relu6, self)
    }
}
