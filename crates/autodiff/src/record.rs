//! Running an operation and writing it down: every differentiable operation ends here.

use std::any::Any;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::time::Instant;

use plywood_tensor::{Error, Float, Result, Shape, Tensor, compiled_here, or_panic};

use crate::attribute::Attribute;
use crate::observe::{AnyOperation, Shown};
use crate::operand_grads::OperandGrads;
use crate::operands::{Held, Operands};
use crate::operation::Operation;
use crate::reach::Reach;
use crate::tape::{Call, Forward, Link, Maker, Origin, Recorded, Step, Tape, Way};
use crate::value::{Node, Placed, Value};
use crate::var::{Var, VarGrads};

/// An operation of this crate, which is in [`OPERATIONS`](crate::OPERATIONS) and so is held to its tests: only
/// the list in `ops` says so.
pub(crate) trait Listed<T: Float>: Operation<T> {
    /// The operation as the tape holds it.
    fn recorded(self) -> Rc<dyn Recorded<T>>;
}

/// Runs an operation of this crate on its operands, and writes it down.
pub(crate) fn record<T: Float>(operation: impl Listed<T>, operands: &[&Var<T>]) -> Result<Var<T>> {
    run(operation.recorded(), Values::shared(operands), &mut nobody)
}

/// As [`record`], with a look at what was saved; in a dry run nothing is.
pub(crate) fn record_with<T: Float, O: Listed<T>, R>(
    operation: O,
    operands: &[&Var<T>],
    look: impl FnOnce(&O::Saved) -> R,
) -> Result<(Var<T>, Option<R>)> {
    let (mut look, mut looked) = (Some(look), None);
    let y = run(operation.recorded(), Values::shared(operands), &mut |saved| {
        looked = saved.downcast_ref().and_then(|saved| Some(look.take()?(saved)));
    })?;
    Ok((y, looked))
}

/// As [`record`], of one operand that the caller gives up: it is worked on in place if nobody else holds
/// it.
pub(crate) fn record_in_place<T: Float>(
    operation: impl Listed<T>,
    operand: Var<T>,
) -> Result<Var<T>> {
    record_first_in_place(operation, operand, &[])
}

/// As [`record_in_place`], of several operands, the first of which the caller gives up.
pub(crate) fn record_first_in_place<T: Float>(
    operation: impl Listed<T>,
    first: Var<T>,
    others: &[&Var<T>],
) -> Result<Var<T>> {
    let values = Values { given_up: Some(first), shared: others };
    run(operation.recorded(), values, &mut nobody)
}

/// As [`record_in_place`], for a function of one number, which takes any operand. What it refuses all the same, for
/// want of memory, is a panic at the line of the caller.
#[track_caller]
pub(crate) fn record_function<T: Float>(operation: impl Listed<T>, operand: Var<T>) -> Var<T> {
    or_panic(record_in_place(operation, operand))
}

impl<T: Float> Var<T> {
    /// Computes an operation, and writes it down with its gradient: see [`Operation`].
    ///
    /// # Errors
    /// When the operands don't fit, are of different passes, or the operation gives another shape than it
    /// said.
    pub fn apply(operation: impl Operation<T>, operands: &[&Self]) -> Result<Self> {
        run(Rc::new(operation), Values::shared(operands), &mut nobody)
    }
}

/// The operands of an operation.
struct Values<'v, T: Float> {
    /// The first, if the caller gives it up.
    given_up: Option<Var<T>>,
    shared: &'v [&'v Var<T>],
}

impl<'v, T: Float> Values<'v, T> {
    fn shared(operands: &'v [&'v Var<T>]) -> Self {
        Self { given_up: None, shared: operands }
    }

    fn iter(&self) -> impl Iterator<Item = &Var<T>> {
        self.given_up.iter().chain(self.shared.iter().copied())
    }

    /// The operands for the kernel: the one that was given up is moved out, so that it is unique if it is
    /// unique at all.
    fn operands(&mut self, ways_back: &[Option<Node>]) -> Operands<'_, T> {
        let first = self.given_up.as_mut().map(|first| Held::Owned(first.take()));
        let others = self.shared.iter().map(|operand| Held::Borrowed(operand.known()));
        Operands::new(first.into_iter().chain(others).zip(ways_back.iter().map(Option::is_some)))
    }
}

/// Who looks at what was saved where nobody does.
fn nobody(_: &dyn Any) {}

compiled_here! {
    /// `look` is shown what was saved; in a dry run nothing is.
    fn run<'v, 'l, T>(
        operation: Rc<dyn Recorded<T>>,
        values: Values<'v, T>,
        look: &'l mut dyn FnMut(&dyn Any),
    ) -> Result<Var<T>> {
        let mut values = values;
        let site = Site::new(operation, &values)?;
        if let Some(result) = site.dry(&values) {
            return Ok(site.shown(result));
        }
        let kept = site.keep(&values);
        let saves = site.way().is_some() && !matches!(kept, Kept::Origins(_));
        let mut operands = values.operands(&site.ways_back);
        let begun = site.traces().then(Instant::now);
        let forward = site.operation.clone().forward(&mut operands);
        let (y, step) = forward.map_err(|error| site.named(error))?;
        look(step.saved());
        let step = saves.then_some(step);
        site.check(y.shape())?;
        if let Some(begun) = begun {
            site.trace(begun.elapsed().as_secs_f64());
        }
        let result = site.result(y, kept, step);
        Ok(site.shown(result))
    }
}

