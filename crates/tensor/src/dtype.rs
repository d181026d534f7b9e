//! The types of elements as values.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// The type of a tensor's elements, for what learns it at run time, such as from a file.
///
/// ```
/// use plywood_tensor::{Dtype, Element};
///
/// assert_eq!(f64::DTYPE, Dtype::F64);
/// assert_eq!(Dtype::BF16.to_string(), "bf16");
/// assert_eq!("bf16".parse::<Dtype>()?, Dtype::BF16);
/// assert_eq!(Dtype::BF16.size(), 2);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// The upper half of an `f32`.
    BF16,
    /// IEEE's half precision.
    F16,
    /// `i8`
    I8,
    /// `i16`
    I16,
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `u8`
    U8,
    /// `u16`
    U16,
    /// `u32`
    U32,
    /// `bool`
    Bool,
}

impl Dtype {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::F32,
        Self::F64,
        Self::BF16,
        Self::F16,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::Bool,
    ];

    /// The bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::BF16 | Self::F16 | Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 => 8,
        }
    }

    /// Whether its numbers are floating-point ones.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::BF16 | Self::F16)
    }
}

/// Its name in Rust.
impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::BF16 => "bf16",
            Self::F16 => "f16",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::Bool => "bool",
        })
    }
}

/// From its name in Rust.
impl FromStr for Dtype {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.to_string() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(Self::to_string).collect();
            Error::value(format!("there is no type of elements `{name}`"))
                .hint(format!("there are {}", known.join(", ")))
        })
    }
}
