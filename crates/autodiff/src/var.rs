//! A value that a pass computes with.

use std::fmt;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::operand_grads::{GradValue, OperandGrads, sealed::Sealed};
use crate::tape::{Link, Maker, Tape};
use crate::value::{Node, Placed, Value};

/// A tensor on its way through a model: its value, and its place on the tape if it needs a
/// gradient. In a dry run it has a shape only.
///
/// Cloning copies nothing. Functions of one value take it as `self`, and work in place when nobody
/// else holds it.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([1.0, 2.0]));
/// let y = 3.0 * &x + Var::constant(Tensor::from([10.0, 20.0]));
/// assert_eq!(y.value()?, &Tensor::from([13.0, 26.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([3.0, 3.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Var<T: Float = f32> {
    value: Value<T>,
    tape: Option<Tape<T>>,
    node: Option<Node>,
}

impl<T: Float> Var<T> {
    /// A value that needs no gradient, such as a batch of images.
    pub fn constant(value: Tensor<T>) -> Self {
        Self { value: Value::Known(value), tape: None, node: None }
    }

    /// A constant of zeros.
    pub(crate) fn zeros(shape: Shape) -> Result<Self> {
        Ok(Self::constant(Tensor::try_full(shape, T::ZERO)?))
    }

    /// A value of which a dry run knows the shape only.
    pub(crate) fn shape_only(shape: Shape, tape: Tape<T>, node: Option<Node>) -> Self {
        Self { value: Value::ShapeOnly(shape), tape: Some(tape), node }
    }

    pub(crate) fn on_tape(value: Tensor<T>, tape: Tape<T>, node: Node) -> Self {
        Self { value: Value::Known(value), tape: Some(tape), node: Some(node) }
    }

    pub(crate) fn new(value: Value<T>, tape: Option<Tape<T>>, node: Option<Node>) -> Self {
        Self { value, tape, node }
    }

    /// The sizes of the axes.
    #[doc(alias = "size")]
    pub fn shape(&self) -> Shape {
        match &self.value {
            Value::Known(tensor) => tensor.shape(),
            Value::ShapeOnly(shape) => *shape,
        }
    }

    /// The value. A constant that is made of it again gets no gradient.
    ///
    /// # Errors
    /// In a dry run, where there are shapes only.
    #[doc(alias = "data")]
    pub fn value(&self) -> Result<&Tensor<T>> {
        match &self.value {
            Value::Known(tensor) => Ok(tensor),
            Value::ShapeOnly(shape) => Err(Error::value(format!(
                "this value {shape} has a shape only, because the pass is a dry run"
            ))
            .hint("`Pass::is_dry_run` tells")),
        }
    }

    /// The only element.
    ///
    /// # Errors
    /// When there are more elements or fewer, or in a dry run.
    pub fn item(&self) -> Result<T> {
        self.value()?.item()
    }

    /// Whether a gradient will flow through this value: it is on the tape of a pass that hasn't
    /// gone backward yet.
    #[doc(alias = "requires_grad")]
    pub fn needs_gradient(&self) -> bool {
        self.way_back().is_some()
    }

    /// The place on the tape, if a gradient will flow through it.
    pub(crate) fn way_back(&self) -> Option<Node> {
        let tape = self.tape.as_ref()?;
        self.node.filter(|&node| tape.leads_back(node))
    }

    /// Keeps the gradient with respect to this value, though an operation made it:
    /// [`Grads::wrt`](crate::Grads::wrt) will give it.
    ///
    /// ```
    /// use plywood_autodiff::Pass;
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
    /// let x = pass.input(Tensor::from([1.0, 2.0]));
    /// let y = x.clone().square();
    /// y.retain_grad();
    /// let loss = y.clone().square().sum();
    /// let grads = pass.backward(&loss)?;
    /// assert_eq!(grads.wrt(&y), Some(&Tensor::from([2.0, 8.0]))); // 2y
    /// assert_eq!(grads.wrt(&x), Some(&Tensor::from([4.0, 32.0]))); // 4x³
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    pub fn retain_grad(&self) {
        if let (Some(tape), Some(node)) = (&self.tape, self.way_back()) {
            tape.retain(node);
        }
    }

    pub(crate) fn node(&self) -> Option<Node> {
        self.node
    }

    pub(crate) fn tape(&self) -> Option<&Tape<T>> {
        self.tape.as_ref()
    }

    /// The value and its place, without its tape.
    pub(crate) fn placed(&self) -> Placed<T> {
        Placed { value: self.value.clone(), node: self.node }
    }

    pub(crate) fn is_shape_only(&self) -> bool {
        matches!(self.value, Value::ShapeOnly(_))
    }

    /// Takes the tensor out, so that nobody else holds it on this value's account. Its shape is left.
    pub(crate) fn take(&mut self) -> Tensor<T> {
        let shape = Value::ShapeOnly(self.shape());
        match std::mem::replace(&mut self.value, shape) {
            Value::Known(tensor) => tensor,
            Value::ShapeOnly(_) => unreachable!("kernels don't run in a dry run"),
        }
    }

    /// The tensor, for an operation whose inputs are known to have values.
    pub(crate) fn known(&self) -> &Tensor<T> {
        match &self.value {
            Value::Known(tensor) => tensor,
            Value::ShapeOnly(_) => unreachable!("kernels don't run in a dry run"),
        }
    }

    /// The same value, from which no gradient flows back. If a parameter ends up without a
    /// gradient because of it, `backward` says so.
    pub fn detach(&self) -> Self {
        if let (Some(tape), Some(node)) = (&self.tape, self.node) {
            let (inputs, shape) = (vec![Some(node)], self.shape());
            tape.push(Link { made_by: Maker::Cut, inputs, shape }, None);
        }
        Self { value: self.value.clone(), tape: self.tape.clone(), node: None }
    }
}

impl<T: Float> From<Tensor<T>> for Var<T> {
    fn from(value: Tensor<T>) -> Self {
        Self::constant(value)
    }
}

impl<T: Float> fmt::Debug for Var<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Known(tensor) => tensor.fmt(f),
            Value::ShapeOnly(shape) => write!(f, "Var of shape {shape}, in a dry run"),
        }
    }
}

/// Gradients that can be differentiated again: see [`Operation::vjp`](crate::Operation::vjp).
pub type VarGrads<'s, T = f32> = OperandGrads<'s, T, Var<T>>;

impl<T: Float> Sealed for Var<T> {}

impl<T: Float> GradValue<T> for Var<T> {
    fn shape(&self) -> Shape {
        self.shape()
    }

    fn add_assign(&mut self, other: &Self) -> Result<()> {
        *self = self.add(other)?;
        Ok(())
    }
}
