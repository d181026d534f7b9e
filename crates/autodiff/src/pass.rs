//! One pass through a model: its tape, mode, randomness, and the names of its parameters.

use std::collections::{HashMap, HashSet};

use plywood_tensor::{Error, Float, IntoShape, Result, Rng, Shape, Tensor, compiled_here};

use crate::grads::Grads;
use crate::graph::Graph;
use crate::observation::Observation;
use crate::observe::Observer;
use crate::param::{Buffer, Param, ParamId};
use crate::params::{Params, Slot};
use crate::tape::{Link, Maker, Tape, TraceRow};
use crate::value::{Node, Value};
use crate::var::Var;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Train,
    Eval,
    Inspect,
    Timed,
    DryRun,
}

/// What one forward pass carries along. Nothing of it is global.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let weight = Param::new(Tensor::from([3.0]));
/// let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
/// let w = pass.param(&weight);
/// let loss = w.square().sum();
/// let grads = pass.backward(&loss)?;
/// assert_eq!(grads.of(&weight), Some(&Tensor::from([6.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Pass<T: Float = f32> {
    tape: Option<Tape<T>>,
    mode: Mode,
    rng: Rng,
    /// How often randomness was asked for.
    draws: u64,
    /// The model's parameters, and whether they are frozen.
    names: Vec<(ParamId, String, bool)>,
    /// Those that are frozen in any of the places that they are tied to.
    frozen: HashSet<ParamId>,
}

impl<T: Float> Pass<T> {
    /// A training pass: gradients are prepared, dropout drops, running statistics run. It draws
    /// one number from `rng`, from which all randomness of the pass follows.
    pub fn train(model: &(impl Params<T> + ?Sized), rng: &mut Rng) -> Self {
        Self::without_model(rng).named_by(model)
    }

    /// An evaluating pass: no tape, no dropout, the running statistics as they are.
    pub fn eval(model: &(impl Params<T> + ?Sized)) -> Self {
        Self::bare(None, Mode::Eval).named_by(model)
    }

    /// An evaluating pass that can go back, for those who ask what an answer came from: gradients
    /// with respect to inputs and [retained](Var::retain_grad) values, none to parameters. Dropout
    /// and running statistics are as in [`eval`](Self::eval).
    ///
    /// ```
    /// use plywood_autodiff::{Param, Pass};
    /// use plywood_tensor::Tensor;
    ///
    /// let weight = Param::new(Tensor::from([3.0, -1.0]));
    /// let mut pass = Pass::inspect(&weight);
    /// let x = pass.input(Tensor::from([1.0, 2.0]));
    /// let score = x.mul(&pass.param(&weight))?.sum();
    /// let grads = pass.backward(&score)?;
    /// assert_eq!(grads.wrt(&x), Some(weight.value()));
    /// assert!(grads.is_empty());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    pub fn inspect(model: &(impl Params<T> + ?Sized)) -> Self {
        let mut pass = Self::bare(Some(Tape::new(false, false)), Mode::Inspect).named_by(model);
        // No parameter is missed when it gets no gradient.
        pass.names.iter_mut().for_each(|(.., frozen)| *frozen = true);
        pass
    }

    /// A dry run: shapes only, nothing is computed. [`trace`](Self::trace) tells what would be.
    pub fn dry_run(model: &(impl Params<T> + ?Sized)) -> Self {
        Self::dry_run_without_model().named_by(model)
    }

    /// An evaluating pass that takes the time of each operation: [`trace`](Self::trace) tells them. The input is a
    /// [`constant`](Self::constant) of the pass; what is computed from other constants alone isn't told.
    ///
    /// ```
    /// use plywood_autodiff::{Param, Pass};
    /// use plywood_tensor::Tensor;
    ///
    /// let weight = Param::new(Tensor::ones([10, 784]));
    /// let mut pass = Pass::timed(&weight);
    /// let x = pass.constant(Tensor::ones([64, 784]));
    /// let y = x.linear(&pass.param(&weight), None)?.relu();
    /// assert_eq!(y.value()?, &Tensor::full([64, 10], 784.0)); // it is computed
    /// let rows = pass.trace();
    /// assert_eq!((rows[0].operation, rows[1].operation), ("linear", "relu"));
    /// assert!(rows[0].seconds > 0.0 && rows[0].multiply_adds == 64 * 784 * 10);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    pub fn timed(model: &(impl Params<T> + ?Sized)) -> Self {
        Self::bare(Some(Tape::new(true, false)), Mode::Timed).named_by(model)
    }

    fn named_by(self, model: &(impl Params<T> + ?Sized)) -> Self {
        named_by(self, model.slots())
    }
}

