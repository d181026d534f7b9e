//! Images as bytes: files to tensors, and tensors to PNG files.

#[cfg(feature = "formats")]
mod bmp;
mod fit;
#[cfg(feature = "formats")]
mod gif;
mod jpeg;
mod limits;
mod mask;
mod netpbm;
mod notes;
mod orientation;
mod png;
#[cfg(feature = "formats")]
mod webp;

use std::path::Path;

use plywood_tensor::{Error, Result, Tensor, catch_decoder_panic, replace_file};

use crate::transforms::Size;
pub use fit::Fit;
pub use limits::DecodeLimits;
pub use mask::Mask;
pub use notes::Note;
use notes::Noted;

/// An image: bytes `[C, H, W]`, with 1 channel for greys, 2 for greys with opacity, 3 for red,
/// green and blue, 4 for those with opacity.
///
/// ```
/// use plywood_datasets::Image;
/// use plywood_tensor::Tensor;
///
/// let ramp = Tensor::from_fn([1, 16, 64], |at| (4 * at[2]) as u8); // C, H, W
/// let png = Image::new(ramp)?.encode_png()?;
/// let again = Image::decode(&png)?; // by its first bytes
/// assert_eq!(again.shape(), [1, 16, 64]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Image {
    pixels: Tensor<u8>,
    notes: Vec<Note>,
}

/// By their pixels, wherever they come from.
impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        self.pixels == other.pixels
    }
}

impl Image {
    /// An image of these bytes, `[C, H, W]`.
    ///
    /// # Errors
    /// When there are not three axes, no pixels, or not 1 to 4 channels.
    pub fn new(pixels: Tensor<u8>) -> Result<Self> {
        let shape = pixels.shape();
        match shape[..] {
            [1..=4, _, _] if pixels.numel() > 0 => Ok(Self { pixels, notes: Vec::new() }),
            _ => Err(Error::shape(format!("{shape} is not an image (C, H, W)"))
                .operation("image")
                .hint("it should have 1 to 4 channels, and at least a pixel")),
        }
    }