/// An operation that is about to run, and what it will result in.
struct Site<T: Float> {
    operation: Rc<dyn Recorded<T>>,
    /// The operands' places on the tape, also of those that get no gradient.
    nodes: Vec<Option<Node>>,
    /// The places of those that get a gradient.
    ways_back: Vec<Option<Node>>,
    operand_shapes: Vec<Shape>,
    shape: Shape,
    tape: Option<Tape<T>>,
}

/// What is kept of an operation beside what it saves itself.
enum Kept<T: Float> {
    Nothing,
    /// The operands, for a gradient of the gradient.
    Operands(Vec<Placed<T>>),
    /// Where the operands come from, to compute it again.
    Origins(Vec<Origin<T>>),
}

impl<T: Float> Site<T> {
    fn new(operation: Rc<dyn Recorded<T>>, values: &Values<'_, T>) -> Result<Self> {
        let refuse = |error: Error| error.operation(operation.name());
        let tape = common_tape(values).map_err(refuse)?;
        let operand_shapes: Vec<Shape> = values.iter().map(Var::shape).collect();
        let count = operation.operand_count();
        if !count.contains(&operand_shapes.len()) || operand_shapes.is_empty() {
            return Err(refuse(wrong_count(&count, operand_shapes.len())));
        }
        let shape = operation.shape(&operand_shapes).map_err(refuse)?;
        let nodes = values.iter().map(Var::node).collect();
        let ways_back = values.iter().map(Var::way_back).collect();
        let tape = tape.cloned();
        Ok(Self { operation, nodes, ways_back, operand_shapes, shape, tape })
    }

    fn named(&self, error: Error) -> Error {
        error.operation(self.operation.name())
    }

    /// The tape, if there is a way back.
    fn way(&self) -> Option<&Tape<T>> {
        self.tape.as_ref().filter(|_| self.ways_back.iter().any(Option::is_some))
    }

    fn link(&self) -> Link<T> {
        let made_by = Maker::Operation(self.operation.clone());
        Link { made_by, inputs: self.ways_back.clone(), shape: self.shape }
    }

    /// The result, after whoever looks on has seen it: what comes after the last one that is
    /// wanted has shapes only, and costs nothing.
    fn shown(&self, result: Var<T>) -> Var<T> {
        let Some(tape) = &self.tape else { return result };
        let shown = || {
            let (name, value) = (self.operation.name(), self.operation.clone().as_any());
            let reach = self.operation.reach(&self.operand_shapes);
            Shown { operation: AnyOperation { name, value }, reach, result: result.placed() }
        };
        match tape.observe(self.nodes.iter().copied(), shown) {
            true => Var::shape_only(self.shape, tape.clone(), None),
            false => result,
        }
    }

    /// The result in a dry run: a shape.
    fn dry(&self, values: &Values<'_, T>) -> Option<Var<T>> {
        let tape = self.tape.as_ref().filter(|_| values.iter().any(Var::is_shape_only))?;
        self.trace(0.0);
        let node = self.way().map(|tape| tape.push(self.link(), None));
        Some(Var::shape_only(self.shape, tape.clone(), node))
    }

    fn traces(&self) -> bool {
        self.tape.as_ref().is_some_and(Tape::traces)
    }

    /// Writes the operation down with the time that it took, where that is done.
    fn trace(&self, seconds: f64) {
        let Some(tape) = &self.tape else { return };
        let multiply_adds = self.operation.multiply_adds(&self.operand_shapes);
        let nodes = self.nodes.iter().flatten().copied();
        tape.trace(self.operation.name(), self.shape, nodes, multiply_adds, seconds);
    }

    /// What is to be kept of the operands.
    fn keep(&self, values: &Values<'_, T>) -> Kept<T> {
        let Some(tape) = self.way() else { return Kept::Nothing };
        if tape.keeps_calls() {
            return Kept::Operands(values.iter().map(Var::placed).collect());
        }
        if !tape.is_recomputing() {
            return Kept::Nothing;
        }
        let origin = |operand: &Var<T>| match operand.node() {
            Some(node) if tape.is_recomputed(node) => Origin::Recomputed(node),
            _ => Origin::Value(operand.known().clone()),
        };
        Kept::Origins(values.iter().map(origin).collect())
    }

    /// Whether the kernel gave the shape that the shape rule said.
    fn check(&self, shape: Shape) -> Result<()> {
        if shape == self.shape {
            return Ok(());
        }
        Err(self.named(Error::shape(format!(
            "the result is {shape}, by its shape rule it should be {}",
            self.shape
        ))))
    }

