//! Leaky ReLU: a ReLU that lets a little through below 0.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const LEAKY_RELU: Declaration = Declaration {
    name: "leaky_relu",
    equation: "y = x where x > 0, else a · x",
    gradient: "dx = dy where x > 0, else a · dy",
    sample: |rng| {
        let apply = |x: Var<f64>| x.leaky_relu(0.2);
        Sample::unary(rng, [-3.0, 3.0], &[0.0], apply, |x| x.max(0.0) + 0.2 * x.min(0.0))
    },
};

impl<T: Float> Var<T> {
    /// The input where it is positive, `negative_slope` (PyTorch's default: 0.01) times the input
    /// elsewhere.
    ///
    /// Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic
    /// models" (2013).
    #[must_use]
    pub fn leaky_relu(self, negative_slope: f64) -> Self {
        let slope = move |x| if x > T::ZERO { T::ONE } else { T::of(negative_slope) };
        map_from_input("leaky_relu", self, move |x| x * slope(x), slope)
    }
}
