//! Looking on while a model computes: each operation's result, by name.

use std::any::Any;
use std::collections::HashMap;
use std::rc::Rc;

use plywood_tensor::Float;

use crate::param::ParamId;
use crate::reach::Reach;
use crate::value::{Node, Placed};

/// Where an operand of an observed operation comes from.
///
/// ```
/// use plywood_autodiff::{Pass, Source, Var};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// pass.observe();
/// let x = pass.input(Tensor::from([1.0, -2.0]));
/// x.relu().mul(&Var::constant(Tensor::from([3.0])))?;
/// let seen = pass.observed();
/// assert_eq!(seen[0].sources, [Source::Before]); // the input
/// assert_eq!(seen[1].sources, [Source::Seen(0), Source::Fixed]); // what `relu` gave, and a constant
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the observation with this index.
    Seen(usize),
    /// From before one looked on, such as the input.
    Before,
    /// A parameter, or a constant.
    Fixed,
}

/// What an observer is shown.
#[derive(Clone)]
pub(crate) struct Shown<T: Float> {
    pub(crate) operation: AnyOperation,
    pub(crate) reach: Reach,
    pub(crate) result: Placed<T>,
}

/// An operation of any type.
#[derive(Clone)]
pub(crate) struct AnyOperation {
    pub(crate) name: &'static str,
    pub(crate) value: Rc<dyn Any>,
}

/// A result that was seen, and what is known of it.
#[derive(Clone)]
pub(crate) struct Seen<T: Float> {
    pub(crate) name: String,
    pub(crate) layer: String,
    pub(crate) sources: Vec<Source>,
    pub(crate) shown: Shown<T>,
}

/// An operand, as the tape knows it.
pub(crate) enum Operand {
    Value(Node),
    Param(ParamId),
    Constant,
}

/// What has been seen so far, as values without their tape: one that held what holds it would never be
/// freed.
pub(crate) struct Observer<T: Float> {
    /// The layer of each parameter.
    layers: HashMap<ParamId, String>,
    /// The layer whose parameters were taken last.
    last: String,
    /// How often a name was given.
    given: HashMap<String, usize>,
    /// The name of the last result that is wanted.
    until: Option<String>,
    done: bool,
    /// The observation of each value on the tape.
    places: HashMap<Node, usize>,
    pub(crate) seen: Vec<Seen<T>>,
}

impl<T: Float> Observer<T> {
    pub(crate) fn new(layers: HashMap<ParamId, String>, until: Option<String>) -> Self {
        Self {
            layers,
            last: "input".to_owned(),
            given: HashMap::new(),
            until,
            done: false,
            places: HashMap::new(),
            seen: Vec::new(),
        }
    }

    /// Writes a result down. Gives whether nothing that follows from it is wanted.
    pub(crate) fn see(
        &mut self,
        operands: impl Iterator<Item = Operand>,
        shown: impl FnOnce() -> Shown<T>,
    ) -> bool {
        if self.done {
            return false;
        }
        let shown = shown();
        let mut layer = None;
        let mut sources = Vec::new();
        for operand in operands {
            sources.push(match operand {
                Operand::Value(node) => {
                    self.places.get(&node).map_or(Source::Before, |&place| Source::Seen(place))
                }
                Operand::Param(id) => {
                    layer = layer.or_else(|| self.layers.get(&id).cloned());
                    Source::Fixed
                }
                Operand::Constant => Source::Fixed,
            });
        }
        if let Some(layer) = &layer {
            self.last.clone_from(layer);
        }
        let mut name = match (&layer, self.last.as_str()) {
            (Some(layer), _) if !layer.is_empty() => layer.clone(),
            (_, "") => shown.operation.name.to_owned(),
            (_, last) => format!("{last}.{}", shown.operation.name),
        };
        let given = self.given.entry(name.clone()).or_default();
        *given += 1;
        if *given > 1 {
            name = format!("{name}#{given}");
        }
        self.done = self.until.as_ref() == Some(&name);
        let layer = layer.unwrap_or_default();
        self.places.extend(shown.result.node.map(|node| (node, self.seen.len())));
        self.seen.push(Seen { name, layer, sources, shown });
        self.done
    }
}
