//! WebP: the chunks of a file, and of what moves the first frame.

use plywood_tensor::{Error, Result};

use super::limits::{DecodeLimits, Density};
use super::notes::{Note, Noted};
use super::orientation::{Held, upright};
use super::planes;

mod coded;
mod riff;

use coded::{Coded, Pixels};
use riff::{Chunk, chunks, number};

pub(super) fn decode(file: &[u8], limits: DecodeLimits) -> Result<Noted> {
    let body = file.get(12..).unwrap_or_default();
    let mut notes = Vec::new();
    let canvas: Option<Canvas> = match chunks(body).next() {
        Some(Chunk { name: b"VP8X", body, .. }) => Some(Canvas::read(body)?),
        _ => None,
    };
    let (sides, pixels) = match canvas {
        Some(canvas) if canvas.moves => {
            limits.check([canvas.sides[1], canvas.sides[0]], file, Density::Unbounded)?;
            (canvas.sides, first_frame(body, &canvas, &mut notes)?)
        }
        _ => {
            let mut coded = Coded::first_of(body)?;
            let [width, height] = coded.sides;
            if let Some(canvas) = canvas {
                canvas.check_still(coded.sides)?;
            }
            // As libwebp, which goes by the flag.
            if canvas.is_none_or(|canvas| !canvas.has_opacity) {
                coded.opacity = None;
            }
            limits.check([height, width], file, Density::Unbounded)?;
            (coded.sides, coded.decode()?)
        }
    };
    if lacks_end(file) {
        notes.push(Note::WithoutEnd);
    }
    let mut held = Held::default();
    for chunk in chunks(body) {
        match chunk.name {
            b"EXIF" => held.read_exif(chunk.body),
            b"XMP " => held.read_xmp(chunk.body),
            _ => {}
        }
    }
    let pixels = planes(&pixels.bytes, [pixels.channels, sides[1], sides[0]])?;
    upright(pixels, held, notes)
}

/// Whether a file is shorter than it says by more than the byte that fills up its last chunk.
fn lacks_end(file: &[u8]) -> bool {
    let length = file.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes);
    length.is_some_and(|length| length as usize + 8 > file.len() + 1)
}

/// What the header of an extended file says.
#[derive(Clone, Copy)]
struct Canvas {
    /// Its width and height.
    sides: [usize; 2],
    has_opacity: bool,
    moves: bool,
}

impl Canvas {
    /// A byte of flags, three that are kept for later, and the sides less one in three bytes each.
    fn read(header: &[u8]) -> Result<Self> {
        let &[flags, _, _, _, w0, w1, w2, h0, h1, h2, ..] = header else {
            return Err(Error::data("its header isn't all there").hint("the file is cut short"));
        };
        let sides = [[w0, w1, w2], [h0, h1, h2]].map(|side| number(side) + 1);
        Ok(Self { sides, has_opacity: flags & 0x10 != 0, moves: flags & 0x02 != 0 })
    }

    /// A still image is as large as the header says.
    fn check_still(&self, data: [usize; 2]) -> Result<()> {
        let [width, height] = self.sides;
        if data == self.sides {
            return Ok(());
        }
        Err(Error::data(format!(
            "its data are of {}×{} pixels, its header says {width}×{height}",
            data[0], data[1]
        ))
        .hint("the file is corrupted"))
    }
}

