//! The absolute value.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const ABS: Declaration = Declaration {
    name: "abs",
    equation: "y = |x|",
    gradient: "dx = dy · sign(x)",
    sample: |rng| {
        Sample::unary(rng, [-3.0, 3.0], &[0.0], Var::abs, |x| if x < 0.0 { -x } else { x })
    },
};

impl<T: Float> Var<T> {
    /// The absolute value of each element. At 0 its gradient is 0, as in PyTorch.
    ///
    /// `y = |x|`
    #[must_use]
    pub fn abs(self) -> Self {
        map_from_input("abs", self, |x| x.abs(), sign)
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
