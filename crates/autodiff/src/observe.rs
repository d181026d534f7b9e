//! Looking on while a model computes: each operation's result, by name.

use std::collections::HashMap;

use plywood_tensor::{Float, Window};

use crate::param::ParamId;
use crate::tape::{Node, Tape};
use crate::var::Var;

/// What an operation of a pass has given: see [`Pass::observe`](crate::Pass::observe).
#[derive(Clone, Debug)]
pub struct Observation<T: Float = f32> {
    /// Its name, which no other observation of the pass has.
    pub name: String,
    /// The path of the layer whose parameters the operation takes; empty when it takes none, or
    /// when that layer is the model.
    pub layer: String,
    /// The operation.
    pub operation: &'static str,
    /// The result; in a dry run its shape.
    pub value: Var<T>,
    /// Where each operand comes from.
    pub sources: Vec<Source>,
    /// How the operation moves over the last two axes of its first operand, where a pixel of the
    /// result sees a window of pixels: convolutions and poolings, and a border, which is a window
    /// of one pixel.
    pub window: Option<Window>,
}

/// Where an operand of an observed operation comes from.
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
pub(crate) struct Shown<T: Float> {
    pub(crate) operation: &'static str,
    pub(crate) window: Option<Window>,
    pub(crate) result: Var<T>,
}

/// An operand, as the tape knows it.
pub(crate) enum Operand {
    Value(Node),
    Param(ParamId),
    Constant,
}

/// What has been seen so far. The values are unlinked: a tape that held values that hold it would
/// never be freed.
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
    seen: Vec<Observation<T>>,
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
        let Shown { operation, window, result } = shown();
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
            (_, "") => operation.to_owned(),
            (_, last) => format!("{last}.{operation}"),
        };
        let given = self.given.entry(name.clone()).or_default();
        *given += 1;
        if *given > 1 {
            name = format!("{name}#{given}");
        }
        self.done = self.until.as_ref() == Some(&name);
        let layer = layer.unwrap_or_default();
        self.places.extend(result.node().map(|node| (node, self.seen.len())));
        self.seen.push(Observation { name, layer, operation, value: result, sources, window });
        self.done
    }

    /// What was seen, with its way back on the tape.
    pub(crate) fn observations(&self, tape: &Tape<T>) -> Vec<Observation<T>> {
        let seen = self.seen.iter().cloned();
        seen.map(|seen| Observation { value: seen.value.linked(tape.clone()), ..seen }).collect()
    }
}
