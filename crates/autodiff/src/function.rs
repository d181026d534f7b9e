//! A function of one number as an operation.

use std::fmt;
use std::ops::RangeInclusive;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::attribute::Attribute;
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::var::{Var, VarGrads};

/// A differentiable function of one number, applied to each element. Its settings are its fields. It is an
/// [`Operation`], which works in place where nobody else holds the operand.
///
/// ```
/// use plywood_autodiff::{Function, SlopeFrom, Var, gradcheck};
/// use plywood_tensor::{Float, Tensor};
///
/// /// `y = exp(−rate · x)`
/// #[derive(Debug)]
/// struct Decay {
///     rate: f64,
/// }
///
/// impl Function for Decay {
///     const SLOPE_FROM: SlopeFrom = SlopeFrom::Output;
///
///     fn name(&self) -> &'static str {
///         "decay"
///     }
///
///     fn value<T: Float>(&self, x: T) -> T {
///         (T::of(-self.rate) * x).exp()
///     }
///
///     fn gradient<T: Float>(&self, dy: T, y: T) -> T {
///         dy * T::of(-self.rate) * y
///     }
/// }
///
/// gradcheck(&[Tensor::from([0.3, -1.2])], |x, _| Var::apply(Decay { rate: 0.5 }, &[&x[0]]))?;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait Function: fmt::Debug + Sync + 'static {
    /// What its slope is computed from.
    const SLOPE_FROM: SlopeFrom;

    /// Its name, as errors, summaries and graphs show it.
    fn name(&self) -> &'static str;

    /// What it computes.
    fn value<T: Float>(&self, x: T) -> T;

    /// The gradient with respect to `x`: `dy` times the slope. `at` is `x` or `y`, as
    /// [`SLOPE_FROM`](Self::SLOPE_FROM) says; if it says neither, it is `dy`.
    fn gradient<T: Float>(&self, dy: T, at: T) -> T;

    /// The same gradient, computed by differentiable operations: see [`Operation::vjp`].
    ///
    /// # Errors
    /// When it has no second derivative, which is what this says unless it is overridden.
    fn vjp<T: Float>(&self, _x: &Var<T>, _y: &Var<T>, _dy: &Var<T>) -> Result<Var<T>> {
        Err(Error::gradient("it has no second derivative").hint("`Function::vjp` gives it one"))
    }

    /// Its settings by name.
    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        Vec::new()
    }
}

/// What the slope of a [`Function`] is computed from, and so what is kept for it.
///
/// ```
/// use plywood_autodiff::{Function, SlopeFrom, ops};
///
/// assert_eq!(ops::Square::SLOPE_FROM, SlopeFrom::Input); // 2x
/// assert_eq!(ops::Exp::SLOPE_FROM, SlopeFrom::Output); // y
/// assert_eq!(ops::Neg::SLOPE_FROM, SlopeFrom::Neither); // −1
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlopeFrom {
    /// From `x`.
    Input,
    /// From `y`: the input may be overwritten.
    Output,
    /// The slope is the same everywhere: nothing is kept.
    Neither,
}

impl<T: Float, F: Function> Operation<T> for F {
    /// `x` or `y`, if a gradient is needed.
    type Saved = Option<Tensor<T>>;

    fn name(&self) -> &'static str {
        Function::name(self)
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        Ok(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let saves = |from| operands.needs_gradient(0) && F::SLOPE_FROM == from;
        let (input, output) = (saves(SlopeFrom::Input), saves(SlopeFrom::Output));
        let x = operands.take(0);
        let input = input.then(|| x.clone());
        let y = x.into_map(|x| self.value(x));
        let saved = if output { Some(y.clone()) } else { input };
        Ok((y, saved))
    }

    fn gradient(
        &self,
        saved: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || match saved {
            Some(at) => dy.zip_into(&at, |dy, at| Function::gradient(self, dy, at)),
            None => Ok(dy.into_map(|dy| Function::gradient(self, dy, dy))),
        })
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || Function::vjp(self, &operands[0], y, dy))
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Pointwise
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        Function::attributes(self)
    }
}

impl<T: Float> Var<T> {
    /// 1 where `holds`, else 0: a constant, for the slope of what is made of pieces.
    pub(crate) fn indicator(&self, holds: impl Fn(T) -> bool + Sync) -> Result<Self> {
        let value = self.value()?;
        Ok(Self::constant(value.map(|x| if holds(x) { T::ONE } else { T::ZERO })))
    }
}