    /// An image of numbers `[C, H, W]`, of which 0 becomes black and 1 becomes full. What is
    /// outside is cut off, and NaN becomes black.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_unit(numbers: &Tensor) -> Result<Self> {
        // A conversion to integers saturates, and makes 0 of NaN.
        let bytes = numbers.as_slice().iter().map(|x| (x * 255.0).round() as u8);
        Self::new(Tensor::from_vec(bytes.collect(), numbers.shape())?)
    }

    /// Decodes a PNG, JPEG or PNM file (netpbm's PBM, PGM and PPM), and with the feature `formats` one in
    /// WebP, GIF or BMP. Deeper images come with 8 bits a channel, palettes as colours, photos upright as their Exif or XMP data say;
    /// of what moves, the first image. What was done to an image that its file doesn't have so, its
    /// [`notes`](Self::notes) say.
    ///
    /// # Errors
    /// When it is of no such format, cut short, corrupted, or larger than the default [`DecodeLimits`].
    pub fn decode(file: &[u8]) -> Result<Self> {
        Self::decode_within(file, DecodeLimits::new())
    }

    /// Decodes a file as [`decode`](Self::decode), if its image is within these limits.
    ///
    /// Those of PNG, WebP and GIF are other crates' decoders. A panic in one, which damaged files have caused,
    /// is an error here ([`catch_decoder_panic`]); with `panic = "abort"` it ends the process.
    ///
    /// # Errors
    /// When it is of no known format, cut short, corrupted, or beyond the limits.
    pub fn decode_within(file: &[u8], limits: DecodeLimits) -> Result<Self> {
        let format = Format::of(file)?;
        let noted = catch_decoder_panic(format.decoder(), || format.decode(file, limits));
        let Noted { pixels, notes } = noted.map_err(|e| e.operation(format.name()))?;
        Ok(Self { notes, ..Self::new(pixels)? })
    }

    /// Reads a file, as [`decode`](Self::decode).
    ///
    /// # Errors
    /// When the file can't be read, or as [`decode`](Self::decode).
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Self::read_within(path, DecodeLimits::new())
    }

    /// Reads a file, as [`decode_within`](Self::decode_within).
    ///
    /// # Errors
    /// When the file can't be read, or as [`decode_within`](Self::decode_within).
    pub fn read_within(path: impl AsRef<Path>, limits: DecodeLimits) -> Result<Self> {
        let path = path.as_ref();
        let file = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
        Self::decode_within(&file, limits).map_err(|e| e.at(path.display()))
    }

    /// The image as a PNG file.
    ///
    /// # Errors
    /// When it is too large for the format.
    pub fn encode_png(&self) -> Result<Vec<u8>> {
        png::encode(&self.pixels)
    }

    /// Writes the image as a PNG file, whole or not at all, as [`replace_file`].
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_png(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let file = self.encode_png().map_err(|e| e.at(path.display()))?;
        replace_file(path, &file)
    }

    /// In what it differs from what its file has, if it comes from one: for the user to know, in a line
    /// each. Images that are made of others have none.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The sizes `[C, H, W]`.
    pub fn shape(&self) -> [usize; 3] {
        let shape = self.pixels.shape();
        [shape[0], shape[1], shape[2]]
    }

    /// The bytes `[C, H, W]`.
    pub fn pixels(&self) -> &Tensor<u8> {
        &self.pixels
    }

    /// The bytes `[C, H, W]`.
    pub fn into_pixels(self) -> Tensor<u8> {
        self.pixels
    }

    /// The numbers `[C, H, W]`, from 0 to 1.
    pub fn to_unit(&self) -> Tensor {
        let mut numbers = Tensor::zeros(self.pixels.shape());
        for (number, &byte) in numbers.as_mut_slice().iter_mut().zip(self.pixels.as_slice()) {
            *number = f32::from(byte) / 255.0;
        }
        numbers
    }

    /// The same image in red, green and blue, `[3, H, W]`, in front of white where it is not
    /// opaque.
    #[must_use]
    pub fn to_rgb(&self) -> Self {
        let [channels, height, width] = self.shape();
        if channels == 3 {
            return self.clone();
        }
        let planes: Vec<&[u8]> = self.pixels.as_slice().chunks(height * width).collect();
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
        Self { pixels: rgb, notes: Vec::new() }
    }

    /// The same image in greys, `[1, H, W]`, in front of white where it is not opaque: how bright red, green and blue
    /// are together, by the weights of ITU-R BT.601. Greys stay as they are.
    ///
    /// ```
    /// use plywood_datasets::Image;
    /// use plywood_tensor::Tensor;
    ///
    /// let green = Image::new(Tensor::from([[[0_u8]], [[255]], [[0]]]))?; // C, H, W
    /// assert_eq!(green.to_grey().pixels(), &Tensor::from([[[150_u8]]])); // 0.587 · 255
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[must_use]
    pub fn to_grey(&self) -> Self {
        let [channels, height, width] = self.shape();
        if channels == 1 {
            return self.clone();
        }
        let rgb = self.to_rgb();
        let planes: Vec<&[u8]> = rgb.pixels.as_slice().chunks(height * width).collect();
        let greys = Tensor::from_fn([1, height, width], |at| {
            let pixel = at[1] * width + at[2];
            // The weights in parts of 65,536: they add up to that, so that a grey is itself.
            let weighted = [19_595_u32, 38_470, 7_471].iter().zip(&planes);
            let sum: u32 = weighted.map(|(weight, plane)| weight * u32::from(plane[pixel])).sum();
            ((sum + 32_768) >> 16) as u8
        });
        Self { pixels: greys, notes: Vec::new() }
    }

    /// The same brought to a size: see [`Fit`].
    ///
    /// # Errors
    /// When the size is 0 or larger than any image's, or a crop larger than what it is cut from.
    pub fn fitted(&self, fit: impl Into<Fit>) -> Result<Self> {
        fit.into().apply(self)
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
        for plane in self.pixels.as_slice().chunks(height * width) {
            for row in plane.chunks(width).skip(top).take(rows) {
                middle.extend(&row[left..left + columns]);
            }
        }
        let middle = Tensor::from_vec(middle, [channels, rows, columns]).and_then(Self::new);
        middle.unwrap_or_else(|_| self.clone())
    }
}

/// What the names of files that can be read end in.
#[cfg(feature = "formats")]
pub(crate) const EXTENSIONS: &[&str] =
    &["png", "jpg", "jpeg", "webp", "gif", "bmp", "pbm", "pgm", "ppm", "pnm"];
#[cfg(not(feature = "formats"))]
pub(crate) const EXTENSIONS: &[&str] = &["png", "jpg", "jpeg", "pbm", "pgm", "ppm", "pnm"];

/// The formats of files that can be decoded.
#[derive(Clone, Copy)]
enum Format {
    Png,
    Jpeg,
    Netpbm,
    #[cfg(feature = "formats")]
    WebP,
    #[cfg(feature = "formats")]
    Gif,
    #[cfg(feature = "formats")]
    Bmp,
}

