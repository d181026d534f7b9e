//! The tape: what was computed, in order, and how to go back.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use plywood_tensor::{Float, Result, Shape, Tensor};

use crate::observe::{Observer, Operand, Shown};
use crate::operand_grads::OperandGrads;
use crate::param::ParamId;
use crate::value::Node;

/// Takes the gradient with respect to an operation's result and gives its inputs theirs.
pub(crate) type Gradient<T> = Box<dyn FnOnce(Tensor<T>, &mut OperandGrads<'_, T>) -> Result<()>>;

/// What is known of a value on the tape.
pub(crate) struct Link {
    /// The operation that made it.
    pub(crate) operation: &'static str,
    /// The values on the tape that it was made of, at each operand's place; `None` for operands
    /// that need no gradient.
    pub(crate) inputs: Vec<Option<Node>>,
    pub(crate) shape: Shape,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A parameter's value.
    Param(ParamId),
    /// An input whose gradient was asked for.
    Input,
    /// The result of a differentiable operation.
    Result,
    /// Where an operation without a gradient ended the path.
    Cut,
}

/// One operation of a dry run.
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
}

pub(crate) struct Inner<T: Float> {
    /// Tells this tape from all others of this process.
    serial: u64,
    pub(crate) links: Vec<Link>,
    gradients: Vec<Option<Gradient<T>>>,
    pub(crate) params: HashMap<ParamId, Node>,
    /// The operations of a dry run; `None` when values are computed.
    pub(crate) trace: Option<Vec<TraceRow>>,
    /// Whether parameters get gradients.
    learns: bool,
    /// Values whose gradients are kept though operations made them.
    retained: HashSet<Node>,
    /// Who looks on, if anybody does.
    pub(crate) observer: Option<Observer<T>>,
    /// Whether nobody can go back any more.
    finished: bool,
}

/// Shared by all values of one pass.
#[derive(Clone)]
pub(crate) struct Tape<T: Float>(Rc<RefCell<Inner<T>>>);

impl<T: Float> Tape<T> {
    /// An empty tape. `learns` is whether parameters get gradients.
    pub(crate) fn new(dry_run: bool, learns: bool) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(Rc::new(RefCell::new(Inner {
            serial: NEXT.fetch_add(1, Ordering::Relaxed),
            links: Vec::new(),
            gradients: Vec::new(),
            params: HashMap::new(),
            trace: dry_run.then(Vec::new),
            learns,
            retained: HashSet::new(),
            observer: None,
            finished: false,
        })))
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn serial(&self) -> u64 {
        self.0.borrow().serial
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.0.borrow().finished
    }

    /// Whether a gradient can flow through a value.
    pub(crate) fn leads_back(&self, node: Node) -> bool {
        let inner = self.0.borrow();
        !inner.finished && (inner.learns || !matches!(inner.links[node].kind, Kind::Param(_)))
    }

    /// Keeps the gradient with respect to a value.
    pub(crate) fn retain(&self, node: Node) {
        self.0.borrow_mut().retained.insert(node);
    }

    /// Looks on from here, or no longer.
    pub(crate) fn set_observer(&self, observer: Option<Observer<T>>) {
        self.0.borrow_mut().observer = observer;
    }

    /// Shows a result to whoever looks on. Gives whether it is the last one that is wanted.
    pub(crate) fn observe(
        &self,
        inputs: impl Iterator<Item = Option<Node>>,
        shown: impl FnOnce() -> Shown<T>,
    ) -> bool {
        let mut inner = self.0.borrow_mut();
        let Inner { links, observer, .. } = &mut *inner;
        let operands = inputs.map(|node| match node.map(|node| (node, links[node].kind)) {
            None => Operand::Constant,
            Some((_, Kind::Param(id))) => Operand::Param(id),
            Some((node, _)) => Operand::Value(node),
        });
        observer.as_mut().is_some_and(|observer| observer.see(operands, shown))
    }

    /// Hands out all ways back, for the last time: from here on values on this tape are constants.
    pub(crate) fn finish(&self) -> Vec<Option<Gradient<T>>> {
        let mut inner = self.0.borrow_mut();
        inner.finished = true;
        std::mem::take(&mut inner.gradients)
    }

    /// Writes down a value.
    pub(crate) fn push(&self, link: Link, gradient: Option<Gradient<T>>) -> Node {
        let mut inner = self.0.borrow_mut();
        if let Kind::Param(id) = link.kind {
            let node = inner.links.len();
            inner.params.insert(id, node);
        }
        inner.links.push(link);
        inner.gradients.push(gradient);
        inner.links.len() - 1
    }

    /// The place of a parameter that was used before.
    pub(crate) fn param(&self, id: ParamId) -> Option<Node> {
        self.0.borrow().params.get(&id).copied()
    }

    /// Writes down an operation of a dry run.
    pub(crate) fn trace(
        &self,
        operation: &'static str,
        shape: Shape,
        inputs: impl Iterator<Item = Node>,
        multiply_adds: u64,
    ) {
        let mut inner = self.0.borrow_mut();
        let params = inputs
            .filter_map(|node| match inner.links[node].kind {
                Kind::Param(id) => Some(id),
                _ => None,
            })
            .collect();
        if let Some(trace) = &mut inner.trace {
            trace.push(TraceRow { operation, shape, params, multiply_adds });
        }
    }

    pub(crate) fn take_trace(&self) -> Vec<TraceRow> {
        self.0.borrow_mut().trace.take().unwrap_or_default()
    }

    /// Looks at everything on the tape.
    pub(crate) fn inspect<R>(&self, look: impl FnOnce(&Inner<T>) -> R) -> R {
        look(&self.0.borrow())
    }

    /// Goes back from `from`, whose gradient is given, and gives the gradient of each value that
    /// was not made by an operation, or is retained. What each step has saved is freed as soon as it is done.
    pub(crate) fn backward(
        &self,
        from: Node,
        gradient: Tensor<T>,
    ) -> Result<HashMap<Node, Tensor<T>>> {
        let mut gradients = self.finish();
        let inner = self.0.borrow();
        let mut slots: Vec<Option<Tensor<T>>> = vec![None; from + 1];
        slots[from] = Some(gradient);
        gradients.truncate(from + 1);
        let mut leaves = HashMap::new();
        // A loop, and entries dropped one by one: a recursive walk or drop of a long chain would
        // overflow the stack.
        while let Some(gradient) = gradients.pop() {
            let node = gradients.len();
            let Some(dy) = slots[node].take() else { continue };
            let link = &inner.links[node];
            if gradient.is_some() && inner.retained.contains(&node) {
                leaves.insert(node, dy.clone());
            }
            match gradient {
                Some(gradient) => {
                    let shape_of = |node: Node| inner.links[node].shape;
                    let mut grads = OperandGrads::new(&link.inputs, &shape_of, &mut slots);
                    gradient(dy, &mut grads).and_then(|()| grads.check_all_were_given()).map_err(
                        |error| error.operation(format!("gradient of {}", link.operation)),
                    )?
                }
                None => {
                    leaves.insert(node, dy);
                }
            }
        }
        Ok(leaves)
    }
}