compiled_here! {
    /// A pass that knows the parameters of a model.
    fn named_by<'m, T>(pass: Pass<T>, slots: Vec<(String, Slot<'m, T>)>) -> Pass<T> {
        let mut pass = pass;
        let params: Vec<_> = (slots.into_iter())
            .filter_map(|(name, slot)| Some((name, slot.param()?)))
            .collect();
        let frozen = params.iter().filter(|(_, param)| param.is_frozen());
        pass.frozen = frozen.map(|(_, param)| param.id()).collect();
        let mut seen = HashSet::new();
        for (name, param) in params {
            if seen.insert(param.id()) {
                pass.names.push((param.id(), name, pass.frozen.contains(&param.id())));
            }
        }
        pass
    }
}

impl<T: Float> Pass<T> {
    fn bare(tape: Option<Tape<T>>, mode: Mode) -> Self {
        let (rng, names, frozen) = (Rng::from_state([0, 0]), Vec::new(), HashSet::new());
        Self { tape, mode, rng, draws: 0, names, frozen }
    }

    /// A training pass for values that are no model's.
    pub fn without_model(rng: &mut Rng) -> Self {
        let mut pass = Self::bare(Some(Tape::new(false, true)), Mode::Train);
        pass.rng = Rng::from_state([rng.next_key(), 0]);
        pass
    }

    /// A dry run for values that are no model's.
    pub fn dry_run_without_model() -> Self {
        Self::bare(Some(Tape::new(true, true)), Mode::DryRun)
    }

    /// Whether this is a training pass.
    pub fn is_training(&self) -> bool {
        self.mode == Mode::Train
    }

    /// Whether there are only shapes.
    pub fn is_dry_run(&self) -> bool {
        self.mode == Mode::DryRun
    }

    /// A generator of its own for each call. The same calls of the same pass get the same.
    pub fn rng(&mut self) -> Rng {
        self.draws += 1;
        self.rng.fork(self.draws)
    }

    /// A parameter's value in this pass.
    pub fn param(&mut self, param: &Param<T>) -> Var<T> {
        value_of(self, param)
    }

    /// A value whose gradient [`Grads::wrt`] will give.
    #[doc(alias = "requires_grad")]
    pub fn input(&mut self, value: Tensor<T>) -> Var<T> {
        match (&self.tape, self.mode) {
            (None, _) => Var::constant(value),
            (Some(_), Mode::Timed) => self.constant(value),
            (Some(tape), Mode::DryRun) => input_shape(tape, value.shape()),
            (Some(tape), _) => {
                let node = tape.push(input_link(value.shape()), None);
                Var::on_tape(value, tape.clone(), node)
            }
        }
    }

    /// A value that needs no gradient. In a dry run only its shape is kept.
    pub fn constant(&mut self, value: Tensor<T>) -> Var<T> {
        match (&self.tape, self.mode) {
            (Some(tape), Mode::DryRun) => Var::shape_only(value.shape(), tape.clone(), None),
            (Some(tape), Mode::Timed) => Var::new(Value::Known(value), Some(tape.clone()), None),
            _ => Var::constant(value),
        }
    }

    /// A value of this shape for a dry run.
    ///
    /// # Errors
    /// When this is no dry run, or it is no shape.
    pub fn shape(&mut self, shape: impl IntoShape) -> Result<Var<T>> {
        match (&self.tape, self.mode) {
            (Some(tape), Mode::DryRun) => Ok(input_shape(tape, shape.into_shape()?)),
            _ => Err(Error::value("a shape without a value is for dry runs only")
                .hint("`Pass::dry_run` makes one")),
        }
    }

