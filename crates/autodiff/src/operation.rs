//! An operation as a value: what it computes, its gradient, and its settings.

use std::fmt;
use std::ops::Index;
use std::rc::Rc;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::operand_grads::OperandGrads;
use crate::var::{Site, Var, record_at};

/// A differentiable operation. Its settings are its fields.
///
/// An operation of your own is called by [`Var::apply`], and is then as good as those that are here: in dry
/// runs, summaries and graphs, and for [`gradcheck`](crate::gradcheck).
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
///     fn forward(&self, operands: &Operands<'_, T>) -> Result<(Tensor<T>, Tensor<T>)> {
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
    /// What the gradient needs of the operands and the result.
    type Saved: 'static;

    /// Its name, as errors, summaries and graphs show it.
    fn name(&self) -> &'static str;

    /// The shape of the result. It is asked first, also in dry runs, which stop here.
    ///
    /// # Errors
    /// When operands of these shapes don't fit.
    fn shape(&self, operands: &[Shape]) -> Result<Shape>;

    /// Computes the result, and what the gradient needs. It isn't called in a dry run.
    ///
    /// # Errors
    /// When the operands' elements can't be taken.
    fn forward(&self, operands: &Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)>;

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

    /// How many multiplications it does, each with an addition, where these are what takes its time.
    fn multiply_adds(&self, _operands: &[Shape]) -> u64 {
        0
    }
}

/// The values that an operation is called with.
pub struct Operands<'o, T: Float>(&'o [&'o Var<T>]);

impl<T: Float> Operands<'_, T> {
    /// Whether a gradient with respect to an operand will be asked for: what only that one needs, nobody has
    /// to save otherwise.
    pub fn needs_gradient(&self, operand: usize) -> bool {
        self.0[operand].needs_gradient()
    }

    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "an operation has operands")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T: Float> Index<usize> for Operands<'_, T> {
    type Output = Tensor<T>;

    fn index(&self, operand: usize) -> &Tensor<T> {
        self.0[operand].known()
    }
}

impl<T: Float> Var<T> {
    /// Computes an operation, and writes it down with its gradient: see [`Operation`].
    ///
    /// # Errors
    /// When the operands don't fit, are of different passes, or the operation gives another shape than it
    /// said.
    pub fn apply<O: Operation<T>>(operation: O, operands: &[&Self]) -> Result<Self> {
        let name = operation.name();
        if operands.is_empty() {
            return Err(Error::value("it has no operands").operation(name));
        }
        let shapes: Vec<Shape> = operands.iter().map(|operand| operand.shape()).collect();
        let shape = operation.shape(&shapes).map_err(|error| error.operation(name))?;
        let multiply_adds = operation.multiply_adds(&shapes);
        let site = Site { operation: name, inputs: operands, shape, multiply_adds, window: None };
        let operation = Rc::new(operation);
        let forward = || {
            let (y, saved) = operation.forward(&Operands(operands))?;
            if y.shape() != shape {
                return Err(Error::shape(format!(
                    "the result is {}, by its shape rule it should be {shape}",
                    y.shape()
                )));
            }
            Ok((y, saved))
        };
        let of_gradient = operation.clone();
        record_at(&site, forward, move |saved, dy, grads| of_gradient.gradient(saved, dy, grads))
    }
}
