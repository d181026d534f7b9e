//! The only names of Python's that a pickle may refer to.

use std::fmt;

use plywood_tensor::{Error, Result};
use safetensors::Dtype;

/// Something of Python's that is known here. None of it is called: each is a form of words for how
/// values lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    /// A tensor as a view of a storage.
    Tensor,
    /// A tensor that is learnt.
    Parameter,
    /// A kind of storage.
    Storage(Dtype),
    /// An empty array that is told its contents later.
    EmptyArray,
    /// An array of given contents.
    FilledArray,
    ArrayClass,
    /// NumPy's type of numbers.
    Type,
    /// Bytes from the text that an old protocol writes them as.
    Encode,
}

/// Each with its module and name. NumPy 2 has moved what is in `core` to `_core`.
const KNOWN: [(&str, &str, Global); 22] = [
    ("collections", "OrderedDict", Global::OrderedDict),
    ("torch._utils", "_rebuild_tensor_v2", Global::Tensor),
    ("torch._utils", "_rebuild_parameter", Global::Parameter),
    ("torch", "FloatStorage", Global::Storage(Dtype::F32)),
    ("torch", "DoubleStorage", Global::Storage(Dtype::F64)),
    ("torch", "HalfStorage", Global::Storage(Dtype::F16)),
    ("torch", "BFloat16Storage", Global::Storage(Dtype::BF16)),
    ("torch", "LongStorage", Global::Storage(Dtype::I64)),
    ("torch", "IntStorage", Global::Storage(Dtype::I32)),
    ("torch", "ShortStorage", Global::Storage(Dtype::I16)),
    ("torch", "CharStorage", Global::Storage(Dtype::I8)),
    ("torch", "ByteStorage", Global::Storage(Dtype::U8)),
    ("torch", "BoolStorage", Global::Storage(Dtype::BOOL)),
    ("numpy.core.multiarray", "_reconstruct", Global::EmptyArray),
    ("numpy._core.multiarray", "_reconstruct", Global::EmptyArray),
    ("numpy.core.numeric", "_frombuffer", Global::FilledArray),
    ("numpy._core.numeric", "_frombuffer", Global::FilledArray),
    ("numpy", "ndarray", Global::ArrayClass),
    ("numpy", "dtype", Global::Type),
    ("_codecs", "encode", Global::Encode),
    // Names of Python 2, in pickles that were written for both.
    ("__builtin__", "bytes", Global::Encode),
    ("builtins", "bytes", Global::Encode),
];

impl Global {
    /// # Errors
    /// When the name is none of those that are known.
    pub(super) fn named(module: &str, name: &str) -> Result<Self> {
        let found = KNOWN.iter().find(|known| (known.0, known.1) == (module, name));
        found.map(|known| known.2).ok_or_else(|| {
            // The text is the file's: cut, and without what a terminal would obey.
            let shown: String = format!("{module}.{name}").escape_debug().take(80).collect();
            Error::data(format!("it asks Python for `{shown}`, which is refused")).hint(
                "weights are tensors in dictionaries and lists: \
                 save them so, as torch.save(model.state_dict(), …) does",
            )
        })
    }
}

impl fmt::Display for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, name) = KNOWN
            .iter()
            .find(|known| known.2 == *self)
            .map_or(("", ""), |known| (known.0, known.1));
        write!(f, "{module}.{name}")
    }
}
