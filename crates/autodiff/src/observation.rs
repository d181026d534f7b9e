//! What one sees who looks on while a model computes.

use plywood_tensor::{Float, Window};

use crate::observe::{Seen, Shown, Source};
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
    /// Where each operand comes from.
    pub sources: Vec<Source>,
    /// How the operation moves over the last two axes of its first operand, where a pixel of the
    /// result sees a window of pixels: convolutions and poolings, and a border, which is a window
    /// of one pixel.
    pub window: Option<Window>,
}

impl<T: Float> Observation<T> {
    /// What was seen, with its way back on the tape.
    pub(crate) fn of(seen: &Seen<T>, tape: &Tape<T>) -> Self {
        let Seen { name, layer, sources, shown } = seen.clone();
        let Shown { operation, window, value, node } = shown;
        let value = Var::new(value, Some(tape.clone()), node);
        Self { name, layer, operation, value, sources, window }
    }
}
