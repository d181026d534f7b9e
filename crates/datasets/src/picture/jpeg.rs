//! JPEG, through the `zune-jpeg` crate.

use plywood_tensor::{Error, Result, Tensor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::limits::{DecodeLimits, Density};
use super::orientation::{orientation, upright};
use super::planes;

/// A block of 8×8 pixels takes at least a bit.
const DENSITY: Density = Density::AtMost(8 * 64);

pub(super) fn decode(file: &[u8], limits: DecodeLimits) -> Result<Tensor<u8>> {
    // Strict: a picture that is cut short is an error, not a picture with a grey rest.
    let options = DecoderOptions::new_safe()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(broken)?;
    let header = decoder.info().ok_or_else(|| Error::data("no header"))?;
    let (width, height) = (usize::from(header.width), usize::from(header.height));
    limits.check([height, width], file, DENSITY)?;

    let (color, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        _ => (ColorSpace::RGB, 3),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(color));
    let pixels = decoder.decode().map_err(broken)?;
    if pixels.len() != width * height * channels {
        return Err(Error::data(format!(
            "{} bytes came out of it, {width}×{height} pixels of {channels} channels should",
            pixels.len()
        )));
    }
    // The decoder doesn't miss what the last rows are short of.
    if !file.windows(2).any(|marker| marker == [0xFF, 0xD9]) {
        return Err(Error::data("it has no end").hint("the file is cut short"));
    }
    let pixels = planes(&pixels, [channels, height, width])?;
    upright(pixels, decoder.exif().map_or(1, |exif| orientation(exif)))
}

fn broken(error: DecodeErrors) -> Error {
    // Its text for people is the one for debugging, with quotes and line breaks.
    let text = error.to_string().replace('"', "");
    let words: Vec<&str> = text.split_whitespace().collect();
    Error::data(words.join(" "))
        .hint("the file is cut short, corrupted, or of a kind that isn't supported")
}
