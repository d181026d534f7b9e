//! PNG, through the `png` crate.

use std::borrow::Cow;
use std::io::Cursor;

use plywood_tensor::{Error, Result, Tensor};
use png::{BitDepth, ColorType, Decoder, DecodingError, Encoder, EncodingError, Transformations};

use super::limits::{DecodeLimits, Density};
use super::notes::{Note, Noted};
use super::orientation::{Held, upright};
use super::planes;

mod indices;
mod text;

pub(super) use indices::decode_indices;
use text::Texts;

/// Deflate packs at most 1,032 bytes into one, and a byte has at most 8 pixels.
const DENSITY: Density = Density::AtMost(8 * 1032);

/// The signature that every file begins with.
const SIGNATURE: usize = 8;
/// The chunk that every file should end with.
const END: [u8; 12] = *b"\0\0\0\0IEND\xAE\x42\x60\x82";

pub(super) fn decode(file: &[u8], limits: DecodeLimits) -> Result<Noted> {
    let outline = Outline::of(file);
    let mut notes = Vec::new();
    let file = match outline.lacks_end_after {
        Some(length) => {
            notes.push(Note::WithoutEnd);
            Cow::Owned([&file[..length], &END].concat())
        }
        None => Cow::Borrowed(file),
    };
    let (pixels, deep, frames) = pixels(&file, limits)?;
    if deep {
        notes.push(Note::EightBits);
    }
    if frames > 1 {
        notes.push(Note::FirstFrame);
    }
    upright(pixels, outline.held, notes)
}

/// The pixels, whether they had 16 bits, and the number of frames.
fn pixels(file: &[u8], limits: DecodeLimits) -> Result<(Tensor<u8>, bool, u32)> {
    // The first pass reads the header alone, so that nothing is allocated for a false one.
    let mut decoder = Decoder::new(Cursor::new(file));
    let header = decoder.read_header_info().map_err(broken)?;
    let (width, height) = (header.width as usize, header.height as usize);
    let deep = header.bit_depth == BitDepth::Sixteen;
    limits.check([height, width], file, DENSITY)?;

    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(broken)?;
    let channels = reader.output_color_type().0.samples();
    let mut pixels = vec![0; width * height * channels];
    reader.next_frame(&mut pixels).map_err(broken)?;
    reader.finish().map_err(broken)?;
    let frames = reader.info().animation_control.map_or(1, |animation| animation.num_frames);
    Ok((planes(&pixels, [channels, height, width])?, deep, frames))
}

/// What a file's chunks say beside the image.
struct Outline {
    held: Held,
    /// If it is cut short behind its last pixels: the length of what is whole.
    lacks_end_after: Option<usize>,
}

impl Outline {
    fn of(file: &[u8]) -> Self {
        let mut outline = Self { held: Held::default(), lacks_end_after: None };
        let mut texts = Texts::new();
        let (mut at, mut has_pixels) = (SIGNATURE, false);
        loop {
            let head = file.get(at..at + 8).map(|head| head.split_at(4));
            let Some((length, name)) = head else { break };
            let length = length.iter().fold(0, |all, &byte| all << 8 | usize::from(byte));
            has_pixels |= name == b"IDAT";
            let Some(body) = file.get(at + 8..at + 8 + length) else {
                // An image that ends within its pixels is no whole one.
                has_pixels &= name != b"IDAT";
                break;
            };
            match name {
                b"IEND" if file.len() >= at + 12 => return outline,
                b"eXIf" => outline.held.read_exif(body),
                b"tEXt" | b"zTXt" | b"iTXt" => texts.read(name, body, &mut outline.held),
                _ => {}
            }
            if file.len() < at + 12 + length {
                has_pixels &= name != b"IDAT";
                break;
            }
            at += 12 + length;
        }
        outline.lacks_end_after = has_pixels.then_some(at);
        outline
    }
}

fn broken(error: DecodingError) -> Error {
    Error::data(error.to_string()).hint("the file is cut short or corrupted").caused_by(error)
}

pub(super) fn encode(pixels: &Tensor<u8>) -> Result<Vec<u8>> {
    let &[channels, height, width] = &pixels.shape()[..] else {
        return Err(Error::shape(format!("{} is not an image", pixels.shape())).operation("png"));
    };
    let color = match channels {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    };
    let plane = pixels.numel() / channels;
    let elements = pixels.as_slice();
    let interleaved: Vec<u8> = (0..plane)
        .flat_map(|pixel| (0..channels).map(move |channel| elements[channel * plane + pixel]))
        .collect();
    encode_bytes(&interleaved, [height, width], |encoder| encoder.set_color(color))
}

/// Numbers `[H, W]` as indices of a palette.
pub(super) fn encode_indices(indices: &Tensor<u8>, palette: &[[u8; 3]]) -> Result<Vec<u8>> {
    let &[height, width] = &indices.shape()[..] else {
        return Err(Error::shape(format!("{} is not a mask", indices.shape())));
    };
    if palette.len() > 256 {
        return Err(
            Error::value(format!("a palette of {} colours", palette.len())).hint("it can have 256")
        );
    }
    let largest = indices.as_slice().iter().copied().max().unwrap_or(0);
    if usize::from(largest) >= palette.len() {
        return Err(Error::value(format!(
            "class {largest} has no colour in a palette of {}",
            palette.len()
        )));
    }
    encode_bytes(indices.as_slice(), [height, width], |encoder| {
        encoder.set_color(ColorType::Indexed);
        encoder.set_palette(palette.concat());
    })
}

/// Pixels as a file, of a byte for each channel or index.
fn encode_bytes(
    bytes: &[u8],
    [height, width]: [usize; 2],
    color: impl FnOnce(&mut Encoder<'_, &mut Vec<u8>>),
) -> Result<Vec<u8>> {
    let side = |pixels: usize| {
        u32::try_from(pixels).map_err(|_| {
            Error::shape(format!("{pixels} pixels in a row are too many")).operation("png")
        })
    };
    let (width, height) = (side(width)?, side(height)?);
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    color(&mut encoder);
    encoder.set_depth(BitDepth::Eight);
    let write = |encoder: Encoder<'_, &mut Vec<u8>>| -> Result<(), EncodingError> {
        let mut writer = encoder.write_header()?;
        writer.write_image_data(bytes)?;
        writer.finish()
    };
    write(encoder).map_err(|error| Error::data(error.to_string()).operation("png"))?;
    Ok(file)
}
