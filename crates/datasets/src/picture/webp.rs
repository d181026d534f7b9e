//! WebP, through the `image-webp` crate.

use std::io::Cursor;

use image_webp::WebPDecoder;
use plywood_tensor::{Error, Result};

use super::limits::{DecodeLimits, Density};
use super::notes::{Note, Noted};
use super::orientation::{orientation, upright};
use super::{broken, planes};

pub(super) fn decode(file: &[u8], limits: DecodeLimits) -> Result<Noted> {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(broken)?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    limits.check([height, width], file, Density::Unbounded)?;
    check_streams(file, [width, height])?;
    // Of what it asks for, only notes such as Exif data are held to this; they lie in the file as they are.
    decoder.set_memory_limit(file.len());
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut pixels = vec![0; width * height * channels];
    decoder.read_image(&mut pixels).map_err(broken)?;
    let exif = decoder.exif_metadata().map_err(broken)?;
    let pixels = planes(&pixels, [channels, height, width])?;
    let notes = if decoder.num_frames() > 1 { vec![Note::FirstFrame] } else { Vec::new() };
    upright(pixels, exif.map_or(1, |exif| orientation(&exif)), notes)
}

/// Refuses frames that are larger than the picture of `[width, height]` pixels, and lossy data of another
/// size than the picture or frame that they are for. The decoder allocates the size of the data, and in an
/// animation with opacity doesn't compare it with the frame's.
fn check_streams(file: &[u8], canvas: [usize; 2]) -> Result<()> {
    for (name, body) in chunks(file.get(12..).unwrap_or_default()) {
        match name {
            b"VP8 " => check_stream(body, canvas)?,
            b"ANMF" => check_frame(body, canvas)?,
            _ => {}
        }
    }
    Ok(())
}

/// A frame of an animation: its place, its sides less one in three bytes each, and four bytes more; then
/// the chunks with its data.
fn check_frame(body: &[u8], canvas: [usize; 2]) -> Result<()> {
    let Some((&[_, _, _, _, _, _, w0, w1, w2, h0, h1, h2, _, _, _, _], streams)) =
        body.split_first_chunk::<16>()
    else {
        return Ok(());
    };
    let [width, height] = [[w0, w1, w2, 0], [h0, h1, h2, 0]]
        .map(|side| (u32::from_le_bytes(side) as usize).saturating_add(1));
    if width > canvas[0] || height > canvas[1] {
        return Err(Error::data(format!(
            "a frame of {width}×{height} pixels is in a picture of {}×{}",
            canvas[0], canvas[1]
        ))
        .hint("the file is corrupted"));
    }
    let mut after_opacity = false;
    for (name, body) in chunks(streams) {
        // What follows the opacity is decoded as lossy data, whatever its name is.
        if after_opacity || name == b"VP8 " {
            check_stream(body, [width, height])?;
        }
        after_opacity = name == b"ALPH";
    }
    Ok(())
}

/// Lossy data begin with a tag of three bytes, three bytes that every key frame has, and the sides in 14
/// bits each.
fn check_stream(body: &[u8], expected: [usize; 2]) -> Result<()> {
    let Some(&[w0, w1, h0, h1]) = body.get(6..10) else { return Ok(()) };
    let own = [[w0, w1], [h0, h1]].map(|side| usize::from(u16::from_le_bytes(side) & 0x3FFF));
    if own == expected {
        return Ok(());
    }
    let [width, height] = expected;
    Err(Error::data(format!(
        "its data are of {}×{} pixels, the frame that they are for has {width}×{height}",
        own[0], own[1]
    ))
    .hint("the file is corrupted"))
}

