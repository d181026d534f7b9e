//! An operation as a value: what it computes, its gradient, and its settings.

use std::fmt;
use std::ops::RangeInclusive;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::attribute::Attribute;
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::reach::Reach;
use crate::var::{Var, VarGrads};

/// A differentiable operation. Its settings are its fields.
///
/// An operation of your own is called by [`Var::apply`], and is then as good as [those that are
/// here](crate::ops): in dry runs, summaries and graphs, and for [`gradcheck`](crate::gradcheck). A function of
/// one number is shorter as a [`Function`](crate::Function), or by [`Var::map_with_gradient`].
///
/// ```
/// use plywood_autodiff::{OperandGrads, Operands, Operation, Var, gradcheck};
/// use plywood_tensor::{Float, Result, Shape, Tensor};
///
/// /// `y = x³`
/// #[derive(Debug)]
/// struct Cube;
///
/// impl<T: Float> Operation<T> for Cube {
///     type Saved = Tensor<T>;
///
///     fn name(&self) -> &'static str {
///         "cube"
///     }
///
///     fn shape(&self, operands: &[Shape]) -> Result<Shape> {
///         Ok(operands[0])
///     }
///
///     fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Tensor<T>)> {
///         let x = &operands[0];
///         Ok((x.map(|x| x * x * x), x.clone()))
///     }
///
///     fn gradient(&self, x: Tensor<T>, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
///         grads.accumulate(0, || dy.zip(&x, |dy, x| dy * T::of(3.0) * x * x))
///     }
/// }
///
/// gradcheck(&[Tensor::from([0.3, -1.2])], |x, _| Var::apply(Cube, &[&x[0]]))?;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait Operation<T: Float = f32>: fmt::Debug + 'static {
    /// What the gradient needs of the operands and the result. Cloning it should be cheap, as it is for
    /// tensors: a pass that is [kept](crate::Pass::backward_and_keep) clones it for each way back.
    type Saved: Clone + 'static;

    /// Its name, as errors, summaries and graphs show it.
    fn name(&self) -> &'static str;

    /// How many operands it takes: at least one.
    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=usize::MAX
    }

    /// The shape of the result. It is asked first, also in dry runs, which stop here.
    ///
    /// # Errors
    /// When operands of these shapes don't fit.
    fn shape(&self, operands: &[Shape]) -> Result<Shape>;

    /// Computes the result, and what the gradient needs. It isn't called in a dry run. A segment that is
    /// [recomputed](crate::Pass::recompute) calls it twice: the same operands give the same bits.
    ///
    /// # Errors
    /// When the operands' elements can't be taken.
    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)>;

    /// Gives each operand its gradient; `dy` is that with respect to the result.
    ///
    /// # Errors
    /// When the gradient can't be computed.
    fn gradient(
        &self,
        saved: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()>;

    /// The same gradient, computed by differentiable operations, so that it has a gradient itself: the
    /// vector–Jacobian product of `dy` at these operands, whose result is `y`. An operation that is made of
    /// others has it from [`VarGrads::through`].
    ///
    /// # Errors
    /// When it has no second derivative, which is what this says unless it is overridden.
    fn vjp(
        &self,
        _operands: &[Var<T>],
        _y: &Var<T>,
        _dy: &Var<T>,
        _grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        Err(Error::gradient("it has no second derivative").hint("`Operation::vjp` gives it one"))
    }

    /// How many multiplications it does, each with an addition, where these are what takes its time.
    fn multiply_adds(&self, _operands: &[Shape]) -> u64 {
        0
    }

    /// Which pixels of its operands a pixel of the result depends on.
    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Everything
    }

    /// Its settings by name, for who writes a graph in another format.
    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        Vec::new()
    }
}
