//! How many layers of a kind a layer may be made of.

use plywood_tensor::{Error, Result};

/// The most layers that a recurrent network, an encoder or a decoder of a Transformer can have: more
/// than any that was trained. Each has names and small parts of its own, so that the memory budget
/// alone would not stop a senseless number soon.
pub const MAX_LAYERS: usize = 4096;

/// Refuses more layers than [`MAX_LAYERS`].
pub(crate) fn check_layers(operation: &'static str, layers: usize) -> Result<()> {
    if layers <= MAX_LAYERS {
        return Ok(());
    }
    let message = format!("{layers} layers are too many, there can be at most {MAX_LAYERS}");
    Err(Error::value(message).operation(operation))
}