/// The first frame of an animation, on its canvas: transparent where the frame isn't, or black where the file
/// says that there is no opacity.
///
/// A frame begins with its place in steps of two pixels, its sides less one, and four bytes more; then come the
/// chunks of its image. Their sides count, as in libwebp.
fn first_frame(body: &[u8], canvas: &Canvas, notes: &mut Vec<Note>) -> Result<Pixels> {
    let mut frames = chunks(body).filter(|chunk| chunk.name == b"ANMF");
    let frame = frames.next().map(|frame| frame.body).unwrap_or_default();
    let Some((&[x0, x1, x2, y0, y1, y2, w0, w1, w2, h0, h1, h2, ..], streams)) =
        frame.split_first_chunk::<16>()
    else {
        return Err(Error::data("there is no frame in it").hint("the file is cut short"));
    };
    let [left, top] = [[x0, x1, x2], [y0, y1, y2]].map(|place| 2 * number(place));
    let header = [[w0, w1, w2], [h0, h1, h2]].map(|side| number(side) + 1);
    let coded = Coded::first_of(streams)?;
    let [columns, rows] = coded.sides;
    let [width, height] = canvas.sides;
    if left + columns > width || top + rows > height {
        return Err(Error::data(format!(
            "a frame of {columns}×{rows} pixels from column {left}, row {top} on is in an image of \
             {width}×{height}"
        ))
        .hint("the file is corrupted"));
    }
    if header != coded.sides {
        let [header, data] = [header, coded.sides].map(|[width, height]| [height, width]);
        notes.push(Note::OtherSides { header, data });
    }
    if frames.next().is_some() {
        notes.push(Note::FirstFrame);
    }
    let pixels = coded.decode()?;
    let channels = if canvas.has_opacity { 4 } else { 3 };
    if coded.sides == canvas.sides && pixels.channels == channels {
        return Ok(pixels);
    }
    let mut bytes = vec![0; channels * width * height];
    for (row, from) in pixels.bytes.chunks_exact(pixels.channels * columns).enumerate() {
        let to = &mut bytes[channels * ((top + row) * width + left)..][..channels * columns];
        let pairs = to.chunks_exact_mut(channels).zip(from.chunks_exact(pixels.channels));
        for (to, from) in pairs {
            for (channel, to) in to.iter_mut().enumerate() {
                *to = from.get(channel).copied().unwrap_or(u8::MAX);
            }
        }
    }
    Ok(Pixels { bytes, channels })
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Cursor;

    use image_webp::{ColorType, WebPDecoder, WebPEncoder};
    use plywood_tensor::catch_decoder_panic;

    use super::riff::chunk;
    use super::*;
    use crate::image::{Image, broken};

    /// Red on the left, blue on the right, 16×8, and a note that the right side is up: lossy, from
    /// libwebp.
    const LOSSY: &str = "524946467200000057454250565038580a000000080000000f00000700005650382032000000\
        9001009d012a1000080002804225a00274ba00039800fef27ffffad57fff856bfeec17607feab3ffbd8121ffbd80f7\
        000000455849461a0000004d4d002a00000008000101120003000000010006000000000000";

    pub(in crate::image) fn lossy() -> Vec<u8> {
        let digit = |place: usize| u8::from_str_radix(&LOSSY[place..place + 2], 16).unwrap();
        (0..LOSSY.len()).step_by(2).map(digit).collect()
    }

    /// A lossless file of pixels [H, W, C] with 3 or 4 channels.
    pub(in crate::image) fn lossless(pixels: &[u8], width: u32, channels: usize) -> Vec<u8> {
        let mut file = Vec::new();
        let height = (pixels.len() / channels) as u32 / width;
        let color = if channels == 4 { ColorType::Rgba8 } else { ColorType::Rgb8 };
        WebPEncoder::new(&mut file).encode(pixels, width, height, color).unwrap();
        file
    }

    /// An animation with opacity whose only frame is the lossy image, behind opacities of half.
    pub(in crate::image) fn animated() -> Vec<u8> {
        animation([16, 8], [0; 2], [16, 8], b"VP8 ")
    }

    /// The same on a canvas, and with a header of a frame, that say something else, and with another name of
    /// the lossy image's chunk.
    fn animation(canvas: [u8; 2], [x, y]: [u8; 2], frame: [u8; 2], name: &[u8; 4]) -> Vec<u8> {
        let sides = |[width, height]: [u8; 2]| [width - 1, 0, 0, height - 1, 0, 0];
        let lossy = lossy();
        let stream = chunks(&lossy[12..]).find(|chunk| chunk.name == b"VP8 ").unwrap();
        let opacity = [&[0][..], &[128; 16 * 8]].concat();
        let streams = [chunk(b"ALPH", &opacity), chunk(name, stream.body)].concat();
        let place = [x / 2, 0, 0, y / 2, 0, 0];
        let frame = [&place[..], &sides(frame), &[100, 0, 0, 2], &streams].concat();
        let header = chunk(b"VP8X", &[&[0x12, 0, 0, 0][..], &sides(canvas)].concat());
        riff::file(&[header, chunk(b"ANIM", &[0; 6]), chunk(b"ANMF", &frame)])
    }

    fn refusal(file: &[u8]) -> String {
        Image::decode(file).unwrap_err().to_string()
    }

    #[test]
    fn it_keeps_every_byte_and_stands_up() {
        let pixels: Vec<u8> = (0..2 * 3 * 4).map(|x| 10 * x).collect();
        let image = Image::decode(&lossless(&pixels, 3, 4)).unwrap();
        assert_eq!(image.pixels(), &planes(&pixels, [4, 2, 3]).unwrap());
        let opaque = Image::decode(&lossless(&pixels[..18], 3, 3)).unwrap();
        assert_eq!(opaque.shape(), [3, 2, 3]);

        let lossy = Image::decode(&lossy()).unwrap();
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
        let named = Image::decode(&file).unwrap();
        assert_eq!(named, Image::decode(&lossy()).unwrap());
        assert_eq!(named.notes(), [Note::Turned(6)]);
    }

    #[test]
    fn of_what_moves_the_first_frame() {
        let image = Image::decode(&animated()).unwrap();
        assert_eq!(image.shape(), [4, 8, 16]);
        assert_eq!(image.pixels().get(&[3, 4, 4]).unwrap(), 128);
    }

    #[test]
    fn a_frame_lies_at_its_place() {
        let whole = Image::decode(&animated()).unwrap();
        let mut file = animation([20, 11], [4, 2], [16, 8], b"VP8 ");
        let placed = Image::decode(&file).unwrap();
        assert_eq!(placed.notes(), []);
        // With a flag that there is no opacity, the ground is black.
        file[20] = 2;
        let black = Image::decode(&file).unwrap();
        assert_eq!((placed.shape(), black.shape()), ([4, 11, 20], [3, 11, 20]));
        let at = |image: &Image, [c, y, x]: [usize; 3]| image.pixels().get(&[c, y, x]);
        for (y, x) in (0..11).flat_map(|y| (0..20).map(move |x| (y, x))) {
            let is_inside = (2..10).contains(&y) && x >= 4;
            for c in 0..4 {
                let expected = if is_inside { at(&whole, [c, y - 2, x - 4]).unwrap() } else { 0 };
                assert_eq!(at(&placed, [c, y, x]).unwrap(), expected, "{c} {y} {x}");
                assert!(c == 3 || at(&black, [c, y, x]).unwrap() == expected, "{c} {y} {x}");
            }
        }
    }

    #[test]
    fn the_data_say_how_large_a_frame_is() {
        // Its decoder would panic here. The pixels are libwebp's.
        let image = Image::decode(include_bytes!("fixtures/frame_23_of_24.webp")).unwrap();
        let expected = Image::decode(include_bytes!("fixtures/frame_23_of_24.expected.png"));
        assert_eq!(image, expected.unwrap());
        assert_eq!(
            image.notes().iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "its frame is 24×17, as its data say, not 23×17, as its header says",
                "only the first of its frames was read",
            ],
        );
        assert_eq!(
            refusal(&animation([14, 8], [0; 2], [14, 8], b"VP8 ")),
            "webp: a frame of 16×8 pixels from column 0, row 0 on is in an image of 14×8; \
             the file is corrupted",
        );
        assert_eq!(
            refusal(&animation([18, 8], [4, 0], [16, 8], b"VP8 ")),
            "webp: a frame of 16×8 pixels from column 4, row 0 on is in an image of 18×8; \
             the file is corrupted",
        );
        assert_eq!(
            refusal(&animation([16, 8], [0; 2], [16, 8], b"VP9 ")),
            "webp: there is no image in it; the file is cut short or corrupted",
        );
        // The decoder would allocate 400 MB before it compares.
        let mut file = lossy();
        let stream = file.windows(4).position(|name| name == b"VP8 ").unwrap();
        file[stream + 14..stream + 18].fill(0xFF);
        assert_eq!(
            refusal(&file),
            "webp: its data are of 16383×16383 pixels, its header says 16×8; the file is corrupted",
        );
    }

    #[test]
    fn what_is_cut_short_has_all_of_its_pixels_or_is_refused() {
        let file = lossy();
        let exif = file.windows(4).position(|name| name == b"EXIF").unwrap();
        for length in 12..file.len() {
            match Image::decode(&file[..length]) {
                Ok(image) => {
                    assert!(length >= exif, "{length}");
                    let lacks_end = image.notes().contains(&Note::WithoutEnd);
                    assert_eq!(lacks_end, length + 1 < file.len(), "{length}");
                }
                Err(_) => assert!(length < exif, "{length}"),
            }
        }
        assert_eq!(
            refusal(&file[..60]),
            "webp: its chunk `VP8 ` has 50 bytes, 22 are there; the file is cut short",
        );
        assert_eq!(refusal(&file[..20]), "webp: its header isn't all there; the file is cut short");
    }

    #[test]
    fn opacity_without_its_flag_is_passed_over() {
        let moving = animated();
        let frame = moving.windows(4).position(|name| name == b"ALPH").unwrap();
        let header = [16, 0, 0, 0, 15, 0, 0, 7, 0, 0];
        let mut still = riff::file(&[chunk(b"VP8X", &header), moving[frame..].to_vec()]);
        let whole = Image::decode(&still).unwrap();
        assert_eq!((&whole, whole.shape()), (&Image::decode(&moving).unwrap(), [4, 8, 16]));
        still[20] = 0;
        assert_eq!(Image::decode(&still).unwrap().shape(), [3, 8, 16]);
    }

    #[test]
    fn flags_without_their_chunk_do_no_harm() {
        let mut file = lossy();
        // Opacity, ICC profile and XMP data.
        file[20] |= 0x34;
        assert_eq!(Image::decode(&file).unwrap(), Image::decode(&lossy()).unwrap());
    }

    #[test]
    fn a_short_file_is_no_large_image() {
        // Of one colour, which takes no bits.
        let file = include_bytes!("fixtures/one_color_16288x5536.webp");
        assert_eq!(
            refusal(file),
            "webp: its header says 16288×5536 pixels, the limit for 52 bytes is 4407296 pixels; \
             if you trust the file, raise it by DecodeLimits::dense_pixels",
        );
        let limits = DecodeLimits::new().dense_pixels(1 << 28).max_pixels(1 << 26);
        assert_eq!(
            Image::decode_within(file, limits).unwrap_err().to_string(),
            "webp: its header says 16288×5536 pixels, the limit is 67108864 pixels; \
             make it smaller, or raise the limit by DecodeLimits::max_pixels",
        );
        // 2,048×2,048 are fine in any file: most images of one colour are no more.
        let page = lossless(&vec![255; 3 << 22], 2048, 3);
        assert!(page.len() < 2000, "{}", page.len());
        assert_eq!(Image::decode(&page).unwrap().shape(), [3, 2048, 2048]);
    }

    /// What version 0.2.4 of the decoder does with a frame whose header says other sides than its data.
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
            decode(include_bytes!("fixtures/frame_23_of_24.webp")).unwrap_err().to_string(),
            "the decoder `image-webp` panics on it; \
             the file is damaged, or of a kind that isn't supported",
        );
    }
}
