//! SiLU of straight lines.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = x · min(max(x + 3, 0), 6) / 6`: see [`Var::hardswish`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([-4.0, -1.5, 4.0]));
/// let y = Var::apply(ops::Hardswish, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, -0.375, 4.0])); // −1.5 · 0.25
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hardswish;

impl Declared for Hardswish {
    const DECLARATION: Declaration = Declaration {
        name: "hardswish",
        equation: "y = x · min(max(x + 3, 0), 6) / 6",
        gradient: "dx = dy · (2x + 3) / 6 where −3 < x < 3, dy above, 0 below",
        sample: |rng| {
            Sample::unary(rng, [-6.0, 6.0], &[-3.0, 3.0], Var::hardswish, |x| {
                x * (x / 6.0 + 0.5).clamp(0.0, 1.0)
            })
        },
    };
}

impl Function for Hardswish {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "hardswish"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x * (x + T::of(3.0)).maximum(T::ZERO).minimum(T::of(6.0)) / T::of(6.0)
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        if x <= T::of(-3.0) {
            T::ZERO
        } else if x < T::of(3.0) {
            dy * ((x + x + T::of(3.0)) / T::of(6.0))
        } else {
            dy
        }
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        let is_inside = x.indicator(|x| x > T::of(-3.0) && x < T::of(3.0))?;
        // Limited, because infinity times the 0 outside would be NaN.
        let inside = x.clone().clamp(-3.0, 3.0).affine(1.0 / 3.0, 0.5).mul(&is_inside)?;
        dy.mul(&inside.add(&x.indicator(|x| x >= T::of(3.0))?)?)
    }
}

impl<T: Float> Var<T> {
    /// The input, weighted by its [`hardsigmoid`](Self::hardsigmoid), elementwise.
    ///
    /// Source: Howard et al., "Searching for MobileNetV3" (2019).
    ///
    /// `y = x · min(max(x + 3, 0), 6) / 6`
    #[must_use]
    pub fn hardswish(self) -> Self {
        record_function(Hardswish, self)
    }
}
