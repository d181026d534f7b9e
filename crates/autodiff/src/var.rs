//! A value that a pass computes with.

use std::fmt;

use plywood_tensor::{Error, Float, Result, Shape, Tensor, Window};

use crate::observe::Shown;
use crate::operand_grads::OperandGrads;
use crate::tape::{Gradient, Kind, Link, Tape};
use crate::value::{Node, Value};

/// A tensor on its way through a model: its value, and its place on the tape if it needs a
/// gradient. In a dry run it has a shape only.
///
/// Cloning copies nothing. Functions of one value take it as `self`, and work in place when nobody
/// else holds it.
#[derive(Clone)]
pub struct Var<T: Float = f32> {
    value: Value<T>,
    tape: Option<Tape<T>>,
    node: Option<Node>,
}

impl<T: Float> Var<T> {
    /// A value that needs no gradient, such as a batch of pictures.
    pub fn constant(value: Tensor<T>) -> Self {
        Self { value: Value::Known(value), tape: None, node: None }
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
    pub fn needs_gradient(&self) -> bool {
        self.way_back().is_some()
    }

    /// The place on the tape, if a gradient will flow through it.
    fn way_back(&self) -> Option<Node> {
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
            tape.push(Link { operation: "detach", inputs, shape, kind: Kind::Cut }, None);
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

/// Runs an operation and writes it down: every differentiable operation ends here.
///
/// `shape` is what the shape rule has given. `kernel` computes the value, and saves what the
/// gradient needs; it doesn't run in a dry run. `gradient` takes what was saved and the gradient
/// with respect to the result, and gives each operand its own.
pub(crate) fn record<T: Float, S: 'static>(
    operation: &'static str,
    inputs: &[&Var<T>],
    shape: Shape,
    multiply_adds: u64,
    kernel: impl FnOnce() -> Result<(Tensor<T>, S)>,
    gradient: impl FnOnce(S, Tensor<T>, &mut OperandGrads<'_, T>) -> Result<()> + 'static,
) -> Result<Var<T>> {
    let site = Site { operation, inputs, shape, multiply_adds, window: None };
    record_at(&site, kernel, gradient)
}

/// As [`record`], where the operation is described by its site.
pub(crate) fn record_at<T: Float, S: 'static>(
    site: &Site<'_, T>,
    kernel: impl FnOnce() -> Result<(Tensor<T>, S)>,
    gradient: impl FnOnce(S, Tensor<T>, &mut OperandGrads<'_, T>) -> Result<()> + 'static,
) -> Result<Var<T>> {
    // Whatever doesn't depend on the two closures' types is compiled once, not once an operation.
    let tape = common_tape(site.operation, site.inputs)?;
    if let Some(result) = site.dry(tape) {
        return Ok(site.shown(result));
    }
    let (value, saved) = kernel().map_err(|error| error.operation(site.operation))?;
    let tape = tape.filter(|_| site.needs_gradient());
    let gradient =
        tape.map(|_| -> Gradient<T> { Box::new(|dy, grads| gradient(saved, dy, grads)) });
    let result = site.result(value, gradient);
    Ok(site.shown(result))
}

/// An operation that is about to run: its operands, and what it will result in.
pub(crate) struct Site<'s, T: Float> {
    pub(crate) operation: &'static str,
    pub(crate) inputs: &'s [&'s Var<T>],
    pub(crate) shape: Shape,
    pub(crate) multiply_adds: u64,
    /// How it moves over the pixels of its first operand, if it does.
    pub(crate) window: Option<Window>,
}

impl<T: Float> Site<'_, T> {
    fn needs_gradient(&self) -> bool {
        self.inputs.iter().any(|input| input.needs_gradient())
    }

    fn link(&self) -> Link {
        let inputs = self.inputs.iter().map(|input| input.way_back()).collect();
        Link { operation: self.operation, inputs, shape: self.shape, kind: Kind::Result }
    }

    /// The operands' places on the tape, also of those that get no gradient.
    fn nodes(&self) -> impl Iterator<Item = Option<Node>> {
        self.inputs.iter().map(|input| input.node)
    }

    /// The result, after whoever looks on has seen it: what comes after the last one that is
    /// wanted has shapes only, and costs nothing.
    fn shown(&self, result: Var<T>) -> Var<T> {
        let Some(tape) = result.tape.clone() else { return result };
        let (operation, window) = (self.operation, self.window);
        let (value, node) = (&result.value, result.node);
        let shown = || Shown { operation, window, value: value.clone(), node };
        match tape.observe(self.nodes(), shown) {
            true => Var::shape_only(self.shape, tape, None),
            false => result,
        }
    }

    /// The result in a dry run: a shape.
    fn dry(&self, tape: Option<&Tape<T>>) -> Option<Var<T>> {
        let dry_run = self.inputs.iter().any(|input| matches!(input.value, Value::ShapeOnly(_)));
        let tape = tape.filter(|_| dry_run)?;
        tape.trace(self.operation, self.shape, self.nodes().flatten(), self.multiply_adds);
        let node = self.needs_gradient().then(|| tape.push(self.link(), None));
        Some(Var::shape_only(self.shape, tape.clone(), node))
    }

