//! PNG, through the `png` crate.

use std::io::Cursor;

use plywood_tensor::{Error, Result, Tensor};
use png::{BitDepth, ColorType, Decoder, DecodingError, Encoder, EncodingError, Transformations};

use super::limits::{DecodeLimits, Density};
use super::planes;

/// Deflate packs at most 1,032 bytes into one, and a byte has at most 8 pixels.
const DENSITY: Density = Density::AtMost(8 * 1032);

pub(super) fn decode(file: &[u8], limits: DecodeLimits) -> Result<Tensor<u8>> {
    // The first pass reads the header alone, so that nothing is allocated for a false one.
    let mut decoder = Decoder::new(Cursor::new(file));
    let header = decoder.read_header_info().map_err(broken)?;
    let (width, height) = (header.width as usize, header.height as usize);
    limits.check([height, width], file, DENSITY)?;

    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(broken)?;
    let channels = reader.output_color_type().0.samples();
    let mut pixels = vec![0; width * height * channels];
    reader.next_frame(&mut pixels).map_err(broken)?;
    reader.finish().map_err(broken)?;
    planes(&pixels, [channels, height, width])
}

fn broken(error: DecodingError) -> Error {
    Error::data(error.to_string()).hint("the file is cut short or corrupted").caused_by(error)
}

pub(super) fn encode(pixels: &Tensor<u8>) -> Result<Vec<u8>> {
    let &[channels, height, width] = &pixels.shape()[..] else {
        return Err(Error::shape(format!("{} is not a picture", pixels.shape())).operation("png"));
    };
    let color = match channels {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    };
    let side = |pixels: usize| {
        u32::try_from(pixels).map_err(|_| {
            Error::shape(format!("{pixels} pixels in a row are too many")).operation("png")
        })
    };
    let (width, height) = (side(width)?, side(height)?);

    let plane = pixels.numel() / channels;
    let elements = pixels.as_slice();
    let interleaved: Vec<u8> = (0..plane)
        .flat_map(|pixel| (0..channels).map(move |channel| elements[channel * plane + pixel]))
        .collect();

    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    let write = |encoder: Encoder<'_, &mut Vec<u8>>| -> Result<(), EncodingError> {
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&interleaved)?;
        writer.finish()
    };
    write(encoder).map_err(|error| Error::data(error.to_string()).operation("png"))?;
    Ok(file)
}
