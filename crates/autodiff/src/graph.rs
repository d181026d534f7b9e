//! The graph of a pass: which value was computed from which.

use plywood_tensor::{Float, Shape};

use crate::attribute::Attribute;
use crate::tape::{Link, Maker, Tape};
use crate::var::Var;

/// What a pass has computed so far, as a graph: see [`Pass::graph`](crate::Pass::graph).
///
/// ```
/// use plywood_autodiff::{Graph, Pass};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([1.0, 2.0]));
/// let y = x.clone().square().mul(&x)?;
/// let graph: Graph = pass.graph();
/// let operations: Vec<_> = graph.nodes.iter().map(|node| node.operation).collect();
/// assert_eq!(operations, ["input", "square", "mul"]);
/// assert_eq!(graph.place_of(&y), Some(2));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Graph {
    /// The values, each after all that it was computed from.
    pub nodes: Vec<GraphNode>,
    /// The tape that it is of.
    tape: u64,
}

/// A value in a [`Graph`].
///
/// ```
/// use plywood_autodiff::{Pass};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([1.0, 2.0]));
/// let _y = x.clone().square().mul(&x)?;
/// let product = pass.graph().nodes[2].clone();
/// assert_eq!(product.operation, "mul");
/// assert_eq!(product.operands, [Some(1), Some(0)]); // the square and the input
/// assert_eq!(product.shape, [2].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GraphNode {
    /// What it is.
    pub kind: NodeKind,
    /// The operation that made it; `parameter` or `input` where none did.
    pub operation: &'static str,
    /// The operation's settings, by name.
    pub attributes: Vec<(&'static str, Attribute)>,
    /// A parameter's name in the model; else empty.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// The operands: each is the place of a node, or `None` for a constant.
    pub operands: Vec<Option<usize>>,
}

/// What a value in a [`Graph`] is.
///
/// ```
/// use plywood_autodiff::{NodeKind, Pass};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([1.0, 2.0]));
/// let _y = x.square().detach();
/// let kinds: Vec<_> = pass.graph().nodes.iter().map(|node| node.kind).collect();
/// assert_eq!(kinds, [NodeKind::Input, NodeKind::Result, NodeKind::Cut]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeKind {
    /// A parameter.
    Parameter,
    /// A value whose gradient was asked for.
    Input,
    /// The result of an operation.
    Result,
    /// The end of a path, through which no gradient flows.
    Cut,
}

impl Graph {
    /// The graph of what is on a tape, with the names that `name` gives to parameters.
    pub(crate) fn of<T: Float>(
        tape: &Tape<T>,
        name: impl Fn(crate::ParamId) -> Option<String>,
    ) -> Self {
        let node = |link: &Link<T>| {
            let (kind, name, attributes) = match &link.made_by {
                Maker::Param(id) => {
                    (NodeKind::Parameter, name(*id).unwrap_or_default(), Vec::new())
                }
                Maker::Input => (NodeKind::Input, String::new(), Vec::new()),
                Maker::Operation(operation) => {
                    (NodeKind::Result, String::new(), operation.attributes())
                }
                Maker::Cut => (NodeKind::Cut, String::new(), Vec::new()),
            };
            let (operation, operands) = (link.made_by.name(), link.inputs.clone());
            GraphNode { kind, operation, attributes, name, shape: link.shape, operands }
        };
        let nodes = tape.inspect(|inner| inner.links.iter().map(node).collect());
        Self { nodes, tape: tape.serial() }
    }

    /// The graph of a pass without a tape.
    pub(crate) fn empty() -> Self {
        Self { nodes: Vec::new(), tape: 0 }
    }

    /// The place of a value among the nodes; `None` for constants and for values of other passes.
    pub fn place_of<T: Float>(&self, value: &Var<T>) -> Option<usize> {
        let same = value.tape().is_some_and(|tape| tape.serial() == self.tape);
        value.node().filter(|&node| same && node < self.nodes.len())
    }
}
