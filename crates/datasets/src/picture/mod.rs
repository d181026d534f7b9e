//! Pictures as bytes: files to tensors, and tensors to PNG files.

#[cfg(feature = "formats")]
mod formats;
mod jpeg;
mod orientation;
mod png;

use std::path::Path;

use plywood_tensor::{Error, Result, Tensor, replace_file};

use crate::transforms::{Resize, Size, Transform};

/// More pixels than a picture may have (about 11,500×11,500): a small file can claim, and a small
/// compressed file can unfold to, more than the memory holds.
const MOST_PIXELS: usize = 1 << 27;

/// A picture: bytes `[C, H, W]`, with 1 channel for greys, 2 for greys with opacity, 3 for red,
/// green and blue, 4 for those with opacity.
///
/// ```
/// use plywood_datasets::Picture;
/// use plywood_tensor::Tensor;
///
/// let ramp = Tensor::from_fn([1, 16, 64], |at| (4 * at[2]) as u8); // C, H, W
/// let png = Picture::new(ramp)?.encode_png()?;
/// let again = Picture::decode(&png)?; // PNG or JPEG
/// assert_eq!(again.shape(), [1, 16, 64]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Picture(Tensor<u8>);

impl Picture {
    /// A picture of these bytes, `[C, H, W]`.
    ///
    /// # Errors
    /// When there are not three axes, no pixels, or not 1 to 4 channels.
    pub fn new(pixels: Tensor<u8>) -> Result<Self> {
        let shape = pixels.shape();
        match shape[..] {
            [1..=4, _, _] if pixels.numel() > 0 => Ok(Self(pixels)),
            _ => Err(Error::shape(format!("{shape} is not a picture (C, H, W)"))
                .operation("picture")
                .hint("it should have 1 to 4 channels, and at least a pixel")),
        }
    }

    /// A picture of numbers `[C, H, W]`, of which 0 becomes black and 1 becomes full. What is
    /// outside is cut off, and NaN becomes black.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_unit(numbers: &Tensor) -> Result<Self> {
        // A conversion to integers saturates, and makes 0 of NaN.
        let bytes = numbers.as_slice().iter().map(|x| (x * 255.0).round() as u8);
        Self::new(Tensor::from_vec(bytes.collect(), numbers.shape())?)
    }

    /// Decodes a PNG or JPEG file, and with the feature `formats` one in WebP, GIF or BMP. Deeper
    /// pictures come with 8 bits a channel, palettes as colours, photos upright as their Exif data say;
    /// of what moves, the first picture.
    ///
    /// # Errors
    /// When it is of no such format, cut short, corrupted, or larger than 2²⁷ pixels.
    pub fn decode(file: &[u8]) -> Result<Self> {
        let pixels = match file {
            [0x89, b'P', b'N', b'G', ..] => png::decode(file)?,
            [0xFF, 0xD8, ..] => jpeg::decode(file)?,
            _ => others(file)?,
        };
        Self::new(pixels)
    }

    /// Reads a file, as [`decode`](Self::decode).
    ///
    /// # Errors
    /// When the file can't be read, or as [`decode`](Self::decode).
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
        Self::decode(&file).map_err(|e| e.at(path.display()))
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    /// When it is too large for the format.
    pub fn encode_png(&self) -> Result<Vec<u8>> {
        png::encode(&self.0)
    }

    /// Writes the picture as a PNG file, whole or not at all, as [`replace_file`].
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_png(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let file = self.encode_png().map_err(|e| e.at(path.display()))?;
        replace_file(path, &file)
    }

    /// The sizes `[C, H, W]`.
    pub fn shape(&self) -> [usize; 3] {
        let shape = self.0.shape();
        [shape[0], shape[1], shape[2]]
    }

    /// The bytes `[C, H, W]`.
    pub fn pixels(&self) -> &Tensor<u8> {
        &self.0
    }

    /// The bytes `[C, H, W]`.
    pub fn into_pixels(self) -> Tensor<u8> {
        self.0
    }

    /// The numbers `[C, H, W]`, from 0 to 1.
    pub fn to_unit(&self) -> Tensor {
        let mut numbers = Tensor::zeros(self.0.shape());
        for (number, &byte) in numbers.as_mut_slice().iter_mut().zip(self.0.as_slice()) {
            *number = f32::from(byte) / 255.0;
        }
        numbers
    }

    /// The same picture in red, green and blue, `[3, H, W]`, in front of white where it is not
    /// opaque.
    #[must_use]
    pub fn to_rgb(&self) -> Self {
        let [channels, height, width] = self.shape();
        if channels == 3 {
            return self.clone();
        }
        let planes: Vec<&[u8]> = self.0.as_slice().chunks(height * width).collect();
        let [red, green, blue, opacity] = match planes[..] {
            [grey] => [grey, grey, grey, &[]],
            [grey, opacity] => [grey, grey, grey, opacity],
            [red, green, blue, opacity, ..] => [red, green, blue, opacity],
            _ => return self.clone(),
        };
        let rgb = Tensor::from_fn([3, height, width], |at| {
            let pixel = at[1] * width + at[2];
            let value = u32::from([red, green, blue][at[0]][pixel]);
            let alpha = opacity.get(pixel).map_or(255, |&alpha| u32::from(alpha));
            ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        });
        Self(rgb)
    }

    /// The largest part of the middle that has a size's proportions, brought to that size.
    ///
    /// # Errors
    /// When the size is 0 or larger than any picture's.
    pub fn fitted(&self, size: impl Into<Size>) -> Result<Self> {
        let size = size.into();
        Self::from_unit(&Resize::new(size).apply(self.middle(size).to_unit(), None)?)
    }

    /// The largest part of the middle that has a size's proportions.
    fn middle(&self, size: Size) -> Self {
        let [channels, height, width] = self.shape();
        // height / width of the part is size.height / size.width, rounded, at least one pixel.
        let scaled = |of: usize, by: usize, to: usize| {
            let pixels = (of as u128 * by as u128 + to as u128 / 2) / (to as u128).max(1);
            pixels.max(1) as usize
        };
        let rows = height.min(scaled(width, size.height, size.width));
        let columns = width.min(scaled(height, size.width, size.height));
        let (top, left) = ((height - rows) / 2, (width - columns) / 2);
        let mut middle = Vec::with_capacity(channels * rows * columns);
        for plane in self.0.as_slice().chunks(height * width) {
            for row in plane.chunks(width).skip(top).take(rows) {
                middle.extend(&row[left..left + columns]);
            }
        }
        Tensor::from_vec(middle, [channels, rows, columns]).map_or_else(|_| self.clone(), Self)
    }
}

