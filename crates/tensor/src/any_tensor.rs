//! Tensors whose type is known at run time only, such as those of a file.

use std::any::Any;

use crate::half::{bf16, f16};

use crate::conversion::Wide;
use crate::dtype::Dtype;
use crate::element::{Element, Float};
use crate::error::{Error, Result};
use crate::shape::{IntoShape, Shape};
use crate::tensor::Tensor;

macro_rules! any_tensor {
    ($($variant:ident $type:ty, $name:literal);*) => {
        /// A tensor of any type, as files of weights hold them.
        ///
        /// ```
        /// use plywood_tensor::{AnyTensor, Dtype, Tensor};
        ///
        /// let weight = AnyTensor::from(Tensor::from([1.0_f64, 0.1]));
        /// assert_eq!((weight.dtype(), weight.shape()), (Dtype::F64, [2].into()));
        /// assert_eq!(weight.to_float::<f32>()?, Tensor::from([1.0, 0.1]));
        /// let half = weight.cast_to(Dtype::BF16)?;
        /// assert_eq!(half.to_float::<f64>()?, Tensor::from([1.0, 0.10009765625]));
        /// # Ok::<(), plywood_tensor::Error>(())
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum AnyTensor {
            $(#[doc = concat!("Of `", $name, "`.")] $variant(Tensor<$type>),)*
        }

        impl<T: Element> From<Tensor<T>> for AnyTensor {
            fn from(tensor: Tensor<T>) -> Self {
                let any: &dyn Any = &tensor;
                match T::DTYPE {
                    $(Dtype::$variant => Self::$variant(
                        any.downcast_ref::<Tensor<$type>>().expect("the type is the element's").clone(),
                    ),)*
                }
            }
        }

        impl AnyTensor {
            /// The type of the elements.
            pub fn dtype(&self) -> Dtype {
                match self { $(Self::$variant(_) => Dtype::$variant,)* }
            }

            /// The sizes of the axes.
            pub fn shape(&self) -> Shape {
                match self { $(Self::$variant(tensor) => tensor.shape(),)* }
            }

            /// The tensor, if its elements are of this type.
            pub fn as_tensor<T: Element>(&self) -> Option<&Tensor<T>> {
                let tensor: &dyn Any = match self { $(Self::$variant(tensor) => tensor,)* };
                tensor.downcast_ref()
            }

            /// The elements as numbers of another type, rounded to the nearest, to the even one between two.
            ///
            /// # Errors
            /// When an element is outside of the other type's range: also a finite number that would be
            /// infinite.
            pub fn cast_to(&self, dtype: Dtype) -> Result<Self> {
                match dtype { $(Dtype::$variant => self.converted::<$type>().map(Self::from),)* }
            }

            fn converted<U: Element>(&self) -> Result<Tensor<U>> {
                match self { $(Self::$variant(tensor) => in_range(tensor, tensor.try_cast()?),)* }
            }

            /// The elements in row-major order, each in little-endian bytes; 1 is `true`.
            pub fn to_le_bytes(&self) -> Vec<u8> {
                match self {
                    $(Self::$variant(tensor) => {
                        tensor.as_slice().iter().flat_map(|&x| Bytes::to_bytes(x)).collect()
                    })*
                }
            }

            /// The tensor of elements whose little-endian bytes `next` gives, one element after another. It asks
            /// the memory budget.
            ///
            /// # Errors
            /// When it is no shape, there is not enough memory, or `next` gives another number of bytes than an
            /// element has.
            pub fn try_from_bytes<'b>(
                dtype: Dtype,
                shape: impl IntoShape,
                mut next: impl FnMut() -> &'b [u8],
            ) -> Result<Self> {
                let shape = shape.into_shape()?;
                match dtype {
                    $(Dtype::$variant => {
                        let mut tensor = Tensor::try_full(shape, <$type>::default())?;
                        for element in tensor.as_mut_slice() {
                            *element = read(next())?;
                        }
                        Ok(Self::$variant(tensor))
                    })*
                }
            }

            /// The tensor of these little-endian bytes.
            ///
            /// # Errors
            /// When it is no shape, or they aren't as many bytes as its elements have.
            pub fn from_le_bytes(dtype: Dtype, shape: impl IntoShape, bytes: &[u8]) -> Result<Self> {
                let shape = shape.into_shape()?;
                if shape.numel().checked_mul(dtype.size()) != Some(bytes.len()) {
                    return Err(Error::data(format!(
                        "{} bytes are no {} numbers of {dtype}",
                        bytes.len(),
                        shape.numel()
                    )));
                }
                let elements = bytes.chunks_exact(dtype.size());
                match dtype {
                    $(Dtype::$variant => {
                        let elements = elements.map(read::<$type>).collect::<Result<_>>()?;
                        Tensor::from_vec(elements, shape).map(Self::$variant)
                    })*
                }
            }
        }
    };
}

