//! The numbers that a PNG file's pixels are stored as: indices of a palette, or greys.

use std::io::Cursor;

use plywood_tensor::{Error, Result, Tensor};
use png::{BitDepth, ColorType, Decoder, Transformations};

use super::{DENSITY, broken};
use crate::image::limits::DecodeLimits;

/// The numbers `[H, W]`, and the colours of the palette if there is one.
pub(in crate::image) fn decode_indices(
    file: &[u8],
    limits: DecodeLimits,
) -> Result<(Tensor<u8>, Vec<[u8; 3]>)> {
    let mut decoder = Decoder::new(Cursor::new(file));
    let header = decoder.read_header_info().map_err(broken)?;
    let (width, height) = (header.width as usize, header.height as usize);
    let (depth, color) = (header.bit_depth, header.color_type);
    limits.check([height, width], file, DENSITY)?;
    let bits = match (color, depth) {
        (ColorType::Indexed | ColorType::Grayscale, BitDepth::One) => 1,
        (ColorType::Indexed | ColorType::Grayscale, BitDepth::Two) => 2,
        (ColorType::Indexed | ColorType::Grayscale, BitDepth::Four) => 4,
        (ColorType::Indexed | ColorType::Grayscale, BitDepth::Eight) => 8,
        (ColorType::Indexed | ColorType::Grayscale, BitDepth::Sixteen) => {
            return Err(Error::data("its pixels have 16 bits, a class has 8 at most"));
        }
        _ => {
            return Err(Error::data("its pixels are colours, not classes").hint(
                "a mask has a palette, or is grey, with the number of a class in each pixel",
            ));
        }
    };
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(broken)?;
    let line = (width * bits).div_ceil(8);
    let mut packed = vec![0; line * height];
    reader.next_frame(&mut packed).map_err(broken)?;
    let palette = reader.info().palette.as_deref().unwrap_or_default();
    let palette = palette.chunks_exact(3).map(|color| [color[0], color[1], color[2]]).collect();
    if bits == 8 {
        return Ok((Tensor::from_vec(packed, [height, width])?, palette));
    }
    let mut indices = Vec::with_capacity(width * height);
    for line in packed.chunks(line.max(1)) {
        indices.extend((0..width).map(|column| {
            let place = column * bits;
            line[place / 8] >> (8 - bits - place % 8) & ((1 << bits) - 1)
        }));
    }
    Ok((Tensor::from_vec(indices, [height, width])?, palette))
}