/// What the names of files that can be read end in.
#[cfg(feature = "formats")]
pub(crate) const EXTENSIONS: &[&str] = &["png", "jpg", "jpeg", "webp", "gif", "bmp"];
#[cfg(not(feature = "formats"))]
pub(crate) const EXTENSIONS: &[&str] = &["png", "jpg", "jpeg"];

/// The formats besides PNG and JPEG.
fn others(file: &[u8]) -> Result<Tensor<u8>> {
    let name = match file {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("WebP"),
        [b'G', b'I', b'F', b'8', ..] => Some("GIF"),
        [b'B', b'M', ..] => Some("BMP"),
        _ => None,
    };
    #[cfg(feature = "formats")]
    let known = "none of PNG, JPEG, WebP, GIF and BMP";
    #[cfg(not(feature = "formats"))]
    let known = "neither PNG nor JPEG";
    match name {
        #[cfg(feature = "formats")]
        Some(name) => formats::decode(name, file),
        #[cfg(not(feature = "formats"))]
        Some(name) => Err(Error::data(format!("it is {name}, {known}"))
            .hint("the feature `formats` of plywood-datasets reads WebP, GIF and BMP")),
        None => {
            let start = &file[..file.len().min(4)];
            let bytes = file.len();
            Err(Error::data(format!("{known}: {bytes} bytes that begin with {start:02x?}"))
                .hint("save it in one of these formats; what the name ends in doesn't matter"))
        }
    }
}

/// Refuses sizes that memory can't hold, or that no file of so many bytes can be of.
///
/// `densest` is the most pixels that the format can pack into a byte.
fn check_size(width: usize, height: usize, file: &[u8], densest: usize) -> Result<()> {
    let claims = format!("its header says {width}×{height} pixels");
    match width.checked_mul(height) {
        Some(0) => Err(Error::data(claims)),
        Some(pixels) if pixels > file.len().saturating_mul(densest) => {
            Err(Error::data(format!("{claims}, which {} bytes can't hold", file.len()))
                .hint("the file is cut short or corrupted"))
        }
        Some(pixels) if pixels <= MOST_PIXELS => Ok(()),
        _ => Err(Error::data(format!("{claims}, the limit is {MOST_PIXELS} pixels"))),
    }
}

/// Pixels `[H, W, C]`, as files have them, to `[C, H, W]`.
fn planes(pixels: &[u8], [channels, height, width]: [usize; 3]) -> Result<Tensor<u8>> {
    let mut planes = Vec::with_capacity(pixels.len());
    for channel in 0..channels {
        planes.extend(pixels[channel..].iter().step_by(channels));
    }
    Tensor::from_vec(planes, [channels, height, width])
}

#[cfg(test)]
pub(crate) mod tests;
