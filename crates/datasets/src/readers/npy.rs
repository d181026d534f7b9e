//! NumPy's format for an array: a header that says type, order and sizes, then the elements.
//!
//! Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays"; versions 1 to 3.

mod header;

use std::any::Any;
use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use plywood_tensor::{Element, Error, Result, Shape, Tensor, memory};

use super::source::{Source, most_unpacked, with_file};
use header::Header;

/// An array of NumPy's, as [`read`] and [`Npz::array`](super::Npz::array) give it, whatever its byte order was and
/// whichever axis came first.
///
/// ```
/// use plywood_datasets::npy::NpyArray;
/// use plywood_tensor::Tensor;
///
/// let array = NpyArray::I64(Tensor::from([3_i64, 1]));
/// assert_eq!(array.to_tensor::<i64>()?, Tensor::from([3_i64, 1]));
/// let error = array.to_tensor::<u8>().unwrap_err();
/// assert_eq!(error.to_string(), "npy: an array i64 [2], u8 is expected");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NpyArray {
    /// `|b1`
    Bool(Tensor<bool>),
    /// `|u1`
    U8(Tensor<u8>),
    /// `|i1`
    I8(Tensor<i8>),
    /// `<u2`
    U16(Tensor<u16>),
    /// `<i2`
    I16(Tensor<i16>),
    /// `<u4`
    U32(Tensor<u32>),
    /// `<i4`
    I32(Tensor<i32>),
    /// `<i8`, and `<u8` whose numbers are below 2⁶³.
    I64(Tensor<i64>),
    /// `<f2`
    F16(Tensor<plywood_tensor::f16>),
    /// `<f4`
    F32(Tensor),
    /// `<f8`
    F64(Tensor<f64>),
    /// `<U39` and the like: texts in the order of their places, the last axis first to move on.
    Texts(Vec<String>, Shape),
}

impl NpyArray {
    /// The sizes of its axes.
    pub fn shape(&self) -> Shape {
        match self {
            Self::Bool(own) => own.shape(),
            Self::U8(own) => own.shape(),
            Self::I8(own) => own.shape(),
            Self::U16(own) => own.shape(),
            Self::I16(own) => own.shape(),
            Self::U32(own) => own.shape(),
            Self::I32(own) => own.shape(),
            Self::I64(own) => own.shape(),
            Self::F16(own) => own.shape(),
            Self::F32(own) => own.shape(),
            Self::F64(own) => own.shape(),
            Self::Texts(_, shape) => *shape,
        }
    }

    /// The tensor, of an array that has elements of this type.
    ///
    /// # Errors
    /// When it has others.
    pub fn to_tensor<T: Element>(&self) -> Result<Tensor<T>> {
        self.as_any().downcast_ref::<Tensor<T>>().cloned().ok_or_else(|| {
            let expected = T::DTYPE;
            let (kind, shape) = (self.kind(), self.shape());
            Error::data(format!("an array {kind} {shape}, {expected} is expected")).operation("npy")
        })
    }

    /// The texts, of an array of texts.
    ///
    /// # Errors
    /// When it has numbers.
    pub fn texts(&self) -> Result<&[String]> {
        match self {
            Self::Texts(texts, _) => Ok(texts),
            _ => {
                let (kind, shape) = (self.kind(), self.shape());
                Err(Error::data(format!("an array {kind} {shape}, texts are expected"))
                    .operation("npy"))
            }
        }
    }

    /// Whole numbers of any type, in the order of their places.
    ///
    /// # Errors
    /// When it has other elements.
    pub(crate) fn whole_numbers(&self) -> Result<Vec<i64>> {
        fn wide<T: Element + Into<i64>>(tensor: &Tensor<T>) -> Vec<i64> {
            tensor.as_slice().iter().map(|&x| x.into()).collect()
        }
        // As wide as the widest of them.
        memory::check(self.shape().numel().saturating_mul(8))?;
        Ok(match self {
            Self::Bool(own) => wide(own),
            Self::U8(own) => wide(own),
            Self::I8(own) => wide(own),
            Self::U16(own) => wide(own),
            Self::I16(own) => wide(own),
            Self::U32(own) => wide(own),
            Self::I32(own) => wide(own),
            Self::I64(own) => own.to_vec(),
            _ => {
                let (kind, shape) = (self.kind(), self.shape());
                return Err(Error::data(format!(
                    "an array {kind} {shape}, whole numbers are expected"
                ))
                .operation("npy"));
            }
        })
    }

