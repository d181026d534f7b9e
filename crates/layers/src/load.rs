//! Loading a model's weights from a file of either format.

use std::fs;
use std::path::Path;

use plywood_autodiff::Params;
use plywood_tensor::{Error, Float, Result};

use crate::pickle::{is_pth, read_pth};
use crate::state::{load_state_dict, read_safetensors};

/// Gives a model the values of a safetensors file, or of a PyTorch file (`.pth`, see
/// [`read_pth`]): the first bytes tell which it is.
///
/// # Errors
/// When the file can't be read, or doesn't [fit](load_state_dict) the model, which is then left as
/// it was.
pub fn load<T: Float>(model: &mut (impl Params<T> + ?Sized), path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let file = fs::read(path).map_err(|error| Error::io("open", path, error))?;
    let read = if is_pth(&file) { read_pth } else { read_safetensors };
    read(&mut &file[..])
        .and_then(|state| load_state_dict(model, &state))
        .map_err(|error| error.at(path.display()))
}
