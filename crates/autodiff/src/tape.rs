//! The tape: what was computed, in order, and how to go back.

use std::any::Any;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::{Range, RangeInclusive};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use plywood_tensor::{Float, Result, Shape, Tensor, compiled_here};

use crate::attribute::Attribute;
use crate::observe::{Observer, Operand, Shown};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::param::ParamId;
use crate::reach::Reach;
use crate::value::{Node, Placed};

/// What an [`Operation`](crate::Operation) is asked when its type isn't known any more.
pub(crate) trait Recorded<T: Float> {
    fn name(&self) -> &'static str;
    fn operand_count(&self) -> RangeInclusive<usize>;
    fn shape(&self, operands: &[Shape]) -> Result<Shape>;
    fn multiply_adds(&self, operands: &[Shape]) -> u64;
    fn reach(&self, operands: &[Shape]) -> Reach;
    fn attributes(&self) -> Vec<(&'static str, Attribute)>;
    /// The result, and the gradient with what is saved for it.
    fn forward(self: Rc<Self>, operands: &mut Operands<'_, T>) -> Result<Forward<T>>;
    /// The gradients with respect to those operands that need one, computed on the tape.
    fn vjp(
        &self,
        tape: &Tape<T>,
        call: &Call<T>,
        dy: Placed<T>,
        needed: &[bool],
    ) -> Result<Vec<Option<Placed<T>>>>;
    /// The operation itself.
    fn as_any(self: Rc<Self>) -> Rc<dyn Any>;
}

/// An operation's gradient, with what was saved for it.
pub(crate) trait Step<T: Float> {
    /// Gives the operands their gradients, and frees what was saved.
    fn go(self: Box<Self>, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()>;
    /// The same step once more, for a tape that is kept.
    fn copy(&self) -> Box<dyn Step<T>>;
    /// What was saved.
    fn saved(&self) -> &dyn Any;
}

/// An operation's result, and its gradient.
pub(crate) type Forward<T> = (Tensor<T>, Box<dyn Step<T>>);

/// An operation's operands and its result.
#[derive(Clone)]
pub(crate) struct Call<T: Float> {
    pub(crate) operands: Vec<Placed<T>>,
    pub(crate) result: Placed<T>,
}

/// The way back through an operation.
pub(crate) enum Way<T: Float> {
    /// With what the operation has saved.
    Saved(Box<dyn Step<T>>),
    /// By computing the operation again, from these operands.
    Recompute(Vec<Origin<T>>),
}

/// Where an operand of an operation that is computed again comes from.
#[derive(Clone)]
pub(crate) enum Origin<T: Float> {
    /// It is computed again itself.
    Recomputed(Node),
    Value(Tensor<T>),
}

/// What is known of a value on the tape.
pub(crate) struct Link<T: Float> {
    pub(crate) made_by: Maker<T>,
    /// The values on the tape that it was made of, at each operand's place; `None` for operands
    /// that need no gradient.
    pub(crate) inputs: Vec<Option<Node>>,
    pub(crate) shape: Shape,
}

/// Where a value on the tape is from.
#[derive(Clone)]
pub(crate) enum Maker<T: Float> {
    /// A parameter's value.
    Param(ParamId),
    /// An input whose gradient was asked for.
    Input,
    /// The result of a differentiable operation.
    Operation(Rc<dyn Recorded<T>>),
    /// Where an operation without a gradient ended the path.
    Cut,
}

impl<T: Float> Maker<T> {
    /// The operation's name, or what stands for it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Param(_) => "parameter",
            Self::Input => "input",
            Self::Operation(operation) => operation.name(),
            Self::Cut => "detach",
        }
    }
}

/// One operation of a [dry run](crate::Pass::dry_run) or a [timed](crate::Pass::timed) pass.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_tensor::Tensor;
///
/// let weight = Param::new(Tensor::zeros([10, 784]));
/// let mut pass = Pass::dry_run(&weight);
/// let x = pass.shape([64, 784])?;
/// x.linear(&pass.param(&weight), None)?;
/// let rows = pass.trace();
/// assert_eq!((rows[0].operation, rows[0].shape), ("linear", [64, 10].into()));
/// assert_eq!(rows[0].params, [weight.id()]);
/// assert_eq!(rows[0].multiply_adds, 64 * 784 * 10);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TraceRow {
    /// The operation's name.
    pub operation: &'static str,
    /// The shape of its result.
    pub shape: Shape,
    /// The parameters that it takes directly.
    pub params: Vec<ParamId>,
    /// Multiply-adds, where multiplying is what it does: products and convolutions.
    pub multiply_adds: u64,
    /// The seconds that it took, from its operands to its result; 0 in a dry run.
    pub seconds: f64,
}

