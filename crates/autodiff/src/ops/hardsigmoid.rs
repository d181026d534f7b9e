//! A sigmoid of straight lines.

use plywood_tensor::{Float, Result};

use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = min(max(x + 3, 0), 6) / 6`: see [`Var::hardsigmoid`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([-4.0, 0.0, 1.5, 4.0]));
/// let y = Var::apply(ops::Hardsigmoid, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([0.0, 0.5, 0.75, 1.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hardsigmoid;

impl Declared for Hardsigmoid {
    const DECLARATION: Declaration = Declaration {
        name: "hardsigmoid",
        equation: "y = min(max(x + 3, 0), 6) / 6",
        gradient: "dx = dy / 6 where −3 < x < 3, else 0",
        sample: |rng| {
            Sample::unary(rng, [-6.0, 6.0], &[-3.0, 3.0], Var::hardsigmoid, |x| {
                (x / 6.0 + 0.5).clamp(0.0, 1.0)
            })
        },
    };
}

impl Function for Hardsigmoid {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "hardsigmoid"
    }

    fn value<T: Float>(&self, x: T) -> T {
        (x + T::of(3.0)).maximum(T::ZERO).minimum(T::of(6.0)) / T::of(6.0)
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        if is_inside(x) { dy * T::of(1.0 / 6.0) } else { T::ZERO }
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&x.indicator(is_inside)?.affine(1.0 / 6.0, 0.0))
    }
}

fn is_inside<T: Float>(x: T) -> bool {
    x.abs() < T::of(3.0)
}

impl<T: Float> Var<T> {
    /// A sigmoid of straight lines, elementwise.
    ///
    /// Source: Howard et al., "Searching for MobileNetV3" (2019).
    ///
    /// `y = min(max(x + 3, 0), 6) / 6`
    #[must_use]
    pub fn hardsigmoid(self) -> Self {
        record_function(Hardsigmoid, self)
    }
}