    fn as_any(&self) -> &dyn Any {
        match self {
            Self::Bool(own) => own,
            Self::U8(own) => own,
            Self::I8(own) => own,
            Self::U16(own) => own,
            Self::I16(own) => own,
            Self::U32(own) => own,
            Self::I32(own) => own,
            Self::I64(own) => own,
            Self::F16(own) => own,
            Self::F32(own) => own,
            Self::F64(own) => own,
            Self::Texts(own, _) => own,
        }
    }

    /// What its elements are, in errors.
    fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "bool",
            Self::U8(_) => "u8",
            Self::I8(_) => "i8",
            Self::U16(_) => "u16",
            Self::I16(_) => "i16",
            Self::U32(_) => "u32",
            Self::I32(_) => "i32",
            Self::I64(_) => "i64",
            Self::F16(_) => "f16",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
            Self::Texts(..) => "of texts",
        }
    }
}

/// Reads a `.npy` file, plain or gzipped.
///
/// ```
/// use plywood_datasets::npy::{self, NpyArray};
/// use plywood_tensor::Tensor;
///
/// let header = "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }\n";
/// let mut file = b"\x93NUMPY\x01\x00".to_vec(); // version 1
/// file.extend((header.len() as u16).to_le_bytes());
/// file.extend(header.as_bytes());
/// file.extend([1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6, 0]); // column by column
/// assert_eq!(npy::read(&file[..])?, NpyArray::I16(Tensor::from([[1_i16, 2, 3], [4, 5, 6]])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When reading fails, it isn't in this format, its elements are Python objects, records, complex numbers or another
/// type that no tensor has, it is shorter or longer than its header says, or it is more than a quarter of the
/// [memory budget](memory::budget).
pub fn read(reader: impl Read) -> Result<NpyArray> {
    let bytes = || {
        let most = most_unpacked().min(isize::MAX as u64) as usize;
        Source::new(reader)?.rest(most)
    };
    parse(&bytes().map_err(|e| e.operation("npy"))?)
}

/// Reads a `.npy` file, plain or gzipped.
///
/// # Errors
/// As [`read`]; the error names the file.
pub fn read_file(path: impl AsRef<Path>) -> Result<NpyArray> {
    with_file(path.as_ref(), read)
}

/// The array in the bytes of a `.npy` file.
pub(super) fn parse(file: &[u8]) -> Result<NpyArray> {
    let parse = || {
        let (header, body) = Header::parse(file)?;
        let whole = header.shape.numel().checked_mul(header.width);
        if whole != Some(body.len()) {
            return Err(Error::data(format!(
                "the header says {} elements of {} bytes each ({} {}), {} bytes are there",
                header.shape.numel(),
                header.width,
                header.descr,
                header.shape,
                body.len()
            ))
            .hint("it is cut short, or its header and its contents don't belong together"));
        }
        elements(&header, body)
    };
    parse().map_err(|e: Error| e.operation("npy"))
}