any_tensor!(
    F32 f32, "f32";
    F64 f64, "f64";
    BF16 bf16, "bf16";
    F16 f16, "f16";
    I8 i8, "i8";
    I16 i16, "i16";
    I32 i32, "i32";
    I64 i64, "i64";
    U8 u8, "u8";
    U16 u16, "u16";
    U32 u32, "u32";
    Bool bool, "bool"
);

impl AnyTensor {
    /// Its floating-point numbers in the type that a model has. A tensor that has it already is shared.
    ///
    /// ```
    /// use plywood_tensor::{AnyTensor, Tensor};
    ///
    /// let labels = AnyTensor::from(Tensor::from([3_i64, 1]));
    /// assert_eq!(
    ///     labels.to_float::<f32>().unwrap_err().to_string(),
    ///     "it holds i64, which is no floating-point number",
    /// );
    /// ```
    ///
    /// # Errors
    /// When they are none, or a finite one is too large for the type.
    pub fn to_float<T: Float>(&self) -> Result<Tensor<T>> {
        // Of the types that are possible alone: a conversion is compiled for each pair, in each crate that asks.
        match self {
            Self::F32(tensor) => in_range(tensor, tensor.try_cast()?),
            Self::F64(tensor) => in_range(tensor, tensor.try_cast()?),
            Self::BF16(tensor) => in_range(tensor, tensor.try_cast()?),
            Self::F16(tensor) => in_range(tensor, tensor.try_cast()?),
            _ => Err(Error::data(format!(
                "it holds {}, which is no floating-point number",
                self.dtype()
            ))),
        }
    }
}

/// Equal are tensors of one type, shape and elements.
impl<T: Element> PartialEq<Tensor<T>> for AnyTensor {
    fn eq(&self, other: &Tensor<T>) -> bool {
        self.as_tensor() == Some(other)
    }
}

/// Refuses finite numbers that have become infinite.
fn in_range<T: Element, U: Element>(from: &Tensor<T>, to: Tensor<U>) -> Result<Tensor<U>> {
    // Numbers of these types are in the range of every type that has infinities, or of none that is larger.
    if !T::DTYPE.is_float() && U::DTYPE != Dtype::F16 || T::DTYPE == U::DTYPE {
        return Ok(to);
    }
    let is_infinite = |x: Wide| matches!(x, Wide::Real(x) if x.is_infinite());
    let mut pairs = from.as_slice().iter().zip(to.as_slice());
    match pairs.find(|(x, y)| is_infinite(y.widen()) && !is_infinite(x.widen())) {
        None => Ok(to),
        Some((x, _)) => {
            let (dtype, range) = (U::DTYPE, U::range());
            Err(Error::data(format!("it holds {x:?}, too large for {dtype} ({range})")))
        }
    }
}

/// An element in a file.
trait Bytes: Sized {
    type Array: IntoIterator<Item = u8>;

    fn to_bytes(self) -> Self::Array;

