//! WebP, GIF and BMP, through the `image-webp`, `gif` and `zune-bmp` crates.

use std::io::Cursor;
use std::num::NonZeroU64;

use gif::{ColorOutput, DecodeOptions, MemoryLimit};
use image_webp::WebPDecoder;
use plywood_tensor::{Error, Result, Tensor};
use zune_bmp::BmpDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::orientation::{orientation, upright};
use super::{MOST_PIXELS, check_size, planes};

/// A WebP file of one colour needs no bits for its pixels.
const DENSEST_WEBP: usize = usize::MAX;
/// A code of 12 bits stands for a string of at most 4,096 pixels.
const DENSEST_GIF: usize = 4096;
/// Two bytes are a run of at most 255 pixels.
const DENSEST_BMP: usize = 128;

/// Decodes a file of the format with this name.
pub(super) fn decode(format: &str, file: &[u8]) -> Result<Tensor<u8>> {
    match format {
        "WebP" => webp(file).map_err(|error| error.operation("webp")),
        "GIF" => gif(file).map_err(|error| error.operation("gif")),
        _ => bmp(file).map_err(|error| error.operation("bmp")),
    }
}

fn webp(file: &[u8]) -> Result<Tensor<u8>> {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(broken)?;
    decoder.set_memory_limit(4 * MOST_PIXELS);
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    check_size(width, height, file, DENSEST_WEBP)?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut pixels = vec![0; width * height * channels];
    decoder.read_image(&mut pixels).map_err(broken)?;
    let exif = decoder.exif_metadata().map_err(broken)?;
    let pixels = planes(&pixels, [channels, height, width])?;
    upright(pixels, exif.map_or(1, |exif| orientation(&exif)))
}

/// The first picture, on the transparent ground that it may leave bare.
fn gif(file: &[u8]) -> Result<Tensor<u8>> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    let limit = NonZeroU64::new(4 * MOST_PIXELS as u64);
    options.set_memory_limit(limit.map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes));
    options.check_frame_consistency(true);
    options.check_lzw_end_code(true);
    let mut decoder = options.read_info(Cursor::new(file)).map_err(broken)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    check_size(width, height, file, DENSEST_GIF)?;
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

fn bmp(file: &[u8]) -> Result<Tensor<u8>> {
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
    check_size(width, height, file, DENSEST_BMP)?;
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

fn broken(error: impl ToString) -> Error {
    let text = error.to_string().replace('"', "");
    let words: Vec<&str> = text.split_whitespace().collect();
    Error::data(words.join(" "))
        .hint("the file is cut short, corrupted, or of a kind that isn't supported")
}

#[cfg(test)]
mod tests {
    use gif::{Encoder, Frame};
    use image_webp::{ColorType, WebPEncoder};
    use proptest::prelude::*;

    use super::*;
    use crate::picture::Picture;

    /// Red on the left, blue on the right, 16×8, and a note that the right side is up: lossy, from
    /// libwebp.
    const LOSSY: &str = "524946467200000057454250565038580a000000080000000f00000700005650382032000000\
        9001009d012a1000080002804225a00274ba00039800fef27ffffad57fff856bfeec17607feab3ffbd8121ffbd80f7\
        000000455849461a0000004d4d002a00000008000101120003000000010006000000000000";

    fn bytes(hex: &str) -> Vec<u8> {
        let digit = |place: usize| u8::from_str_radix(&hex[place..place + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(digit).collect()
    }

    /// A lossless file of pixels [H, W, C] with 3 or 4 channels.
    fn webp_of(pixels: &[u8], width: u32, channels: usize) -> Vec<u8> {
        let mut file = Vec::new();
        let height = (pixels.len() / channels) as u32 / width;
        let color = if channels == 4 { ColorType::Rgba8 } else { ColorType::Rgb8 };
        WebPEncoder::new(&mut file).encode(pixels, width, height, color).unwrap();
        file
    }

    /// A screen of 3×2 pixels on which a frame of 2×1 lies in the lower right corner, and another.
    fn moving_gif() -> Vec<u8> {
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
    fn bmp_of(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
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
    fn webp_keeps_every_byte_and_stands_up() {
        let pixels: Vec<u8> = (0..2 * 3 * 4).map(|x| 10 * x).collect();
        let picture = decoded(&webp_of(&pixels, 3, 4));
        assert_eq!(picture.pixels(), &planes(&pixels, [4, 2, 3]).unwrap());
        assert_eq!(decoded(&webp_of(&pixels[..18], 3, 3)).shape(), [3, 2, 3]);

        let lossy = decoded(&bytes(LOSSY));
        assert_eq!(lossy.shape(), [3, 16, 8]);
        let at = |row| [0, 1, 2].map(|c| i32::from(lossy.pixels().get(&[c, row, 4]).unwrap()));
        for (row, expected) in [(2, [255, 0, 0]), (13, [0, 0, 255])] {
            let near = at(row).iter().zip(expected).all(|(a, b)| (a - b).abs() < 40);
            assert!(near, "{row}: {:?}", at(row));
        }
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

    proptest! {
        #[test]
        fn prop_no_damage_brings_the_reader_down(
            kind in 0_usize..4,
            damage in proptest::collection::vec((0.0..1.0_f64, any::<u8>()), 1..6),
            length in 0.0..1.0_f64,
        ) {
            let pixels: Vec<u8> = (0..8 * 9 * 4).map(|x| (7 * x % 251) as u8).collect();
            let mut file = match kind {
                0 => webp_of(&pixels, 8, 4),
                1 => bytes(LOSSY),
                2 => moving_gif(),
                _ => bmp_of(&pixels, 8, 9),
            };
            let _ = Picture::decode(&file[..(length * file.len() as f64) as usize]);
            for (place, byte) in damage {
                let place = (place * file.len() as f64) as usize;
                file[place] = byte;
            }
            let _ = Picture::decode(&file);
        }
    }
}
