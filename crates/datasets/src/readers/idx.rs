//! IDX, the format of MNIST and its kin: a magic number, the sizes, then the elements.
//!
//! Source: Y. LeCun, C. Cortes and C. Burges, "The MNIST database", the section on file formats.

use std::io::Read;
use std::path::Path;

use plywood_tensor::{Element, Error, Result, Shape, Tensor, memory};

use super::source::{Source, with_file};
use crate::images::Images;

/// The contents of an IDX file. Bytes with a sign and 16-bit integers come as `i32`.
///
/// ```
/// use plywood_datasets::idx::Idx;
/// use plywood_tensor::Tensor;
///
/// assert_eq!(Idx::U8(Tensor::from([7])).into_bytes()?, Tensor::from([7]));
/// let error = Idx::I32(Tensor::from([7])).into_bytes().unwrap_err();
/// assert_eq!(error.to_string(), "idx: integers [1], bytes are expected");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Idx {
    /// Bytes: images and labels.
    U8(Tensor<u8>),
    /// Integers of up to 32 bits.
    I32(Tensor<i32>),
    /// Numbers in single precision.
    F32(Tensor),
    /// Numbers in double precision.
    F64(Tensor<f64>),
}

impl Idx {
    /// The bytes, of a file that has bytes.
    ///
    /// # Errors
    /// When it has other elements.
    pub fn into_bytes(self) -> Result<Tensor<u8>> {
        let (kind, shape) = match self {
            Self::U8(bytes) => return Ok(bytes),
            Self::I32(tensor) => ("integers", tensor.shape()),
            Self::F32(tensor) => ("f32 numbers", tensor.shape()),
            Self::F64(tensor) => ("f64 numbers", tensor.shape()),
        };
        Err(Error::data(format!("{kind} {shape}, bytes are expected")).operation("idx"))
    }
}

/// Reads IDX, plain or gzipped.
///
/// ```
/// use plywood_datasets::idx::{self, Idx};
/// use plywood_tensor::Tensor;
///
/// // Bytes (8) along two axes, of sizes 2 and 3.
/// let file = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];
/// assert_eq!(idx::read(&file[..])?, Idx::U8(Tensor::from([[1, 2, 3], [4, 5, 6]])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When reading fails, it isn't IDX, it is shorter or longer than its header says, or it is gzipped and
/// unpacks to more than a quarter of the [memory budget](memory::budget).
pub fn read(reader: impl Read) -> Result<Idx> {
    let parse = || {
        let mut source = Source::new(reader)?;
        let [zero, zero_too, kind, rank] = source.array("the magic number")?;
        if [zero, zero_too] != [0, 0] {
            return Err(Error::data(format!(
                "the first bytes are {zero:02x} {zero_too:02x}, IDX begins with 00 00"
            )));
        }
        let sizes = source.exactly(4 * usize::from(rank), "the sizes")?;
        let sizes = sizes.chunks_exact(4).map(|b| big_endian(b) as usize);
        let shape = Shape::new(&sizes.collect::<Vec<_>>())?;
        let source = &mut source;
        let idx = match kind {
            0x08 => Idx::U8(elements(source, shape, |[byte]| byte)?),
            0x09 => Idx::I32(elements(source, shape, |byte| i8::from_be_bytes(byte).into())?),
            0x0B => Idx::I32(elements(source, shape, |b| i16::from_be_bytes(b).into())?),
            0x0C => Idx::I32(elements(source, shape, i32::from_be_bytes)?),
            0x0D => Idx::F32(elements(source, shape, f32::from_be_bytes)?),
            0x0E => Idx::F64(elements(source, shape, f64::from_be_bytes)?),
            _ => {
                return Err(Error::data(format!("elements of unknown type {kind:02x}"))
                    .hint("IDX has 08, 09, 0b, 0c, 0d and 0e"));
            }
        };
        source.end()?;
        Ok(idx)
    };
    parse().map_err(|e: Error| e.operation("idx"))
}

/// Reads an IDX file, plain or gzipped.
///
/// # Errors
/// As [`read`]; the error names the file.
pub fn read_file(path: impl AsRef<Path>) -> Result<Idx> {
    with_file(path.as_ref(), read)
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |all, &byte| all << 8 | u32::from(byte))
}

/// Reads as many elements of `N` bytes as the shape has.
fn elements<T: Element, const N: usize>(
    source: &mut Source<'_>,
    shape: Shape,
    element: impl Fn([u8; N]) -> T,
) -> Result<Tensor<T>> {
    // A shape is checked to have at most isize::MAX bytes at 8 for each element.
    let bytes = source.exactly(shape.numel() * N, &format!("{shape} of {N} bytes each"))?;
    let (chunks, _) = bytes.as_chunks::<N>();
    let mut elements = memory::vec_with_capacity(chunks.len())?;
    elements.extend(chunks.iter().map(|&bytes| element(bytes)));
    Tensor::from_vec(elements, shape)
}

impl Images {
    /// Images and labels from IDX, plain or gzipped: `[N, H, W]` or `[N, C, H, W]` bytes, and `[N]`
    /// bytes.
    ///
    /// # Errors
    /// When either isn't IDX or has other axes, there are not as many labels as images, or a label
    /// has no name.
    pub fn from_idx<Name: Into<String>>(
        images: impl Read,
        labels: impl Read,
        class_names: impl IntoIterator<Item = Name>,
    ) -> Result<Self> {
        let images = read(images).and_then(Idx::into_bytes).map_err(|e| e.at("images"))?;
        let labels = read(labels).and_then(Idx::into_bytes).map_err(|e| e.at("labels"))?;
        let class_names: Vec<String> = class_names.into_iter().map(Into::into).collect();
        let labels = classes(&labels, class_names.len()).map_err(|e| e.at("labels"))?;
        Self::from_bytes(&images, labels, class_names)
    }

    /// Images `[N, H, W]` or `[N, C, H, W]` and the class of each.
    pub(crate) fn from_bytes<Name: Into<String>>(
        images: &Tensor<u8>,
        labels: Vec<u32>,
        class_names: impl IntoIterator<Item = Name>,
    ) -> Result<Self> {
        let images = match images.rank() {
            3 => images.unsqueeze(1)?,
            _ => images.clone(),
        };
        Self::new(images, labels, class_names)
    }
}

/// The classes that labels `[N]` are, of which there are so many. Whoever calls it knows which file is
/// wrong.
pub(super) fn classes(labels: &Tensor<u8>, classes: usize) -> Result<Vec<u32>> {
    if labels.rank() != 1 {
        return Err(Error::shape(format!(
            "labels {} have {} axes, they should have 1 (N)",
            labels.shape(),
            labels.rank()
        ))
        .hint("is it the file of the images?"));
    }
    let labels = labels.as_slice();
    match labels.iter().position(|&label| usize::from(label) >= classes) {
        None => Ok(labels.iter().map(|&label| label.into()).collect()),
        Some(image) => Err(Error::data(format!(
            "image {image} has label {}, there are {classes} class names",
            labels[image]
        ))
        .hint("labels count from 0")),
    }
}

#[cfg(test)]
pub(super) mod tests;