    /// Keeps the result of every operation from here on: [`observed`](Self::observed) gives them.
    /// Nothing is observed in a pass of [`eval`](Self::eval), which has no tape, nor of what
    /// depends on constants alone.
    ///
    /// Each has a name. The result of an operation that takes a layer's parameters has the layer's
    /// path, `features.0`. Others have the path of the layer before them and what they are:
    /// `features.0.relu`. The second of a name gets `#2`.
    ///
    /// ```
    /// use plywood_autodiff::{Param, Pass};
    /// use plywood_tensor::Tensor;
    ///
    /// let weight = Param::new(Tensor::from([3.0, -1.0]));
    /// let mut pass = Pass::inspect(&weight);
    /// pass.observe();
    /// let x = pass.input(Tensor::from([1.0, 2.0]));
    /// let y = x.mul(&pass.param(&weight))?.relu().sum();
    /// let seen = pass.observed();
    /// let names: Vec<_> = seen.iter().map(|seen| seen.name.as_str()).collect();
    /// assert_eq!(names, ["mul", "relu", "sum"]);
    /// assert_eq!(seen[1].value.value()?, &Tensor::from([3.0, 0.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    pub fn observe(&mut self) {
        self.set_observer(None);
    }

    /// As [`observe`](Self::observe), until a result has this name. What is computed from it has
    /// shapes only, as in a dry run, and costs nothing; in the end the model gives a shape. If no
    /// result comes to have that name, everything is computed and observed.
    pub fn observe_until(&mut self, name: impl Into<String>) {
        self.set_observer(Some(name.into()));
    }

    fn set_observer(&mut self, until: Option<String>) {
        let Some(tape) = &self.tape else { return };
        let layer = |name: &str| name.rsplit_once('.').map_or("", |(layer, _)| layer).to_owned();
        let layers = self.names.iter().map(|(id, name, _)| (*id, layer(name))).collect();
        tape.set_observer(Some(Observer::new(layers, until)));
    }

    /// What was observed so far, in order.
    pub fn observed(&self) -> Vec<Observation<T>> {
        let seen = |tape: &Tape<T>| {
            tape.inspect(|inner| {
                let seen = inner.observer.as_ref()?.seen.iter();
                Some(seen.map(|seen| Observation::of(seen, tape)).collect())
            })
        };
        self.tape.as_ref().and_then(seen).unwrap_or_default()
    }

    /// What was computed so far from parameters and inputs, as a graph. It has shapes and no
    /// values, so that a dry run has one too.
    ///
    /// ```
    /// use plywood_autodiff::{Param, Pass};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let weight = Param::new(Tensor::from([3.0, -1.0]));
    /// let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
    /// let x = pass.input(Tensor::from([1.0, 2.0]));
    /// let loss = x.mul(&pass.param(&weight))?.sum();
    /// let graph = pass.graph();
    /// let operations: Vec<_> = graph.nodes.iter().map(|node| node.operation).collect();
    /// assert_eq!(operations, ["input", "parameter", "mul", "sum"]);
    /// assert_eq!(graph.nodes[2].operands, [Some(0), Some(1)]);
    /// assert_eq!(graph.place_of(&loss), Some(3));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    pub fn graph(&self) -> Graph {
        let name = |id: ParamId| self.name_of(id).map(str::to_owned);
        self.tape.as_ref().map_or_else(Graph::empty, |tape| Graph::of(tape, name))
    }

    /// Writes a buffer, in a training pass only.
    ///
    /// # Errors
    /// When the value has another shape.
    pub fn update(&mut self, buffer: &Buffer<T>, value: Tensor<T>) -> Result<()> {
        if self.is_training() { buffer.write(value) } else { Ok(()) }
    }

    /// The name of a parameter in the model that this pass goes through.
    pub fn name_of(&self, id: ParamId) -> Option<&str> {
        self.names.iter().find(|(own, ..)| *own == id).map(|(_, name, _)| name.as_str())
    }

    /// Says in an error which layer it came from: the one that owns `param`.
    pub fn locate(&self, error: Error, param: &Param<T>) -> Error {
        match self.name_of(param.id()) {
            Some(name) if error.place().is_empty() => match name.rsplit_once('.') {
                Some((layer, _)) => error.within(layer),
                // The layer is the whole model.
                None => error,
            },
            _ => error,
        }
    }

    pub(crate) fn tape(&self) -> Option<&Tape<T>> {
        self.tape.as_ref()
    }

    /// Whether there is a way back.
    pub(crate) fn goes_back(&self) -> bool {
        matches!(self.mode, Mode::Train | Mode::Inspect)
    }

    /// The operations of a dry run or a [timed](Self::timed) pass, in order.
    pub fn trace(self) -> Vec<TraceRow> {
        self.tape.as_ref().map(Tape::take_trace).unwrap_or_default()
    }

    /// Goes back from the loss, and gives the gradient of every parameter of the model.
    ///
    /// # Errors
    /// When a parameter that isn't frozen is left without a gradient: the error names it and
    /// what cut its path. When the loss is not a single number, or the pass is not a training
    /// pass.
    pub fn backward(self, loss: &Var<T>) -> Result<Grads<T>> {
        from_loss(&self, loss, Keep::Nothing, Leave::None)
    }

    /// As [`backward`](Self::backward), for a loss that is meant to leave some parameters out:
    /// [`Grads::missing`] names them.
    ///
    /// # Errors
    /// When the loss is not a single number, or the pass is not a training pass.
    pub fn backward_partial(self, loss: &Var<T>) -> Result<Grads<T>> {
        from_loss(&self, loss, Keep::Nothing, Leave::Some)
    }

    /// As [`backward`](Self::backward), and the pass goes on: nothing that was kept is freed, more can be computed
    /// in it, and it can go back again. PyTorch's name for it is `retain_graph`.
    ///
    /// ```
    /// use plywood_autodiff::Pass;
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
    /// let x = pass.input(Tensor::from([1.0, 2.0]));
    /// let y = x.clone().square();
    /// let sum = pass.backward_and_keep(&y.sum())?;
    /// let squares = pass.backward(&y.square().sum())?;
    /// assert_eq!(sum.wrt(&x), Some(&Tensor::from([2.0, 4.0]))); // 2x
    /// assert_eq!(squares.wrt(&x), Some(&Tensor::from([4.0, 32.0]))); // 4x³
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`backward`](Self::backward).
    #[doc(alias = "retain_graph")]
    pub fn backward_and_keep(&mut self, loss: &Var<T>) -> Result<Grads<T>> {
        from_loss(self, loss, Keep::Everything, Leave::None)
    }

    /// As [`backward_partial`](Self::backward_partial), from a value of any shape: `gradient` is
    /// the gradient with respect to it, of the same shape.
    ///
    /// ```
    /// use plywood_autodiff::Pass;
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
    /// let x = pass.input(Tensor::from([1.0, 2.0, 3.0]));
    /// let y = x.clone().square();
    /// let grads = pass.backward_from(&y, Tensor::from([1.0, 0.0, -1.0]))?;
    /// assert_eq!(grads.wrt(&x), Some(&Tensor::from([2.0, 0.0, -6.0])));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the shapes differ, or the pass is not a training pass.
    pub fn backward_from(self, output: &Var<T>, gradient: Tensor<T>) -> Result<Grads<T>> {
        from_value(&self, output, gradient, Keep::Nothing)
    }
}

