//! Where an operation's gradient leaves what it computes.

use std::marker::PhantomData;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::value::Node;

/// The gradients with respect to an operation's operands: see [`Operation::gradient`](crate::Operation::gradient).
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
///         // What `accumulate` is given is called only where that operand needs a gradient.
///         grads.accumulate(0, || dy.mul(&b.expect("saved")))?;
///         grads.accumulate(1, || dy.mul(&a.expect("saved")))
///     }
/// }
///
/// let inputs = [Tensor::from([2.0, 3.0]), Tensor::from([5.0, 7.0])];
/// gradcheck(&inputs, |x, _| Var::apply(Product, &[&x[0], &x[1]]))?;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct OperandGrads<'s, T: Float, V: GradValue<T> = Tensor<T>> {
    operands: &'s [Option<Node>],
    shape_of: &'s dyn Fn(Node) -> Shape,
    /// The gradient of each value on the tape, as far as it is known.
    slots: &'s mut [Option<V>],
    /// How often each operand was given one.
    given: Vec<u32>,
    element: PhantomData<T>,
}

/// What a gradient is held in: a tensor, or a value on a tape.
///
/// ```
/// use plywood_autodiff::{GradValue, OperandGrads, Var};
/// use plywood_tensor::{Result, Tensor};
///
/// // One function for `Operation::gradient` and for `Operation::vjp`.
/// fn hand_on<V: GradValue<f32>>(dy: V, grads: &mut OperandGrads<'_, f32, V>) -> Result<()> {
///     grads.accumulate(0, || Ok(dy))
/// }
/// let _gradient = hand_on::<Tensor>;
/// let _vjp = hand_on::<Var>;
/// ```
pub trait GradValue<T: Float>: sealed::Sealed + Sized {
    #[doc(hidden)]
    fn shape(&self) -> Shape;
    #[doc(hidden)]
    fn add_assign(&mut self, other: &Self) -> Result<()>;
}

/// A gradient that is computed once, as a trait object without a box.
trait Compute<V> {
    fn compute(&mut self) -> Result<V>;
}

impl<V, F: FnOnce() -> Result<V>> Compute<V> for Option<F> {
    fn compute(&mut self) -> Result<V> {
        self.take().expect("computed once")()
    }
}

pub(crate) mod sealed {
    /// Keeps [`GradValue`](super::GradValue) to the types of this crate.
    pub trait Sealed {}
}

impl<T: Float> sealed::Sealed for Tensor<T> {}

impl<T: Float> GradValue<T> for Tensor<T> {
    fn shape(&self) -> Shape {
        self.shape()
    }

    fn add_assign(&mut self, other: &Self) -> Result<()> {
        self.add_assign(other)
    }
}

impl<'s, T: Float, V: GradValue<T>> OperandGrads<'s, T, V> {
    pub(crate) fn new(
        operands: &'s [Option<Node>],
        shape_of: &'s dyn Fn(Node) -> Shape,
        slots: &'s mut [Option<V>],
    ) -> Self {
        let given = vec![0; operands.len()];
        Self { operands, shape_of, slots, given, element: PhantomData }
    }

    /// Whether an operand needs a gradient.
    pub fn needs(&self, operand: usize) -> bool {
        self.operands.get(operand).is_some_and(Option::is_some)
    }

    /// Computes the gradient with respect to an operand, if it needs one, and adds it to what other uses of
    /// the same value have given. Each operand is given one once.
    ///
    /// # Errors
    /// When there is no such operand, or its shape is another. What `gradient` returns is passed on.
    pub fn accumulate(
        &mut self,
        operand: usize,
        gradient: impl FnOnce() -> Result<V>,
    ) -> Result<()> {
        self.accumulate_by(operand, &mut Some(gradient))
    }

    /// What [`accumulate`](Self::accumulate) does around an operation's own gradient, compiled once for all.
    fn accumulate_by(&mut self, operand: usize, gradient: &mut dyn Compute<V>) -> Result<()> {
        let Some(&place) = self.operands.get(operand) else {
            return Err(Error::gradient(format!(
                "it gives operand {operand} a gradient, and has {} operands",
                self.operands.len()
            )));
        };
        let Some(node) = place else { return Ok(()) };
        let gradient = gradient.compute()?;
        let shape = (self.shape_of)(node);
        if gradient.shape() != shape {
            return Err(Error::gradient(format!(
                "it gives operand {operand} the gradient {}, the operand is {shape}",
                gradient.shape()
            )));
        }
        self.given[operand] += 1;
        match &mut self.slots[node] {
            Some(sum) => sum.add_assign(&gradient),
            slot => {
                *slot = Some(gradient);
                Ok(())
            }
        }
    }

    /// Refuses what was forgotten, and what was given twice.
    pub(crate) fn check_all_were_given(&self) -> Result<()> {
        for (operand, &given) in self.given.iter().enumerate() {
            if self.needs(operand) && given != 1 {
                let wrong = if given == 0 { "no gradient" } else { "more than one gradient" };
                return Err(Error::gradient(format!("it gives operand {operand} {wrong}"))
                    .hint("call `accumulate` once for each operand"));
            }
        }
        Ok(())
    }
}