pub(crate) struct Inner<T: Float> {
    /// Tells this tape from all others of this process.
    serial: u64,
    pub(crate) links: Vec<Link<T>>,
    /// The way back through the operation that made each value.
    pub(crate) ways: Vec<Option<Way<T>>>,
    /// The operands of each operation and its result, where a gradient of a gradient may be asked for.
    calls: Option<HashMap<Node, Call<T>>>,
    /// The parts of the tape that are computed again.
    pub(crate) segments: Vec<Range<Node>>,
    /// Where the segment that is being computed for the first time begins.
    recomputing: Option<Node>,
    pub(crate) params: HashMap<ParamId, Node>,
    /// The operations, where they are written down.
    pub(crate) trace: Option<Vec<TraceRow>>,
    /// Whether parameters get gradients.
    learns: bool,
    /// Values whose gradients are kept though operations made them.
    pub(crate) retained: HashSet<Node>,
    /// Who looks on, if anybody does.
    pub(crate) observer: Option<Observer<T>>,
    /// Whether nobody can go back any more.
    finished: bool,
}

/// Shared by all values of one pass. It is known by a trait so that a tape is freed by what this crate has compiled:
/// every function that drops a value would have all that of its own.
pub(crate) struct Tape<T: Float>(Rc<dyn Shared<T>>);

trait Shared<T: Float> {
    fn inner(&self) -> &RefCell<Inner<T>>;
}

impl<T: Float> Shared<T> for RefCell<Inner<T>> {
    fn inner(&self) -> &RefCell<Inner<T>> {
        self
    }
}

compiled_here! {
    fn empty<T>(traces: bool, learns: bool) -> Tape<T> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Tape(Rc::new(RefCell::new(Inner {
            serial: NEXT.fetch_add(1, Ordering::Relaxed),
            links: Vec::new(),
            ways: Vec::new(),
            calls: None,
            segments: Vec::new(),
            recomputing: None,
            params: HashMap::new(),
            trace: traces.then(Vec::new),
            learns,
            retained: HashSet::new(),
            observer: None,
            finished: false,
        })))
    }
}

impl<T: Float> Clone for Tape<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Float> Tape<T> {
    /// An empty tape. `traces` is whether operations are written down, `learns` whether parameters get gradients.
    pub(crate) fn new(traces: bool, learns: bool) -> Self {
        empty(traces, learns)
    }