/// The chunks that follow each other in these bytes: a name of four bytes, a length, and so many bytes,
/// or what is there of them.
fn chunks(mut bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let (header, rest) = bytes.split_at_checked(8)?;
        let (name, length) = header.split_at(4);
        let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
        // Chunks begin at even places.
        let next = length.saturating_add(length % 2);
        bytes = rest.get(next..).unwrap_or_default();
        Some((name, &rest[..length.min(rest.len())]))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use image_webp::{ColorType, WebPEncoder};
    use plywood_tensor::catch_decoder_panic;

    use super::*;
    use crate::picture::Picture;

    /// Red on the left, blue on the right, 16×8, and a note that the right side is up: lossy, from
    /// libwebp.
    const LOSSY: &str = "524946467200000057454250565038580a000000080000000f00000700005650382032000000\
        9001009d012a1000080002804225a00274ba00039800fef27ffffad57fff856bfeec17607feab3ffbd8121ffbd80f7\
        000000455849461a0000004d4d002a00000008000101120003000000010006000000000000";

    pub(in crate::picture) fn lossy() -> Vec<u8> {
        let digit = |place: usize| u8::from_str_radix(&LOSSY[place..place + 2], 16).unwrap();
        (0..LOSSY.len()).step_by(2).map(digit).collect()
    }

    /// A lossless file of pixels [H, W, C] with 3 or 4 channels.
    pub(in crate::picture) fn lossless(pixels: &[u8], width: u32, channels: usize) -> Vec<u8> {
        let mut file = Vec::new();
        let height = (pixels.len() / channels) as u32 / width;
        let color = if channels == 4 { ColorType::Rgba8 } else { ColorType::Rgb8 };
        WebPEncoder::new(&mut file).encode(pixels, width, height, color).unwrap();
        file
    }

    fn chunk(name: &[u8], body: &[u8]) -> Vec<u8> {
        let padding = &[0][..body.len() % 2];
        [name, &(body.len() as u32).to_le_bytes(), body, padding].concat()
    }

    fn riff(chunks: &[u8]) -> Vec<u8> {
        chunk(b"RIFF", &[b"WEBP", chunks].concat())
    }

    /// An animation with opacity whose only frame is the lossy picture, behind opacities of half.
    pub(in crate::picture) fn animated() -> Vec<u8> {
        animated_of([16, 8])
    }

    /// The same on a canvas and with a frame of other sides.
    fn animated_of([width, height]: [u8; 2]) -> Vec<u8> {
        animation([width, height], b"VP8 ")
    }

    /// The same, where the lossy picture's chunk has another name.
    fn animation([width, height]: [u8; 2], name: &[u8]) -> Vec<u8> {
        let sides = [width - 1, 0, 0, height - 1, 0, 0];
        let lossy = lossy();
        let (_, stream) = chunks(&lossy[12..]).find(|(name, _)| name == b"VP8 ").unwrap();
        let opacity = [&[0][..], &vec![128; usize::from(width) * usize::from(height)]].concat();
        let streams = [chunk(b"ALPH", &opacity), chunk(name, stream)].concat();
        let frame = [&[0; 6][..], &sides, &[100, 0, 0, 2], &streams].concat();
        let header = chunk(b"VP8X", &[&[0x12, 0, 0, 0][..], &sides].concat());
        riff(&[header, chunk(b"ANIM", &[0; 6]), chunk(b"ANMF", &frame)].concat())
    }

    fn refusal(file: &[u8]) -> String {
        Picture::decode(file).unwrap_err().to_string()
    }

    #[test]
    fn it_keeps_every_byte_and_stands_up() {
        let pixels: Vec<u8> = (0..2 * 3 * 4).map(|x| 10 * x).collect();
        let picture = Picture::decode(&lossless(&pixels, 3, 4)).unwrap();
        assert_eq!(picture.pixels(), &planes(&pixels, [4, 2, 3]).unwrap());
        let opaque = Picture::decode(&lossless(&pixels[..18], 3, 3)).unwrap();
        assert_eq!(opaque.shape(), [3, 2, 3]);

        let lossy = Picture::decode(&lossy()).unwrap();
        assert_eq!(lossy.shape(), [3, 16, 8]);
        let at = |row| [0, 1, 2].map(|c| i32::from(lossy.pixels().get(&[c, row, 4]).unwrap()));
        for (row, expected) in [(2, [255, 0, 0]), (13, [0, 0, 255])] {
            let near = at(row).iter().zip(expected).all(|(a, b)| (a - b).abs() < 40);
            assert!(near, "{row}: {:?}", at(row));
        }
    }

    #[test]
    fn exif_data_may_have_the_name_that_they_have_in_jpeg() {
        let mut file = lossy();
        let exif = file.windows(4).position(|name| name == b"EXIF").unwrap();
        let length = file[exif + 4] + 6;
        file[exif + 4] = length;
        file.splice(exif + 8..exif + 8, *b"Exif\0\0");
        file[4] += 6;
        let named = Picture::decode(&file).unwrap();
        assert_eq!(named, Picture::decode(&lossy()).unwrap());
        assert_eq!(named.notes(), [Note::Turned(6)]);
    }

    #[test]
    fn of_what_moves_the_first_frame() {
        let picture = Picture::decode(&animated()).unwrap();
        assert_eq!(picture.shape(), [4, 8, 16]);
        assert_eq!(picture.pixels().get(&[3, 4, 4]).unwrap(), 128);
    }

    #[test]
    fn data_of_another_size_than_their_frame_are_refused() {
        // The decoder would index beyond the opacities here.
        assert_eq!(
            refusal(&animated_of([14, 8])),
            "webp: its data are of 16×8 pixels, the frame that they are for has 14×8; \
             the file is corrupted",
        );
        assert_eq!(refusal(&animation([14, 8], b"VP9 ")), refusal(&animated_of([14, 8])));
        assert_eq!(
            refusal(include_bytes!("fixtures/damaged_animation.webp")),
            "webp: its data are of 24×17 pixels, the frame that they are for has 23×17; \
             the file is corrupted",
        );
        let mut file = animated();
        file[24] = 7; // the picture's width less one
        assert_eq!(
            refusal(&file),
            "webp: a frame of 16×8 pixels is in a picture of 8×8; the file is corrupted",
        );
        // And here it would allocate 400 MB before it compares.
        let mut file = lossy();
        let stream = file.windows(4).position(|name| name == b"VP8 ").unwrap();
        file[stream + 14..stream + 18].fill(0xFF);
        assert_eq!(
            refusal(&file),
            "webp: its data are of 16383×16383 pixels, the frame that they are for has 16×8; \
             the file is corrupted",
        );
    }

    #[test]
    fn a_short_file_is_no_large_picture() {
        // Of one colour, which takes no bits.
        let file = include_bytes!("fixtures/one_color_16288x5536.webp");
        assert_eq!(
            refusal(file),
            "webp: its header says 16288×5536 pixels, the limit for 52 bytes is 4407296 pixels; \
             if you trust the file, raise it by DecodeLimits::dense_pixels",
        );
        let limits = DecodeLimits::new().dense_pixels(1 << 28).max_pixels(1 << 26);
        assert_eq!(
            Picture::decode_within(file, limits).unwrap_err().to_string(),
            "webp: its header says 16288×5536 pixels, the limit is 67108864 pixels; \
             make it smaller, or raise the limit by DecodeLimits::max_pixels",
        );
        // 2,048×2,048 are fine in any file: most pictures of one colour are no more.
        let page = lossless(&vec![255; 3 << 22], 2048, 3);
        assert!(page.len() < 2000, "{}", page.len());
        assert_eq!(Picture::decode(&page).unwrap().shape(), [3, 2048, 2048]);
    }

    /// What is refused above by its sizes would be a panic in version 0.2.4 of the decoder.
    #[test]
    fn a_panic_of_the_decoder_is_an_error() {
        let decode = |file: &[u8]| {
            catch_decoder_panic("image-webp", || {
                let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(broken)?;
                let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
                decoder.read_image(&mut pixels).map_err(broken)
            })
        };
        decode(&animated()).unwrap();
        assert_eq!(
            decode(include_bytes!("fixtures/damaged_animation.webp")).unwrap_err().to_string(),
            "the decoder `image-webp` panics on it; \
             the file is damaged, or of a kind that isn't supported",
        );
    }
}
