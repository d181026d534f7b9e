//! GIF and BMP, through the `gif` and `zune-bmp` crates.

use std::io::Cursor;

use gif::{ColorOutput, DecodeOptions, MemoryLimit};
use plywood_tensor::{Error, Result, Tensor};
use zune_bmp::BmpDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::limits::{DecodeLimits, Density};
use super::planes;

/// A code of 12 bits stands for a string of at most 4,096 pixels.
const GIF_DENSITY: Density = Density::AtMost(4096);
/// Two bytes are a run of at most 255 pixels.
const BMP_DENSITY: Density = Density::AtMost(128);

/// The first picture, on the transparent ground that it may leave bare.
pub(super) fn gif(file: &[u8], limits: DecodeLimits) -> Result<Tensor<u8>> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    // Frames lie within the screen, whose size is checked below, and notes are as long as they are.
    options.set_memory_limit(MemoryLimit::Unlimited);
    options.check_frame_consistency(true);
    options.check_lzw_end_code(true);
    let mut decoder = options.read_info(Cursor::new(file)).map_err(broken)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    limits.check([height, width], file, GIF_DENSITY)?;
    let Some(frame) = decoder.read_next_frame().map_err(broken)? else {
        return Err(Error::data("there is no picture in it").hint("the file is cut short"));
    };
    let mut pixels = vec![0; 4 * width * height];
    let (left, columns) = (usize::from(frame.left), usize::from(frame.width));
    for (row, source) in frame.buffer.chunks(4 * columns.max(1)).enumerate() {
        let start = 4 * ((usize::from(frame.top) + row) * width + left);
        pixels[start..start + source.len()].copy_from_slice(source);
    }
    planes(&pixels, [4, height, width])
}

pub(super) fn bmp(file: &[u8], limits: DecodeLimits) -> Result<Tensor<u8>> {
    // The decoder fills up what is missing.
    let says = file.get(2..6).and_then(|size| size.try_into().ok()).map_or(0, u32::from_le_bytes);
    if says as usize > file.len() {
        return Err(Error::data(format!("its header says {says} bytes, there are {}", file.len()))
            .hint("the file is cut short"));
    }
    let options = DecoderOptions::new_safe()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = BmpDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(|error| broken(format!("{error:?}")))?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    limits.check([height, width], file, BMP_DENSITY)?;
    let pixels = decoder.decode().map_err(|error| broken(format!("{error:?}")))?;
    let channels = pixels.len() / (width * height);
    if pixels.len() != width * height * channels || !(1..=4).contains(&channels) {
        return Err(Error::data(format!(
            "{} bytes came out of it, which are no {width}×{height} pixels",
            pixels.len()
        )));
    }
    planes(&pixels, [channels, height, width])
}

/// What a decoder says, in one line.
pub(super) fn broken(error: impl ToString) -> Error {
    let text = error.to_string().replace('"', "");
    let words: Vec<&str> = text.split_whitespace().collect();
    Error::data(words.join(" "))
        .hint("the file is cut short, corrupted, or of a kind that isn't supported")
}

#[cfg(test)]
pub(super) mod tests {
    use gif::{Encoder, Frame};

    use crate::picture::Picture;

    /// A screen of 3×2 pixels on which a frame of 2×1 lies in the lower right corner, and another.
    pub(in crate::picture) fn moving_gif() -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 3, 2, &[255, 0, 0, 0, 0, 255]).unwrap();
        for pixels in [[0, 1], [1, 1]] {
            let mut frame = Frame::from_indexed_pixels(2, 1, pixels.to_vec(), None);
            (frame.left, frame.top) = (1, 1);
            encoder.write_frame(&frame).unwrap();
        }
        drop(encoder);
        file
    }

    /// A file of pixels [H, W, 4], blue first, from the bottom up.
    pub(in crate::picture) fn bmp_of(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
        let mut file = b"BM".to_vec();
        let numbers = [54 + pixels.len() as u32, 0, 54, 40, width, height, 1 | 32 << 16, 0];
        numbers.iter().for_each(|number| file.extend(number.to_le_bytes()));
        file.extend([0; 20]);
        file.extend(pixels);
        file
    }

    fn decoded(file: &[u8]) -> Picture {
        Picture::decode(file).unwrap()
    }

    #[test]
    fn of_what_moves_the_first_picture() {
        let picture = decoded(&moving_gif());
        assert_eq!(picture.shape(), [4, 2, 3]);
        let opaque = [0, 0, 0, 0, 255, 255];
        let expected = [[0, 0, 0, 0, 255, 0], [0; 6], [0, 0, 0, 0, 0, 255], opaque].concat();
        assert_eq!(picture.pixels().as_slice(), expected);
        // In front of white.
        assert_eq!(picture.to_rgb().pixels().as_slice()[..6], [255, 255, 255, 255, 255, 0]);
    }

    #[test]
    fn bmp_without_opacity_is_opaque() {
        // Most programs leave the fourth byte of a pixel 0, and mean no transparency.
        let pixels = [[1, 2, 3, 0], [4, 5, 6, 0], [7, 8, 9, 0], [0; 4]].concat();
        let picture = decoded(&bmp_of(&pixels, 1, 4)).to_rgb();
        assert_eq!(picture.shape(), [3, 4, 1]);
        assert_eq!(picture.pixels().as_slice(), [0, 9, 6, 3, 0, 8, 5, 2, 0, 7, 4, 1]);
    }

    #[test]
    fn false_sizes_allocate_nothing() {
        let refusal = |file: &[u8]| Picture::decode(file).unwrap_err().to_string();
        let mut gif = moving_gif();
        gif[6..10].fill(0xFF);
        assert_eq!(
            refusal(&gif),
            format!(
                "gif: its header says 65535×65535 pixels, which {} bytes can't hold; \
                 the file is cut short or corrupted",
                gif.len()
            ),
        );
        let bmp = bmp_of(&[0; 16], 2, 2);
        assert_eq!(
            refusal(&bmp[..69]),
            "bmp: its header says 70 bytes, there are 69; the file is cut short",
        );
        let bmp = bmp_of(&[0; 16], 30_000, 30_000);
        assert_eq!(
            refusal(&bmp),
            "bmp: its header says 30000×30000 pixels, which 70 bytes can't hold; \
             the file is cut short or corrupted",
        );
    }
}
