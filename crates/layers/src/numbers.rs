//! The types of numbers in safetensors and PyTorch files.

use plywood_tensor::{Dtype, Error, Result};
use safetensors::Dtype as FileDtype;

/// Those that tensors hold here, and as what files have them.
const TYPES: [(Dtype, FileDtype); 12] = [
    (Dtype::F32, FileDtype::F32),
    (Dtype::F64, FileDtype::F64),
    (Dtype::BF16, FileDtype::BF16),
    (Dtype::F16, FileDtype::F16),
    (Dtype::I8, FileDtype::I8),
    (Dtype::I16, FileDtype::I16),
    (Dtype::I32, FileDtype::I32),
    (Dtype::I64, FileDtype::I64),
    (Dtype::U8, FileDtype::U8),
    (Dtype::U16, FileDtype::U16),
    (Dtype::U32, FileDtype::U32),
    (Dtype::Bool, FileDtype::BOOL),
];

/// The type of a file's numbers.
///
/// # Errors
/// When no tensor holds them.
pub(crate) fn dtype_of(file: FileDtype) -> Result<Dtype> {
    let found = TYPES.iter().find(|(_, other)| *other == file).map(|(dtype, _)| *dtype);
    found.ok_or_else(|| {
        Error::data(format!("it holds {file:?}, which isn't read"))
            .hint("leave it out of what is saved, or save it as `tensor.float()`")
    })
}

/// As what a file has numbers of a type.
///
/// # Errors
/// When the format has none.
pub(crate) fn file_dtype(dtype: Dtype) -> Result<FileDtype> {
    let found = TYPES.iter().find(|(own, _)| *own == dtype).map(|(_, file)| *file);
    found.ok_or_else(|| Error::data(format!("the format has no numbers of {dtype}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_written() {
        for dtype in Dtype::ALL {
            assert_eq!(dtype_of(file_dtype(dtype).unwrap()).unwrap(), dtype);
        }
        assert_eq!(
            dtype_of(FileDtype::C64).unwrap_err().to_string(),
            "it holds C64, which isn't read; leave it out of what is saved, or save it as `tensor.float()`",
        );
    }
}