impl Format {
    /// What the first bytes say.
    fn of(file: &[u8]) -> Result<Self> {
        #[cfg(feature = "formats")]
        let known = "none of PNG, JPEG, WebP, GIF, BMP and PNM";
        #[cfg(not(feature = "formats"))]
        let known = "none of PNG, JPEG and PNM";
        #[cfg(not(feature = "formats"))]
        let only_with_feature = |name: &str| {
            Err(Error::data(format!("it is {name}, {known}"))
                .hint("the feature `formats` of plywood-datasets reads WebP, GIF and BMP"))
        };
        match file {
            [0x89, b'P', b'N', b'G', ..] => Ok(Self::Png),
            [0xFF, 0xD8, ..] => Ok(Self::Jpeg),
            file if netpbm::is_netpbm(file) => Ok(Self::Netpbm),
            #[cfg(feature = "formats")]
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Self::WebP),
            #[cfg(feature = "formats")]
            [b'G', b'I', b'F', b'8', ..] => Ok(Self::Gif),
            #[cfg(feature = "formats")]
            [b'B', b'M', ..] => Ok(Self::Bmp),
            #[cfg(not(feature = "formats"))]
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
                only_with_feature("WebP")
            }
            #[cfg(not(feature = "formats"))]
            [b'G', b'I', b'F', b'8', ..] => only_with_feature("GIF"),
            #[cfg(not(feature = "formats"))]
            [b'B', b'M', ..] => only_with_feature("BMP"),
            _ => {
                if let Some(name) = other_format(file) {
                    return Err(Error::data(format!("it is {name}, {known}"))
                        .hint("save it in one of these formats"));
                }
                let start = &file[..file.len().min(4)];
                let bytes = file.len();
                Err(Error::data(format!("{known}: {bytes} bytes that begin with {start:02x?}"))
                    .hint("save it in one of these formats; what the name ends in doesn't matter"))
            }
        }
    }

    /// Its name in errors.
    fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Netpbm => "netpbm",
            #[cfg(feature = "formats")]
            Self::WebP => "webp",
            #[cfg(feature = "formats")]
            Self::Gif => "gif",
            #[cfg(feature = "formats")]
            Self::Bmp => "bmp",
        }
    }

    /// The crate, or the module here, that decodes it.
    fn decoder(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Netpbm => "netpbm",
            #[cfg(feature = "formats")]
            Self::WebP => "image-webp",
            #[cfg(feature = "formats")]
            Self::Gif => "gif",
            #[cfg(feature = "formats")]
            Self::Bmp => "bmp",
        }
    }

    fn decode(self, file: &[u8], limits: DecodeLimits) -> Result<Noted> {
        match self {
            Self::Png => png::decode(file, limits),
            Self::Jpeg => jpeg::decode(file, limits),
            Self::Netpbm => netpbm::decode(file, limits),
            #[cfg(feature = "formats")]
            Self::WebP => webp::decode(file, limits),
            #[cfg(feature = "formats")]
            Self::Gif => gif::decode(file, limits),
            #[cfg(feature = "formats")]
            Self::Bmp => bmp::decode(file, limits),
        }
    }
}

/// Formats that aren't read, but are met.
fn other_format(file: &[u8]) -> Option<&'static str> {
    match file {
        [b'I', b'I', 0x2A, 0, ..] | [b'M', b'M', 0, 0x2A, ..] => Some("TIFF"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f', ..] => Some("AVIF"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'h' | b'm', ..] => Some("HEIC or a film"),
        [0xFF, 0x0A, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some("JPEG XL"),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => Some("JPEG 2000"),
        [b'8', b'B', b'P', b'S', ..] => Some("a Photoshop document"),
        [b'<', b's', b'v', b'g', ..] => Some("SVG"),
        [b'P', b'7', b'\n', ..] => Some("PAM"),
        [b'P', b'F' | b'f', b'\n', ..] => Some("PFM"),
        _ => None,
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

/// What a decoder says, in one line.
#[cfg(feature = "formats")]
fn broken(error: impl ToString) -> Error {
    let text = error.to_string().replace('"', "");
    let words: Vec<&str> = text.split_whitespace().collect();
    Error::data(words.join(" "))
        .hint("the file is cut short, corrupted, or of a kind that isn't supported")
}

#[cfg(test)]
mod damage;
#[cfg(test)]
pub(crate) mod tests;