    pub(crate) fn traces(&self) -> bool {
        self.0.inner().borrow().trace.is_some()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Rc::as_ptr(&self.0), Rc::as_ptr(&other.0))
    }

    pub(crate) fn serial(&self) -> u64 {
        self.0.inner().borrow().serial
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.0.inner().borrow().finished
    }

    /// Whether a gradient can flow through a value.
    pub(crate) fn leads_back(&self, node: Node) -> bool {
        let inner = self.0.inner().borrow();
        !inner.finished && (inner.learns || !matches!(inner.links[node].made_by, Maker::Param(_)))
    }

    /// Keeps the gradient with respect to a value.
    pub(crate) fn retain(&self, node: Node) {
        self.0.inner().borrow_mut().retained.insert(node);
    }

    /// Keeps the operands of all operations from here on.
    pub(crate) fn keep_calls(&self) {
        self.0.inner().borrow_mut().calls.get_or_insert_default();
    }

    pub(crate) fn keeps_calls(&self) -> bool {
        self.0.inner().borrow().calls.is_some()
    }

    /// Keeps the operands and the result of an operation.
    pub(crate) fn keep_call(&self, node: Node, call: Call<T>) {
        if let Some(calls) = &mut self.0.inner().borrow_mut().calls {
            calls.insert(node, call);
        }
    }

    /// What was kept of the operation that made a value.
    pub(crate) fn call(&self, node: Node) -> Option<Call<T>> {
        self.0.inner().borrow().calls.as_ref()?.get(&node).cloned()
    }

    /// Saves nothing from here on, or saves again. A segment inside of another belongs to it.
    pub(crate) fn begin_segment(&self) -> bool {
        let mut inner = self.0.inner().borrow_mut();
        let begins = inner.recomputing.is_none() && inner.calls.is_none();
        if begins {
            inner.recomputing = Some(inner.links.len());
        }
        begins
    }

    pub(crate) fn end_segment(&self) {
        let mut inner = self.0.inner().borrow_mut();
        let end = inner.links.len();
        if let Some(start) = inner.recomputing.take() {
            inner.segments.push(start..end);
        }
    }

    pub(crate) fn is_recomputing(&self) -> bool {
        self.0.inner().borrow().recomputing.is_some()
    }

    /// Whether a value is computed again when the segment is that is being computed now.
    pub(crate) fn is_recomputed(&self, node: Node) -> bool {
        let inner = self.0.inner().borrow();
        inner.recomputing.is_some_and(|start| start <= node)
            && matches!(inner.ways[node], Some(Way::Recompute(_)))
    }

    /// Looks on from here, or no longer.
    pub(crate) fn set_observer(&self, observer: Option<Observer<T>>) {
        self.0.inner().borrow_mut().observer = observer;
    }

    /// Shows a result to whoever looks on. Gives whether it is the last one that is wanted.
    pub(crate) fn observe(
        &self,
        inputs: impl Iterator<Item = Option<Node>>,
        shown: impl FnOnce() -> Shown<T>,
    ) -> bool {
        let mut inner = self.0.inner().borrow_mut();
        let Inner { links, observer, .. } = &mut *inner;
        let Some(observer) = observer else { return false };
        let operands = inputs.map(|node| match node.map(|node| (node, &links[node].made_by)) {
            None => Operand::Constant,
            Some((_, Maker::Param(id))) => Operand::Param(*id),
            Some((node, _)) => Operand::Value(node),
        });
        observer.see(operands, shown)
    }

    /// Hands out all ways back, for the last time: from here on values on this tape are constants.
    pub(crate) fn finish(&self) -> Vec<Option<Way<T>>> {
        let mut inner = self.0.inner().borrow_mut();
        inner.finished = true;
        inner.calls = None;
        std::mem::take(&mut inner.ways)
    }

    /// Forgets the values from `len` on, which nobody holds any more.
    pub(crate) fn rewind(&self, len: usize) {
        let mut inner = self.0.inner().borrow_mut();
        inner.links.truncate(len);
        inner.ways.truncate(len);
        if let Some(calls) = &mut inner.calls {
            calls.retain(|&node, _| node < len);
        }
    }

    /// Writes down a value.
    pub(crate) fn push(&self, link: Link<T>, way: Option<Way<T>>) -> Node {
        let mut inner = self.0.inner().borrow_mut();
        if let Maker::Param(id) = link.made_by {
            let node = inner.links.len();
            inner.params.insert(id, node);
        }
        inner.links.push(link);
        inner.ways.push(way);
        inner.links.len() - 1
    }

    /// The place of a parameter that was used before.
    pub(crate) fn param(&self, id: ParamId) -> Option<Node> {
        self.0.inner().borrow().params.get(&id).copied()
    }

    /// Writes down an operation, where that is done.
    pub(crate) fn trace(
        &self,
        operation: &'static str,
        shape: Shape,
        inputs: impl Iterator<Item = Node>,
        multiply_adds: u64,
        seconds: f64,
    ) {
        let mut inner = self.0.inner().borrow_mut();
        let params = inputs
            .filter_map(|node| match inner.links[node].made_by {
                Maker::Param(id) => Some(id),
                _ => None,
            })
            .collect();
        if let Some(trace) = &mut inner.trace {
            trace.push(TraceRow { operation, shape, params, multiply_adds, seconds });
        }
    }

    pub(crate) fn take_trace(&self) -> Vec<TraceRow> {
        self.0.inner().borrow_mut().trace.take().unwrap_or_default()
    }

    /// Looks at everything on the tape.
    pub(crate) fn inspect<R>(&self, look: impl FnOnce(&Inner<T>) -> R) -> R {
        look(&self.0.inner().borrow())
    }
}
