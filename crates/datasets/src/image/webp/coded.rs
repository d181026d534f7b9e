//! The coded image of a WebP file or of a frame in one, decoded by the `image-webp` crate.

use std::io::Cursor;

use image_webp::WebPDecoder;
use plywood_tensor::{Error, Result};

use super::riff::{chunk, chunks, file};
use crate::image::broken;

/// The chunks that make an image.
#[derive(Debug)]
pub(super) struct Coded<'a> {
    /// The opacity that a lossy image has beside it.
    pub(super) opacity: Option<&'a [u8]>,
    data: &'a [u8],
    is_lossy: bool,
    /// Its width and height, as its data say.
    pub(super) sides: [usize; 2],
}

/// Pixels `[H, W, C]`.
pub(super) struct Pixels {
    pub(super) bytes: Vec<u8>,
    pub(super) channels: usize,
}

impl<'a> Coded<'a> {
    /// The first image in these bytes, which are chunks.
    ///
    /// # Errors
    /// When there is none, or it isn't all there.
    pub(super) fn first_of(bytes: &'a [u8]) -> Result<Self> {
        let mut opacity = None;
        for chunk in chunks(bytes) {
            match chunk.name {
                b"ALPH" => opacity = Some(chunk.whole()?),
                b"VP8 " => return Self::lossy(chunk.whole()?, opacity),
                b"VP8L" => return Self::lossless(chunk.whole()?),
                _ => {}
            }
        }
        Err(Error::data("there is no image in it").hint("the file is cut short or corrupted"))
    }

    /// A tag of three bytes, three bytes that every key frame has, and the sides in 14 bits each.
    fn lossy(data: &'a [u8], opacity: Option<&'a [u8]>) -> Result<Self> {
        let &[_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1, ..] = data else {
            return Err(no_header());
        };
        let side = |bytes| usize::from(u16::from_le_bytes(bytes) & 0x3FFF);
        let coded = Self { opacity, data, is_lossy: true, sides: [side([w0, w1]), side([h0, h1])] };
        if coded.sides.contains(&0) { Err(no_header()) } else { Ok(coded) }
    }

    /// A byte that every image has, and the sides less one in 14 bits each.
    fn lossless(data: &'a [u8]) -> Result<Self> {
        let &[0x2F, a, b, c, d, ..] = data else { return Err(no_header()) };
        let bits = u32::from_le_bytes([a, b, c, d]);
        let sides = [bits, bits >> 14].map(|side| (side & 0x3FFF) as usize + 1);
        Ok(Self { opacity: None, data, is_lossy: false, sides })
    }

    /// Decodes the image as a still file of its own: the decoder then sees no frame and no header of another
    /// size than the data's, over which it panics, and no notes.
    ///
    /// # Errors
    /// When the data are corrupted.
    pub(super) fn decode(&self) -> Result<Pixels> {
        let still = match (self.opacity, self.is_lossy) {
            (_, false) => file(&[chunk(b"VP8L", self.data)]),
            (None, true) => file(&[chunk(b"VP8 ", self.data)]),
            (Some(opacity), true) => {
                let [w, h] = self.sides.map(|side| (side as u32 - 1).to_le_bytes());
                // A bit that says there is opacity.
                let header = [0x10, 0, 0, 0, w[0], w[1], w[2], h[0], h[1], h[2]];
                file(&[chunk(b"VP8X", &header), chunk(b"ALPH", opacity), chunk(b"VP8 ", self.data)])
            }
        };
        let mut decoder = WebPDecoder::new(Cursor::new(still)).map_err(broken)?;
        let channels = if decoder.has_alpha() { 4 } else { 3 };
        let mut bytes = vec![0; self.sides[0] * self.sides[1] * channels];
        decoder.read_image(&mut bytes).map_err(broken)?;
        Ok(Pixels { bytes, channels })
    }
}

fn no_header() -> Error {
    Error::data("its data don't begin as an image's").hint("the file is corrupted")
}
