//! A function of one number that the caller gives with its slope.

use plywood_tensor::Float;

use crate::declaration::{Declaration, Sample};
use crate::var::{Var, map_from_input};

pub(crate) const MAP: Declaration = Declaration {
    name: "map",
    equation: "y = f(x), elementwise",
    gradient: "dx = dy · f′(x)",
    sample: |rng| {
        let apply = |x: Var<f64>| x.map_with_gradient(|x| x * x * x - x, |x| 3.0 * x * x - 1.0);
        Sample::unary(rng, [-2.0, 2.0], &[], apply, |x| x.powi(3) - x)
    },
};

impl<T: Float> Var<T> {
    /// A function of one number and its slope, elementwise.
    ///
    /// `y = f(x), dx = dy · slope(x)`
    ///
    /// ```
    /// use plywood_autodiff::{Var, gradcheck};
    /// use plywood_tensor::Tensor;
    ///
    /// let bump = |x: Var<f64>| x.map_with_gradient(|x| (-x * x).exp(), |x| -2.0 * x * (-x * x).exp());
    /// gradcheck(&[Tensor::from([0.3, -1.2, 2.0])], |x, _| Ok(bump(x[0].clone())))?;
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[must_use]
    pub fn map_with_gradient(
        self,
        f: impl Fn(T) -> T + Sync,
        slope: impl Fn(T) -> T + Sync + 'static,
    ) -> Self {
        map_from_input("map", self, f, slope)
    }
}