    /// The result with its value, on the tape if there is a way back.
    fn result(&self, value: Tensor<T>, gradient: Option<Gradient<T>>) -> Var<T> {
        debug_assert_eq!(
            value.shape(),
            self.shape,
            "{}'s shape rule and kernel disagree",
            self.operation
        );
        let tape = self.inputs.iter().find_map(|input| input.tape.clone());
        let node = match (&tape, gradient) {
            (Some(tape), Some(gradient)) => Some(tape.push(self.link(), Some(gradient))),
            _ => None,
        };
        Var { value: Value::Known(value), tape, node }
    }
}

/// The tape that the inputs are on, if any is.
fn common_tape<'v, T: Float>(
    operation: &'static str,
    inputs: &[&'v Var<T>],
) -> Result<Option<&'v Tape<T>>> {
    let mut tapes = inputs.iter().filter_map(|input| input.tape.as_ref());
    let Some(first) = tapes.next() else { return Ok(None) };
    if tapes.all(|tape| tape.is(first)) {
        return Ok(Some(first));
    }
    let finished = inputs.iter().any(|input| input.tape.as_ref().is_some_and(Tape::is_finished));
    let message = if finished {
        "one operand is from a pass that is over"
    } else {
        "the operands are from different passes"
    };
    Err(Error::gradient(message)
        .operation(operation)
        .hint("`Var::constant(x.value()?.clone())` takes a value from one pass to another"))
}

/// A function of one number, applied to each element, in place if nobody else holds the value.
/// Its gradient is computed from the result: `dx = dy · slope(y)`.
pub(crate) fn map_from_output<T: Float>(
    operation: &'static str,
    x: Var<T>,
    f: impl Fn(T) -> T + Sync,
    slope: impl Fn(T) -> T + Sync + 'static,
) -> Var<T> {
    map_back_from_output(operation, x, f, move |dy, y| dy * slope(y))
}

/// As [`map_from_output`], with a gradient that is no product: `dx = gradient(dy, y)`. Where nothing goes
/// back it can be 0, whatever `dy` is; 0 times infinity would be NaN.
pub(crate) fn map_back_from_output<T: Float>(
    operation: &'static str,
    x: Var<T>,
    f: impl Fn(T) -> T + Sync,
    gradient: impl Fn(T, T) -> T + Sync + 'static,
) -> Var<T> {
    let shape = x.shape();
    // The value is moved out, so that it is unique here if it is unique at all.
    let (value, operand) = take(x);
    let kernel = || {
        let y = value.into_map(f);
        Ok((y.clone(), y))
    };
    record(operation, &[&operand], shape, 0, kernel, move |y, dy, grads| {
        grads.accumulate(0, || dy.zip_into(&y, &gradient))
    })
    .expect("one operand always fits itself")
}

/// As [`map_from_output`], with the same slope everywhere: nothing needs saving.
pub(crate) fn map_with_slope<T: Float>(
    operation: &'static str,
    x: Var<T>,
    f: impl Fn(T) -> T + Sync,
    slope: T,
) -> Var<T> {
    let shape = x.shape();
    let (value, operand) = take(x);
    let kernel = || Ok((value.into_map(f), ()));
    record(operation, &[&operand], shape, 0, kernel, move |(), dy, grads| {
        grads.accumulate(0, || Ok(dy.into_map(|dy| dy * slope)))
    })
    .expect("one operand always fits itself")
}

/// As [`map_from_output`], with a gradient that is computed from the input: `dx = dy · slope(x)`.
pub(crate) fn map_from_input<T: Float>(
    operation: &'static str,
    x: Var<T>,
    f: impl Fn(T) -> T + Sync,
    slope: impl Fn(T) -> T + Sync + 'static,
) -> Var<T> {
    map_back_from_input(operation, x, f, move |dy, x| dy * slope(x))
}

/// As [`map_back_from_output`], from the input: `dx = gradient(dy, x)`.
pub(crate) fn map_back_from_input<T: Float>(
    operation: &'static str,
    x: Var<T>,
    f: impl Fn(T) -> T + Sync,
    gradient: impl Fn(T, T) -> T + Sync + 'static,
) -> Var<T> {
    let shape = x.shape();
    let saves = x.needs_gradient();
    let (value, operand) = take(x);
    let kernel = || {
        let saved = saves.then(|| value.clone());
        Ok((value.into_map(f), saved))
    };
    record(operation, &[&operand], shape, 0, kernel, move |x, dy, grads| {
        let x = x.expect("saved because a gradient is needed");
        grads.accumulate(0, || dy.zip_into(&x, &gradient))
    })
    .expect("one operand always fits itself")
}

/// Takes the value out of an operand, and leaves its place on the tape. In a dry run there is no
/// value: an empty one stands in, which no kernel sees.
pub(crate) fn take<T: Float>(x: Var<T>) -> (Tensor<T>, Var<T>) {
    let empty = || Tensor::full([0], T::ZERO);
    let Var { value, tape, node } = x;
    match value {
        Value::Known(tensor) => (tensor, Var { value: Value::Known(empty()), tape, node }),
        Value::ShapeOnly(_) => (empty(), Var { value, tape, node }),
    }
}
