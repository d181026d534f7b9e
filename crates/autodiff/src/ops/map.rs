//! A function of one number that the caller gives with its slope.

use std::fmt;
use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Shape, Tensor};

use crate::declaration::{Declaration, Declared, Sample};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record_function;
use crate::var::Var;

/// `y = f(x), dx = dy · slope(x)`: see [`Var::map_with_gradient`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let cube = ops::Map { f: |x: f64| x * x * x, slope: |x: f64| 3.0 * x * x };
/// let x = pass.input(Tensor::from([2.0]));
/// let y = Var::apply(cube, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([8.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([12.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Map<F, S> {
    /// What it computes.
    pub f: F,
    /// Its slope.
    pub slope: S,
}

impl<F, S> fmt::Debug for Map<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").finish_non_exhaustive()
    }
}

impl<F, S> Declared for Map<F, S> {
    const DECLARATION: Declaration = Declaration {
        name: "map",
        equation: "y = f(x), elementwise",
        gradient: "dx = dy · f′(x)",
        sample: |rng| {
            let apply = |x: Var<f64>| x.map_with_gradient(|x| x * x * x - x, |x| 3.0 * x * x - 1.0);
            Sample::unary(rng, [-2.0, 2.0], &[], apply, |x| x.powi(3) - x)
        },
    };
}

impl<T, F, S> Operation<T> for Map<F, S>
where
    T: Float,
    F: Fn(T) -> T + Sync + 'static,
    S: Fn(T) -> T + Sync + 'static,
{
    /// The input, if a gradient is needed.
    type Saved = Option<Tensor<T>>;

    fn name(&self) -> &'static str {
        "map"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        Ok(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let saved = operands.save_for(0, 0);
        Ok((operands.take(0).into_map(&self.f), saved))
    }

    fn gradient(
        &self,
        saved: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let x = saved.expect("saved because a gradient is needed");
        grads.accumulate(0, || dy.zip_into(&x, |dy, x| dy * (self.slope)(x)))
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Pointwise
    }
}

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
        f: impl Fn(T) -> T + Sync + 'static,
        slope: impl Fn(T) -> T + Sync + 'static,
    ) -> Self {
        record_function(Map { f, slope }, self)
    }
}
