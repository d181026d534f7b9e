//! Leaky ReLU: a ReLU that lets a little through below 0.

use plywood_tensor::{Float, Result};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample};
use crate::function::{Function, SlopeFrom};
use crate::record::record_function;
use crate::var::Var;

/// `y = x where x > 0, else a · x`: see [`Var::leaky_relu`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([-2.0, 3.0]));
/// let y = Var::apply(ops::LeakyRelu { negative_slope: 0.5 }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([-1.0, 3.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([0.5, 1.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeakyRelu {
    /// The slope below 0.
    pub negative_slope: f64,
}

impl Declared for LeakyRelu {
    const DECLARATION: Declaration = Declaration {
        name: "leaky_relu",
        equation: "y = x where x > 0, else a · x",
        gradient: "dx = dy where x > 0, else a · dy",
        sample: |rng| {
            let apply = |x: Var<f64>| x.leaky_relu(0.2);
            Sample::unary(rng, [-3.0, 3.0], &[0.0], apply, |x| x.max(0.0) + 0.2 * x.min(0.0))
        },
    };
}

impl Function for LeakyRelu {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "leaky_relu"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x * self.slope(x)
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * self.slope(x)
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&Var::constant(x.value()?.map(|x| self.slope(x))))
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("negative_slope", self.negative_slope.into())]
    }
}

impl LeakyRelu {
    fn slope<T: Float>(&self, x: T) -> T {
        if x > T::ZERO { T::ONE } else { T::of(self.negative_slope) }
    }
}

impl<T: Float> Var<T> {
    /// The input where it is positive, `negative_slope` (PyTorch's default: 0.01) times the input
    /// elsewhere.
    ///
    /// Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic
    /// models" (2013).
    #[must_use]
    pub fn leaky_relu(self, negative_slope: f64) -> Self {
        record_function(LeakyRelu { negative_slope }, self)
    }
}
