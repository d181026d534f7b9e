//! Handing tensors to the other side: a safetensors file.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use plywood_autodiff::{Param, Params};
use plywood_layers::write_safetensors;
use plywood_tensor::{Error, Result, Tensor};

/// Tensors by name, written as a model's parameters are.
struct Named(Vec<(String, Param)>);

impl Params for Named {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        self.0.iter().map(|(name, param)| (name.clone(), param as &dyn Params)).collect()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        self.0.iter_mut().map(|(name, param)| (name.clone(), param as &mut dyn Params)).collect()
    }
}

/// Writes tensors to a file that is read at once and then removed: it needn't reach the disk.
pub(crate) fn write(tensors: &[(String, Tensor)], path: &Path) -> Result<()> {
    let named = tensors.iter().map(|(name, tensor)| (name.clone(), Param::new(tensor.clone())));
    let file = File::create(path).map_err(|error| Error::io("create", path, error))?;
    write_safetensors(&Named(named.collect()), &mut BufWriter::new(file))
}
