//! Looking on while a model computes: each operation's result, by name.

use std::collections::HashMap;

use plywood_tensor::Float;

use crate::param::ParamId;
use crate::tape::Tape;
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
    seen: Vec<Observation<T>>,
}

impl<T: Float> Observer<T> {
    pub(crate) fn new(layers: HashMap<ParamId, String>, until: Option<String>) -> Self {
        let (given, seen) = (HashMap::new(), Vec::new());
        Self { layers, last: "input".to_owned(), given, until, done: false, seen }
    }

    /// Writes a result down. Gives whether nothing that follows from it is wanted.
    pub(crate) fn see(
        &mut self,
        operation: &'static str,
        mut params: impl Iterator<Item = ParamId>,
        result: impl FnOnce() -> Var<T>,
    ) -> bool {
        if self.done {
            return false;
        }
        let layer = params.find_map(|id| self.layers.get(&id)).cloned();
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
        self.seen.push(Observation { name, layer, operation, value: result() });
        self.done
    }

    /// What was seen, with its way back on the tape.
    pub(crate) fn observations(&self, tape: &Tape<T>) -> Vec<Observation<T>> {
        let seen = self.seen.iter().cloned();
        seen.map(|seen| Observation { value: seen.value.linked(tape.clone()), ..seen }).collect()
    }
}
