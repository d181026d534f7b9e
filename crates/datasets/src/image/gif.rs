//! GIF, through the `gif` crate.

use std::io::Cursor;

use gif::{ColorOutput, DecodeOptions, MemoryLimit};
use plywood_tensor::{Error, Result};

use super::limits::{DecodeLimits, Density};
use super::notes::{Note, Noted};
use super::{broken, planes};

/// A code of 12 bits stands for a string of at most 4,096 pixels.
const DENSITY: Density = Density::AtMost(4096);

/// The first image, on the transparent ground that it may leave bare.
pub(super) fn decode(file: &[u8], limits: DecodeLimits) -> Result<Noted> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    // The frame's size is checked below, and notes are as long as they are.
    options.set_memory_limit(MemoryLimit::Unlimited);
    let mut decoder = options.read_info(Cursor::new(file)).map_err(broken)?;
    let screen = [decoder.height(), decoder.width()].map(usize::from);
    limits.check(screen, file, DENSITY)?;
    let Some(frame) = decoder.next_frame_info().map_err(broken)? else {
        return Err(Error::data("there is no image in it").hint("the file is cut short"));
    };
    let [top, left, rows, columns] =
        [frame.top, frame.left, frame.height, frame.width].map(usize::from);
    let mut notes = Vec::new();
    // As most programs do, which show all of a frame that goes beyond the screen.
    let [height, width] = [screen[0].max(top + rows), screen[1].max(left + columns)];
    if [height, width] != screen {
        limits.check([height, width], file, DENSITY)?;
        notes.push(Note::LargerScreen([height, width]));
    }
    let mut frame = vec![0; 4 * rows * columns];
    decoder.read_into_buffer(&mut frame).map_err(broken)?;
    let mut pixels = vec![0; 4 * width * height];
    for (row, source) in frame.chunks(4 * columns.max(1)).enumerate() {
        let start = 4 * ((top + row) * width + left);
        pixels[start..start + source.len()].copy_from_slice(source);
    }
    // What is wrong with the others is none of the first one's business.
    match decoder.next_frame_info() {
        Ok(Some(_)) => notes.push(Note::FirstFrame),
        Ok(None) => {}
        Err(_) => notes.push(Note::WithoutEnd),
    }
    Ok(Noted { pixels: planes(&pixels, [4, height, width])?, notes })
}

#[cfg(test)]
pub(super) mod tests {
    use gif::{Encoder, Frame};

    use super::*;
    use crate::image::Image;

    /// A screen of 3×2 pixels on which a frame of 2×1 lies in the lower right corner, and another.
    pub(in crate::image) fn moving_gif() -> Vec<u8> {
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

    fn decoded(file: &[u8]) -> Image {
        Image::decode(file).unwrap()
    }

    #[test]
    fn of_what_moves_the_first_image() {
        let image = decoded(&moving_gif());
        assert_eq!(image.shape(), [4, 2, 3]);
        let opaque = [0, 0, 0, 0, 255, 255];
        let expected = [[0, 0, 0, 0, 255, 0], [0; 6], [0, 0, 0, 0, 0, 255], opaque].concat();
        assert_eq!(image.pixels().as_slice(), expected);
        // In front of white.
        assert_eq!(image.to_rgb().pixels().as_slice()[..6], [255, 255, 255, 255, 255, 0]);
    }

    #[test]
    fn a_frame_beyond_the_screen_makes_it_larger() {
        let mut file = moving_gif();
        file[6] = 2; // the screen's width
        let image = decoded(&file);
        assert_eq!(image.pixels(), decoded(&moving_gif()).pixels());
        assert_eq!(image.notes(), [Note::LargerScreen([2, 3]), Note::FirstFrame]);
        assert_eq!(
            image.notes()[0].to_string(),
            "its frame goes beyond its screen, which was made 3×2",
        );
        let limits = DecodeLimits::new().max_pixels(4);
        assert_eq!(
            Image::decode_within(&file, limits).unwrap_err().to_string(),
            "gif: its header says 3×2 pixels, the limit is 4 pixels; \
             make it smaller, or raise the limit by DecodeLimits::max_pixels",
        );
    }

    #[test]
    fn what_pillow_reads() {
        let file = include_bytes!("fixtures/frame_larger.gif");
        let image = decoded(file);
        assert_eq!(image.shape(), [4, 37, 53]);
        assert_eq!(image.notes(), [Note::LargerScreen([37, 53])]);
        assert!(image.pixels().as_slice()[3 * 37 * 53..].iter().all(|&opacity| opacity == 255));
        let length = file.len();
        for cut in [20, length / 2, length - 40] {
            assert!(Image::decode(&file[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn false_sizes_allocate_nothing() {
        let mut gif = moving_gif();
        gif[6..10].fill(0xFF);
        assert_eq!(
            Image::decode(&gif).unwrap_err().to_string(),
            format!(
                "gif: its header says 65535×65535 pixels, which {} bytes can't hold; \
                 the file is cut short or corrupted",
                gif.len()
            ),
        );
    }
}
