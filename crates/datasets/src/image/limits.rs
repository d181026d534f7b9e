//! How large an image may become: by what is asked for, by what the file is, and by its format.

use plywood_tensor::{Error, Result, memory};

use crate::transforms::Size;

/// The pixels that a byte of a WebP file may stand for. PNG with three colours comes to 344 at most, and
/// GIF to 4,096.
const USUAL_DENSITY: usize = 4096;

/// The most bytes that decoding takes for a pixel, with room to spare. Lossy WebP with opacity takes most, 14
/// where it is turned: 1.5 for the lossy data, 5 for the opacity and 4 for the image, then 4 each for the
/// image, its copy in planes and one that is turned.
const BYTES_PER_PIXEL: usize = 24;

/// How many pixels an image may have to be decoded.
///
/// A small file can claim, and a small compressed file can unfold to, more than the memory holds. Sizes are
/// therefore compared with these limits, with what a file of its length can hold in its format, and with
/// the [memory budget](memory::budget), before memory is asked for. Decoding takes at most 24 bytes a pixel
/// and what grows with the file's length.
///
/// ```
/// use plywood_datasets::{DecodeLimits, Image};
/// use plywood_tensor::Tensor;
///
/// let png = Image::new(Tensor::full([1, 64, 64], 7))?.encode_png()?;
/// assert!(Image::decode_within(&png, DecodeLimits::new().max_pixels(4095)).is_err());
/// assert!(Image::decode_within(&png, DecodeLimits::for_size([8, 8])).is_ok());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    pixels: usize,
    dense_pixels: usize,
}

impl DecodeLimits {
    /// At most 2²⁷ pixels (about 11,500×11,500), more than any camera takes.
    pub fn new() -> Self {
        Self { pixels: 1 << 27, dense_pixels: 1 << 22 }
    }

    /// For images that are brought to this size: at most 1,024 pixels for each that is wanted, but 2²⁶
    /// (8,192×8,192) in any case, so that a photo of 61 megapixels can become a thumbnail.
    pub fn for_size(size: impl Into<Size>) -> Self {
        let size = size.into();
        let wanted = size.height.saturating_mul(size.width);
        let most = Self::new().pixels;
        Self::new().max_pixels(wanted.saturating_mul(1024).clamp(most / 2, most))
    }

    /// The most pixels, height times width. An image of the limit may take 24 bytes for each while it is
    /// decoded.
    #[must_use]
    pub fn max_pixels(mut self, pixels: usize) -> Self {
        self.pixels = pixels;
        self
    }

    /// The most pixels of a WebP file, or of a BMP file of run lengths, however short it is: 2²²
    /// (2,048×2,048) unless it is said. Each of its bytes allows 4,096 more. Only these have such a limit:
    /// they need no bits at all for the pixels of an image of one colour, so that 50 bytes can stand for a
    /// gigabyte.
    #[must_use]
    pub fn dense_pixels(mut self, pixels: usize) -> Self {
        self.dense_pixels = pixels;
        self
    }

    /// Refuses sizes beyond the limits, and those that no file of so many bytes can be of.
    pub(super) fn check(
        &self,
        [height, width]: [usize; 2],
        file: &[u8],
        density: Density,
    ) -> Result<()> {
        let claims = format!("its header says {width}×{height} pixels");
        let bytes = file.len();
        let pixels = width.saturating_mul(height);
        if pixels == 0 {
            return Err(Error::data(claims));
        }
        match density {
            Density::AtMost(pixels_per_byte) if pixels > bytes.saturating_mul(pixels_per_byte) => {
                return Err(Error::data(format!("{claims}, which {bytes} bytes can't hold"))
                    .hint("the file is cut short or corrupted"));
            }
            Density::Unbounded => {
                let limit = self.dense_pixels.saturating_add(bytes.saturating_mul(USUAL_DENSITY));
                if pixels > limit && limit < self.pixels {
                    return Err(Error::data(format!(
                        "{claims}, the limit for {bytes} bytes is {limit} pixels"
                    ))
                    .hint("if you trust the file, raise it by DecodeLimits::dense_pixels"));
                }
            }
            Density::AtMost(_) => {}
        }
        if pixels > self.pixels {
            return Err(Error::data(format!("{claims}, the limit is {} pixels", self.pixels))
                .hint("make it smaller, or raise the limit by DecodeLimits::max_pixels"));
        }
        memory::check(pixels.saturating_mul(BYTES_PER_PIXEL)).map_err(|e| e.at(claims))
    }
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// How many pixels a byte of a file can stand for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Density {
    /// No more than this: the format has no way to say it.
    AtMost(usize),
    /// Any number.
    #[cfg_attr(
        not(feature = "formats"),
        expect(dead_code, reason = "of PNG, JPEG and PNM a byte can't stand for any number")
    )]
    Unbounded,
}