    /// None when they aren't as many bytes as it has.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

macro_rules! bytes {
    ($($type:ty),*) => { $(
        impl Bytes for $type {
            type Array = [u8; size_of::<$type>()];

            fn to_bytes(self) -> Self::Array {
                self.to_le_bytes()
            }

            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_le_bytes)
            }
        }
    )* };
}

bytes!(f32, f64, bf16, f16, i8, i16, i32, i64, u8, u16, u32);

impl Bytes for bool {
    type Array = [u8; 1];

    fn to_bytes(self) -> Self::Array {
        [u8::from(self)]
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        u8::from_bytes(bytes).map(|byte| byte != 0)
    }
}

fn read<T: Element + Bytes>(bytes: &[u8]) -> Result<T> {
    T::from_bytes(bytes)
        .ok_or_else(|| Error::data(format!("{} bytes are no number of {}", bytes.len(), T::DTYPE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_in_every_type() {
        let bits = Tensor::from([0_u8, 1, 1, 0, 1, 0, 0, 1]);
        for dtype in Dtype::ALL {
            let tensor = AnyTensor::from(bits.clone()).cast_to(dtype).unwrap();
            assert_eq!(tensor.dtype(), dtype);
            let bytes = tensor.to_le_bytes();
            assert_eq!(bytes.len(), 8 * dtype.size());
            assert_eq!(AnyTensor::from_le_bytes(dtype, [8], &bytes).unwrap(), tensor);
            let mut parts = bytes.chunks(dtype.size());
            let next = || parts.next().unwrap();
            assert_eq!(AnyTensor::try_from_bytes(dtype, [8], next).unwrap(), tensor);
            assert_eq!(tensor.cast_to(Dtype::U8).unwrap(), bits.clone());
            assert_eq!(dtype.to_string().parse::<Dtype>().unwrap(), dtype);
        }
        assert_eq!(
            AnyTensor::from_le_bytes(Dtype::F16, [3], &[0; 5]).unwrap_err().to_string(),
            "5 bytes are no 3 numbers of f16",
        );
        assert_eq!(
            AnyTensor::try_from_bytes(Dtype::I32, [1], || &[0; 2][..]).unwrap_err().to_string(),
            "2 bytes are no number of i32",
        );
        assert_eq!(
            "f8".parse::<Dtype>().unwrap_err().to_string(),
            "there is no type of elements `f8`; there are f32, f64, bf16, f16, i8, i16, i32, i64, u8, u16, u32, bool",
        );
    }

    #[test]
    fn finite_numbers_stay_finite() {
        let text = |tensor: AnyTensor, to| tensor.cast_to(to).unwrap_err().to_string();
        assert_eq!(
            text(Tensor::from([1.0_f64, -1e300]).into(), Dtype::F32),
            "it holds -1e300, too large for f32 (-3.4028235e38 to 3.4028235e38)",
        );
        assert_eq!(
            text(Tensor::from([70_000.0_f32]).into(), Dtype::F16),
            "it holds 70000.0, too large for f16 (-65504 to 65504)",
        );
        assert_eq!(
            text(Tensor::from([70_000_i32]).into(), Dtype::F16),
            "it holds 70000, too large for f16 (-65504 to 65504)",
        );
        assert_eq!(
            text(Tensor::from([300_i32]).into(), Dtype::U8),
            "try_cast: 300 at [0] is not of type u8 (0 to 255)",
        );
        let infinite = AnyTensor::from(Tensor::from([f64::NEG_INFINITY]));
        assert_eq!(infinite.to_float::<f32>().unwrap(), Tensor::from([f32::NEG_INFINITY]));
        let shared = Tensor::from([1.0_f32]);
        let same = AnyTensor::from(shared.clone()).to_float::<f32>().unwrap();
        assert_eq!(same.address(), shared.address());
        assert_eq!(AnyTensor::from(shared.clone()).as_tensor::<f32>(), Some(&shared));
        assert_eq!(AnyTensor::from(shared).as_tensor::<f64>(), None);
    }
}
