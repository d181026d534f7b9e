//! The only names of Python's that a pickle may refer to.

use std::fmt;

use plywood_tensor::{Error, Result};
use safetensors::Dtype;

/// Something of Python's that is known here. None of it is called: each is a form of words for how
/// values lie, or for something beside the weights that is passed over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Global {
    module: &'static str,
    name: &'static str,
    pub(super) kind: Kind,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    OrderedDict,
    /// A dictionary that is made with a function for missing values.
    DefaultDict,
    /// A dictionary that is made of another.
    Counter,
    /// A set, or one that never changes.
    Set,
    /// A tensor as a view of a storage.
    Tensor,
    /// A tensor with its class, whose arguments come after.
    TensorOfClass,
    TensorClass,
    /// A tensor that is learnt.
    Parameter,
    /// A kind of storage.
    Storage(Dtype),
    /// A tensor's sizes.
    Size,
    /// A device, or a tensor's layout in memory.
    Device,
    /// A type, of numbers or of Python's own: nothing here asks which.
    PlainType,
    Complex,
    /// An empty array that is told its contents later.
    EmptyArray,
    /// An array of given contents.
    FilledArray,
    ArrayClass,
    /// NumPy's type of numbers.
    ArrayType,
    /// One number of NumPy's.
    ArrayScalar,
    /// Bytes from the text that an old protocol writes them as.
    Encode,
}

/// Each with its module and name: those of Python 3 and NumPy 2.
static KNOWN: [Global; 78] = [
    known("collections", "OrderedDict", Kind::OrderedDict),
    known("collections", "defaultdict", Kind::DefaultDict),
    known("collections", "Counter", Kind::Counter),
    known("builtins", "set", Kind::Set),
    known("builtins", "frozenset", Kind::Set),
    known("builtins", "complex", Kind::Complex),
    known("builtins", "bytes", Kind::Encode),
    known("builtins", "bytearray", Kind::Encode),
    known("_codecs", "encode", Kind::Encode),
    known("builtins", "int", Kind::PlainType),
    // Python 2's names of integers and texts, which Python 3 writes in protocol 2.
    known("builtins", "long", Kind::PlainType),
    known("builtins", "unicode", Kind::PlainType),
    known("builtins", "float", Kind::PlainType),
    known("builtins", "bool", Kind::PlainType),
    known("builtins", "str", Kind::PlainType),
    known("builtins", "list", Kind::PlainType),
    known("builtins", "tuple", Kind::PlainType),
    known("builtins", "dict", Kind::PlainType),
    known("torch._utils", "_rebuild_tensor", Kind::Tensor),
    known("torch._utils", "_rebuild_tensor_v2", Kind::Tensor),
    known("torch._utils", "_rebuild_parameter", Kind::Parameter),
    known("torch._utils", "_rebuild_parameter_with_state", Kind::Parameter),
    known("torch._tensor", "_rebuild_from_type_v2", Kind::TensorOfClass),
    known("torch", "Tensor", Kind::TensorClass),
    known("torch.nn.parameter", "Parameter", Kind::TensorClass),
    known("torch.nn.parameter", "Buffer", Kind::TensorClass),
    known("torch", "FloatStorage", Kind::Storage(Dtype::F32)),
    known("torch", "DoubleStorage", Kind::Storage(Dtype::F64)),
    known("torch", "HalfStorage", Kind::Storage(Dtype::F16)),
    known("torch", "BFloat16Storage", Kind::Storage(Dtype::BF16)),
    known("torch", "LongStorage", Kind::Storage(Dtype::I64)),
    known("torch", "IntStorage", Kind::Storage(Dtype::I32)),
    known("torch", "ShortStorage", Kind::Storage(Dtype::I16)),
    known("torch", "CharStorage", Kind::Storage(Dtype::I8)),
    known("torch", "ByteStorage", Kind::Storage(Dtype::U8)),
    known("torch", "BoolStorage", Kind::Storage(Dtype::BOOL)),
    known("torch", "ComplexFloatStorage", Kind::Storage(Dtype::C64)),
    known("torch", "Size", Kind::Size),
    known("torch", "device", Kind::Device),
    known("torch.serialization", "_get_layout", Kind::Device),
    known("torch", "float32", Kind::PlainType),
    known("torch", "float64", Kind::PlainType),
    known("torch", "float16", Kind::PlainType),
    known("torch", "bfloat16", Kind::PlainType),
    known("torch", "float8_e4m3fn", Kind::PlainType),
    known("torch", "float8_e5m2", Kind::PlainType),
    known("torch", "complex32", Kind::PlainType),
    known("torch", "complex64", Kind::PlainType),
    known("torch", "complex128", Kind::PlainType),
    known("torch", "int64", Kind::PlainType),
    known("torch", "int32", Kind::PlainType),
    known("torch", "int16", Kind::PlainType),
    known("torch", "int8", Kind::PlainType),
    known("torch", "uint64", Kind::PlainType),
    known("torch", "uint32", Kind::PlainType),
    known("torch", "uint16", Kind::PlainType),
    known("torch", "uint8", Kind::PlainType),
    known("torch", "bool", Kind::PlainType),
    known("torch", "contiguous_format", Kind::PlainType),
    known("torch", "channels_last", Kind::PlainType),
    known("torch", "channels_last_3d", Kind::PlainType),
    known("torch", "preserve_format", Kind::PlainType),
    known("torch", "per_tensor_affine", Kind::PlainType),
    known("torch", "per_channel_affine", Kind::PlainType),
    known("torch", "FloatTensor", Kind::PlainType),
    known("torch", "DoubleTensor", Kind::PlainType),
    known("torch", "HalfTensor", Kind::PlainType),
    known("torch", "LongTensor", Kind::PlainType),
    known("numpy._core.multiarray", "_reconstruct", Kind::EmptyArray),
    known("numpy._core.multiarray", "scalar", Kind::ArrayScalar),
    known("numpy._core.numeric", "_frombuffer", Kind::FilledArray),
    known("numpy", "ndarray", Kind::ArrayClass),
    known("numpy", "dtype", Kind::ArrayType),
    known("numpy", "float64", Kind::PlainType),
    known("numpy", "float32", Kind::PlainType),
    known("numpy", "int64", Kind::PlainType),
    known("numpy", "int32", Kind::PlainType),
    known("numpy", "bool_", Kind::PlainType),
];

const fn known(module: &'static str, name: &'static str, kind: Kind) -> Global {
    Global { module, name, kind }
}

/// How to make a file that is read.
pub(super) const SAVE_WEIGHTS: &str = "weights are tensors in dictionaries and lists: \
    save them so, as torch.save(model.state_dict(), …) does";

impl Global {
    /// # Errors
    /// When the name is none of those that are known.
    pub(super) fn named(module: &str, name: &str) -> Result<&'static Self> {
        let today = match module {
            "__builtin__" => "builtins",
            "numpy.core.multiarray" => "numpy._core.multiarray",
            "numpy.core.numeric" => "numpy._core.numeric",
            same => same,
        };
        let found = KNOWN.iter().find(|known| (known.module, known.name) == (today, name));
        found.ok_or_else(|| {
            // The text is the file's: cut, and without what a terminal would obey.
            let shown: String = format!("{module}.{name}").escape_debug().take(80).collect();
            Error::data(format!("it asks Python for `{shown}`, which is refused"))
                .hint(SAVE_WEIGHTS)
        })
    }
}

impl fmt::Display for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}