/// What is left of what was kept to go back.
#[derive(Clone, Copy, PartialEq)]
enum Keep {
    Nothing,
    Everything,
}

/// Which parameters may be left without a gradient.
#[derive(Clone, Copy, PartialEq)]
enum Leave {
    None,
    Some,
}

compiled_here! {
    /// The gradients of a loss, which is a single number.
    fn from_loss<'p, T>(
        pass: &'p Pass<T>,
        loss: &'p Var<T>,
        keep: Keep,
        leave: Leave,
    ) -> Result<Grads<T>> {
        if pass.goes_back() && loss.shape().numel() != 1 {
            let message = format!("the loss {} is not a single number", loss.shape());
            return Err(refusal(message).hint("`mean` or `sum` makes it one"));
        }
        let grads = from_value(pass, loss, Tensor::try_full(loss.shape(), T::ONE)?, keep)?;
        match &pass.tape {
            Some(tape) if leave == Leave::None && !grads.missing().is_empty() => {
                Err(missing(tape, &grads))
            }
            _ => Ok(grads),
        }
    }
}

compiled_here! {
    /// The gradients of a value of which the gradient is given.
    fn from_value<'p, T>(
        pass: &'p Pass<T>,
        output: &'p Var<T>,
        gradient: Tensor<T>,
        keep: Keep,
    ) -> Result<Grads<T>> {
        let Some(tape) = pass.tape.clone().filter(|_| pass.goes_back()) else {
            return Err(refusal("an evaluating pass or a dry run has no tape".into())
                .hint("`Pass::train` and `Pass::inspect` make passes with one"));
        };
        if gradient.shape() != output.shape() {
            return Err(refusal(format!(
                "the gradient is {}, the value {}",
                gradient.shape(),
                output.shape()
            )));
        }
        let (Some(own), Some(node)) = (output.tape(), output.node()) else {
            return Err(refusal(
                "the loss depends on no parameter and no input of this pass".into(),
            ));
        };
        if !own.is(&tape) {
            return Err(refusal("the loss is from another pass".into()));
        }
        let mut leaves = tape.backward(node, gradient, keep == Keep::Everything)?;
        let params: HashMap<ParamId, Node> = tape.inspect(|inner| inner.params.clone());
        let mut grads = Grads::default();
        let mut named = HashSet::new();
        let unnamed = HashSet::<ParamId>::from_iter(params.keys().copied());
        for (id, name, frozen) in &pass.names {
            named.insert(*id);
            match params.get(id).and_then(|node| leaves.remove(node)) {
                Some(gradient) => grads.push(*id, name.clone(), gradient),
                None if *frozen => {}
                None => grads.push_missing(*id, name.clone()),
            }
        }
        let mut unnamed: Vec<_> = unnamed.difference(&named).copied().collect();
        unnamed.sort_unstable();
        for id in unnamed {
            if let Some(gradient) = leaves.remove(&params[&id]) {
                grads.push(id, String::new(), gradient);
            }
        }
        grads.set_inputs(tape.serial(), leaves);
        Ok(grads)
    }
}