    /// The result with its value, on the tape if there is a way back.
    fn result(&self, value: Tensor<T>, kept: Kept<T>, step: Option<Box<dyn Step<T>>>) -> Var<T> {
        let value = Value::Known(value);
        let Some(tape) = self.way() else { return Var::new(value, self.tape.clone(), None) };
        let (way, operands) = match kept {
            Kept::Origins(origins) => (Some(Way::Recompute(origins)), None),
            Kept::Operands(operands) => (step.map(Way::Saved), Some(operands)),
            Kept::Nothing => (step.map(Way::Saved), None),
        };
        let node = tape.push(self.link(), way);
        if let Some(operands) = operands {
            let result = Placed { value: value.clone(), node: Some(node) };
            tape.keep_call(node, Call { operands, result });
        }
        Var::new(value, self.tape.clone(), Some(node))
    }
}

fn wrong_count(takes: &RangeInclusive<usize>, given: usize) -> Error {
    let takes = match (*takes.start(), *takes.end()) {
        (1, usize::MAX) => "one operand or more".to_owned(),
        (1, 1) => "one operand".to_owned(),
        (least, most) if least == most => format!("{least} operands"),
        (least, usize::MAX) => format!("{least} operands or more"),
        (least, most) => format!("{least} to {most} operands"),
    };
    let given = if given == 0 { "none".to_owned() } else { given.to_string() };
    Error::value(format!("it takes {takes}, and was given {given}"))
}

/// The tape that the operands are on, if any is.
fn common_tape<'v, T: Float>(values: &'v Values<'_, T>) -> Result<Option<&'v Tape<T>>> {
    let mut tapes = values.iter().filter_map(Var::tape);
    let Some(first) = tapes.next() else { return Ok(None) };
    if tapes.all(|tape| tape.is(first)) {
        return Ok(Some(first));
    }
    let finished = values.iter().filter_map(Var::tape).any(Tape::is_finished);
    let message = if finished {
        "one operand is from a pass that is over"
    } else {
        "the operands are from different passes"
    };
    Err(Error::gradient(message)
        .hint("`Var::constant(x.value()?.clone())` takes a value from one pass to another"))
}

/// An operation, and what it has saved.
struct Saved<T: Float, O: Operation<T>> {
    operation: Rc<O>,
    saved: O::Saved,
}

impl<T: Float, O: Operation<T>> Step<T> for Saved<T, O> {
    fn go(self: Box<Self>, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        self.operation.gradient(self.saved, dy, grads)
    }

    fn copy(&self) -> Box<dyn Step<T>> {
        Box::new(Self { operation: self.operation.clone(), saved: self.saved.clone() })
    }

    fn saved(&self) -> &dyn Any {
        &self.saved
    }
}

impl<T: Float, O: Operation<T>> Recorded<T> for O {
    fn name(&self) -> &'static str {
        Operation::name(self)
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        Operation::operand_count(self)
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        Operation::shape(self, operands)
    }

    fn multiply_adds(&self, operands: &[Shape]) -> u64 {
        Operation::multiply_adds(self, operands)
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        Operation::reach(self, operands)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        Operation::attributes(self)
    }

    fn forward(self: Rc<Self>, operands: &mut Operands<'_, T>) -> Result<Forward<T>> {
        let (y, saved) = Operation::forward(&*self, operands)?;
        Ok((y, Box::new(Saved { operation: self, saved })))
    }

    fn vjp(
        &self,
        tape: &Tape<T>,
        call: &Call<T>,
        dy: Placed<T>,
        needed: &[bool],
    ) -> Result<Vec<Option<Placed<T>>>> {
        differentiate(tape, call, dy, needed, self)
    }

    fn as_any(self: Rc<Self>) -> Rc<dyn Any> {
        self
    }
}

/// The gradient of an operation by operations, as its own `vjp` gives it. A closure's table would have three entries
/// for each operation, of which two are never called.
trait Vjp<T: Float> {
    fn give(
        &self,
        operands: &[Var<T>],
        y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()>;
}

impl<T: Float, O: Operation<T>> Vjp<T> for O {
    fn give(
        &self,
        operands: &[Var<T>],
        y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        Operation::vjp(self, operands, y, dy, grads)
    }
}

/// What [`Recorded::vjp`] does around an operation's own, compiled once for all operations.
fn differentiate<T: Float>(
    tape: &Tape<T>,
    call: &Call<T>,
    dy: Placed<T>,
    needed: &[bool],
    operation: &dyn Vjp<T>,
) -> Result<Vec<Option<Placed<T>>>> {
    let var = |placed: Placed<T>| Var::new(placed.value, Some(tape.clone()), placed.node);
    let operands: Vec<Var<T>> = call.operands.iter().cloned().map(var).collect();
    // Each operand's gradient has a place of its own: adding those of one value is up to the caller.
    let places = needed.iter().enumerate().map(|(place, needed)| needed.then_some(place));
    let places: Vec<Option<Node>> = places.collect();
    let shape_of = |place: Node| operands[place].shape();
    let mut slots = vec![None; operands.len()];
    let mut grads = OperandGrads::new(&places, &shape_of, &mut slots);
    operation.give(&operands, &var(call.result.clone()), &var(dy), &mut grads)?;
    grads.check_all_were_given()?;
    Ok(slots.into_iter().map(|gradient| gradient.map(|gradient| gradient.placed())).collect())
}
