//! ELU: a ReLU that bends smoothly to −α.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const ELU: Declaration = Declaration {
    name: "elu",
    equation: "y = x where x > 0, else α · (exp(x) − 1)",
    gradient: "dx = dy where x > 0, else dy · α · exp(x)",
    sample: |rng| {
        let apply = |x: Var<f64>| x.elu(1.3);
        let reference = |x: f64| if x > 0.0 { x } else { 1.3 * (x.exp() - 1.0) };
        Sample::unary(rng, [-3.0, 3.0], &[0.0], apply, reference)
    },
};

impl<T: Float> Var<T> {
    /// The input where it is positive, `alpha · (exp(x) − 1)` elsewhere (PyTorch's default: 1).
    ///
    /// Source: Clevert, Unterthiner and Hochreiter, "Exponential linear units" (2015).
    #[must_use]
    pub fn elu(self, alpha: f64) -> Self {
        let a = T::of(alpha);
        let f = move |x: T| if x > T::ZERO { x } else { a * x.exponential_minus_one() };
        let slope = move |x: T| if x > T::ZERO { T::ONE } else { a * x.exponential() };
        map_from_input("elu", self, f, slope)
    }
}