compiled_here! {
    /// A parameter's value in a pass.
    fn value_of<'p, T>(pass: &'p Pass<T>, param: &'p Param<T>) -> Var<T> {
        let Some(tape) = &pass.tape else { return Var::constant(param.value().clone()) };
        let node = tape.param(param.id()).unwrap_or_else(|| {
            let (shape, made_by) = (param.shape(), Maker::Param(param.id()));
            tape.push(Link { made_by, inputs: Vec::new(), shape }, None)
        });
        // A gradient through one place of a tied parameter alone would be a part of its gradient.
        let frozen = param.is_frozen() || pass.frozen.contains(&param.id());
        match pass.mode {
            Mode::DryRun => Var::shape_only(param.shape(), tape.clone(), Some(node)),
            Mode::Train if frozen => Var::constant(param.value().clone()),
            _ => Var::on_tape(param.value().clone(), tape.clone(), node),
        }
    }
}

fn refusal(message: String) -> Error {
    Error::gradient(message).operation("backward")
}

fn input_link<T: Float>(shape: Shape) -> Link<T> {
    Link { made_by: Maker::Input, inputs: Vec::new(), shape }
}

/// A dry run's input.
fn input_shape<T: Float>(tape: &Tape<T>, shape: Shape) -> Var<T> {
    Var::shape_only(shape, tape.clone(), Some(tape.push(input_link(shape), None)))
}

/// When a pass is over, nobody can go back any more: what was kept for it is freed, also where
/// somebody still holds the loss.
impl<T: Float> Drop for Pass<T> {
    fn drop(&mut self) {
        if let Some(tape) = &self.tape {
            end(tape);
        }
    }
}

compiled_here! {
    /// Frees what a tape has kept.
    fn end<'p, T>(tape: &'p Tape<T>) -> () {
        drop(tape.finish());
        tape.set_observer(None);
    }
}

/// The error that names each parameter without a gradient, and why it has none.
fn missing<T: Float>(tape: &Tape<T>, grads: &Grads<T>) -> Error {
    let reasons = tape.inspect(|inner| {
        let reason = |id: &ParamId| {
            let Some(&start) = inner.params.get(id) else {
                return "not used in this pass".to_owned();
            };
            // What the parameter's value went into, in order.
            let mut reached = HashSet::from([start]);
            let mut last = None;
            for (node, link) in inner.links.iter().enumerate().skip(start + 1) {
                if link.inputs.iter().flatten().any(|input| reached.contains(input)) {
                    if matches!(link.made_by, Maker::Cut) {
                        return format!("its path is cut by {}", link.made_by.name());
                    }
                    reached.insert(node);
                    last = Some(link.made_by.name());
                }
            }
            match last {
                Some(operation) => {
                    format!("its path ends at {operation}, which the loss does not use")
                }
                None => "no operation uses it".to_owned(),
            }
        };
        let list = grads.missing_with_ids();
        list.iter().map(|(id, name)| format!("{name} ({})", reason(id))).collect::<Vec<_>>()
    });
    let all = reasons.len() + grads.len();
    Error::gradient(format!(
        "{} of {all} parameters have no gradient: {}",
        reasons.len(),
        reasons.join(", ")
    ))
    .operation("backward")
    .hint("mend the path, freeze them, or call `backward_partial`")
}
