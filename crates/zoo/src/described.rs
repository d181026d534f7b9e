//! A model in a folder: its weights, and beside them a file in JSON that says which model they are of.

use std::path::Path;

use plywood_layers::{Params, replace_file, save};
use plywood_tensor::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The file of the weights.
pub(crate) const WEIGHTS: &str = "model.safetensors";

/// Writes the weights, then the description into the file of this name. `what` is what an error calls the model.
pub(crate) fn write(
    folder: &Path,
    file: &str,
    description: &impl Serialize,
    what: &str,
    model: &(impl Params + ?Sized),
) -> Result<()> {
    let json = serde_json::to_vec_pretty(description)
        .map_err(|error| Error::data(format!("the {what} can't be written: {error}")))?;
    save(model, folder.join(WEIGHTS))?;
    replace_file(folder.join(file), &json)
}

/// Reads a description. Where there is no file, `hint` says what leaves one; where it is of nothing such, the error says
/// that it describes no `what`.
pub(crate) fn read<D: DeserializeOwned>(path: &Path, what: &str, hint: &str) -> Result<D> {
    let json = std::fs::read(path).map_err(|error| Error::io("read", path, error).hint(hint))?;
    serde_json::from_slice(&json).map_err(|error| {
        Error::data(format!("this describes no {what}: {error}")).at(path.display())
    })
}