fn elements(header: &Header, body: &[u8]) -> Result<NpyArray> {
    let h = header;
    Ok(match (h.kind, h.width) {
        ('b', 1) => NpyArray::Bool(numbers(h, body, |[byte]| byte != 0)?),
        ('u', 1) => NpyArray::U8(numbers(h, body, |[byte]| byte)?),
        ('i', 1) => NpyArray::I8(numbers(h, body, i8::from_le_bytes)?),
        ('u', 2) => NpyArray::U16(numbers(h, body, u16::from_le_bytes)?),
        ('i', 2) => NpyArray::I16(numbers(h, body, i16::from_le_bytes)?),
        ('u', 4) => NpyArray::U32(numbers(h, body, u32::from_le_bytes)?),
        ('i', 4) => NpyArray::I32(numbers(h, body, i32::from_le_bytes)?),
        ('i', 8) => NpyArray::I64(numbers(h, body, i64::from_le_bytes)?),
        ('u', 8) => {
            let own = numbers(h, body, i64::from_le_bytes)?;
            if let Some(place) = own.as_slice().iter().position(|&x| x < 0) {
                let large = own.as_slice()[place] as u64;
                return Err(Error::data(format!(
                    "element {place} is {large}, which is more than an i64 has room for"
                )));
            }
            NpyArray::I64(own)
        }
        ('f', 2) => NpyArray::F16(numbers(h, body, |b| {
            plywood_tensor::f16::from_bits(u16::from_le_bytes(b))
        })?),
        ('f', 4) => NpyArray::F32(numbers(h, body, f32::from_le_bytes)?),
        ('f', 8) => NpyArray::F64(numbers(h, body, f64::from_le_bytes)?),
        ('U' | 'S', 1..) => texts(h, body)?,
        _ => {
            return Err(Error::data(format!("elements of type `{}`", h.descr))
                .hint("truths, whole numbers and floats of up to 64 bits, and texts are read"));
        }
    })
}

/// The elements of `N` bytes each, of which `element` reads those whose lowest byte is first.
fn numbers<T: Element, const N: usize>(
    header: &Header,
    body: &[u8],
    element: impl Fn([u8; N]) -> T,
) -> Result<Tensor<T>> {
    let body = row_major(header, body)?;
    let (chunks, _) = body.as_chunks::<N>();
    let mut own = memory::vec_with_capacity(chunks.len())?;
    own.extend(chunks.iter().map(|&bytes| {
        let mut bytes = bytes;
        if header.big_endian {
            bytes.reverse();
        }
        element(bytes)
    }));
    Tensor::from_vec(own, header.shape)
}

/// The elements' bytes in the order of a tensor, the last axis first to move on. Bytes, so that this is compiled once,
/// not for each type.
fn row_major<'b>(header: &Header, body: &'b [u8]) -> Result<Cow<'b, [u8]>> {
    if !header.fortran_order {
        return Ok(Cow::Borrowed(body));
    }
    let mut ordered = memory::vec_with_capacity(body.len())?;
    let mut index = vec![0; header.shape.rank()];
    let mut from = 0;
    while ordered.len() < body.len() {
        ordered.extend_from_slice(&body[from..][..header.width]);
        let mut stride = body.len();
        for (index, &size) in index.iter_mut().zip(header.shape.iter()).rev() {
            stride /= size;
            *index += 1;
            from += stride;
            if *index < size {
                break;
            }
            from -= size * stride;
            *index = 0;
        }
    }
    Ok(Cow::Owned(ordered))
}

/// Texts of a fixed width, filled up with zeros: of characters with four bytes each, or of UTF-8.
fn texts(header: &Header, body: &[u8]) -> Result<NpyArray> {
    let body = row_major(header, body)?;
    let mut texts: Vec<String> = memory::vec_with_capacity(header.shape.numel())?;
    for (place, bytes) in body.chunks_exact(header.width).enumerate() {
        let text = match header.kind {
            'S' => String::from_utf8(bytes.to_vec()).ok(),
            _ => characters(bytes, header.big_endian),
        };
        let text = text.ok_or_else(|| {
            Error::data(format!("text {place} has something that is no character"))
        })?;
        texts.push(text.trim_end_matches('\0').to_owned());
    }
    Ok(NpyArray::Texts(texts, header.shape))
}

fn characters(bytes: &[u8], big_endian: bool) -> Option<String> {
    let (chunks, _) = bytes.as_chunks::<4>();
    let number = |&bytes: &[u8; 4]| match big_endian {
        true => u32::from_be_bytes(bytes),
        false => u32::from_le_bytes(bytes),
    };
    chunks.iter().map(|bytes| char::from_u32(number(bytes))).collect()
}

#[cfg(test)]
pub(super) mod tests;
