//! The values that an operation computes with.

use std::ops::Index;

use plywood_tensor::{Float, Tensor};

/// The values that an operation is called with.
///
/// ```
/// use plywood_autodiff::{Operands, OperandGrads, Operation, Var, gradcheck};
/// use plywood_tensor::{Result, Shape, Tensor};
///
/// /// `y = a · b`
/// #[derive(Debug)]
/// struct Product;
///
/// impl Operation<f64> for Product {
///     type Saved = [Option<Tensor<f64>>; 2];
///
///     fn name(&self) -> &'static str {
///         "product"
///     }
///
///     fn shape(&self, operands: &[Shape]) -> Result<Shape> {
///         Ok(operands[0])
///     }
///
///     fn forward(&self, operands: &mut Operands<'_, f64>) -> Result<(Tensor<f64>, Self::Saved)> {
///         // Each is kept where the gradient of the other will be asked for.
///         let saved = [operands.save_for(1, 0), operands.save_for(0, 1)];
///         Ok((operands[0].mul(&operands[1])?, saved))
///     }
///
///     fn gradient(
///         &self,
///         [a, b]: Self::Saved,
///         dy: Tensor<f64>,
///         grads: &mut OperandGrads<'_, f64>,
///     ) -> Result<()> {
///         grads.accumulate(0, || dy.mul(&b.expect("saved")))?;
///         grads.accumulate(1, || dy.mul(&a.expect("saved")))
///     }
/// }
///
/// let inputs = [Tensor::from([2.0, 3.0]), Tensor::from([5.0, 7.0])];
/// gradcheck(&inputs, |x, _| Var::apply(Product, &[&x[0], &x[1]]))?;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Operands<'o, T: Float>(Vec<Operand<'o, T>>);

struct Operand<'o, T: Float> {
    value: Held<'o, T>,
    needs_gradient: bool,
}

/// How an operand is held.
pub(crate) enum Held<'o, T: Float> {
    Borrowed(&'o Tensor<T>),
    /// Given up by the caller, so that it can be worked on in place if nobody else holds it.
    Owned(Tensor<T>),
    Taken,
}

impl<'o, T: Float> Operands<'o, T> {
    /// Values, and whether each needs a gradient.
    pub(crate) fn new(values: impl Iterator<Item = (Held<'o, T>, bool)>) -> Self {
        Self(values.map(|(value, needs_gradient)| Operand { value, needs_gradient }).collect())
    }

    /// Whether a gradient with respect to an operand will be asked for: what only that one needs, nobody has
    /// to save otherwise.
    pub fn needs_gradient(&self, operand: usize) -> bool {
        self.0.get(operand).is_some_and(|operand| operand.needs_gradient)
    }

    /// An operand's value, if the gradient with respect to `other` will be asked for, which needs it.
    pub fn save_for(&self, other: usize, operand: usize) -> Option<Tensor<T>> {
        self.needs_gradient(other).then(|| self[operand].clone())
    }

    /// Takes an operand's value out, to work on it in place: the tensor's functions do so when nobody else
    /// holds it. It can't be asked for again.
    pub fn take(&mut self, operand: usize) -> Tensor<T> {
        match std::mem::replace(&mut self.0[operand].value, Held::Taken) {
            Held::Borrowed(value) => value.clone(),
            Held::Owned(value) => value,
            Held::Taken => panic!("operand {operand} was taken before"),
        }
    }

    /// The operand at a place, if there are so many.
    pub fn get(&self, operand: usize) -> Option<&Tensor<T>> {
        (operand < self.len()).then(|| &self[operand])
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Tensor<T>> {
        (0..self.len()).map(|operand| &self[operand])
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
        match &self.0[operand].value {
            Held::Borrowed(value) => value,
            Held::Owned(value) => value,
            Held::Taken => panic!("operand {operand} was taken before"),
        }
    }
}
