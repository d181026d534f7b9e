//! Tests of BMP: every number of bits, every header, and files that say what they haven't.

use crate::image::Image;

/// A file of pixels [H, W, 4], blue first, from the bottom up.
pub(in crate::image) fn bmp_of(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    bmp(40, [width as i32, height as i32], 32, 0, &[], pixels)
}

/// A file whose header has this length, with what follows it and the pixels.
fn bmp(
    header: u32,
    [width, height]: [i32; 2],
    bits: u16,
    kind: u32,
    palette: &[u8],
    pixels: &[u8],
) -> Vec<u8> {
    let mut fields = header.to_le_bytes().to_vec();
    if header == 12 {
        fields.extend([width as u16, height as u16, 1, bits].map(u16::to_le_bytes).concat());
    } else {
        fields.extend([width, height].map(i32::to_le_bytes).concat());
        fields.extend([1, bits].map(u16::to_le_bytes).concat());
        fields.extend(kind.to_le_bytes());
    }
    fields.resize(header as usize, 0);
    let start = 14 + header + palette.len() as u32;
    let numbers = [start + pixels.len() as u32, 0, start].map(u32::to_le_bytes);
    [b"BM", &numbers.concat()[..], &fields, palette, pixels].concat()
}

/// A file of 4×2 pixels in run lengths of 4 bits.
pub(in crate::image) fn run_lengths() -> Vec<u8> {
    let palette = [[0, 0, 0, 0], [9, 8, 7, 0], [6, 5, 4, 0]].concat();
    bmp(40, [4, 2], 4, 2, &palette, &[2, 0x12, 0, 0, 0, 3, 0x21, 0x20, 0, 1])
}

/// The image's bytes, [C, H, W].
fn decoded(file: &[u8]) -> Vec<u8> {
    Image::decode(file).unwrap().into_pixels().as_slice().to_vec()
}

fn refusal(file: &[u8]) -> String {
    Image::decode(file).unwrap_err().to_string()
}

#[test]
fn opacity_only_where_a_mask_has_it() {
    // Most programs leave the fourth byte of a pixel 0, and mean no transparency.
    let pixels = [[1, 2, 3, 0], [4, 5, 6, 0], [7, 8, 9, 0], [0; 4]].concat();
    let expected = [0, 9, 6, 3, 0, 8, 5, 2, 0, 7, 4, 1];
    assert_eq!(decoded(&bmp_of(&pixels, 1, 4)), expected);
    let masks = [0xFF_0000_u32, 0xFF00, 0xFF, 0xFF00_0000].map(u32::to_le_bytes).concat();
    for (header, channels) in [(40, 3), (108, 4)] {
        let mut file = bmp(header, [1, 2], 32, 3, &masks, &[3, 2, 1, 128, 6, 5, 4, 255]);
        if header == 108 {
            file.splice(54..70, masks.clone());
        }
        let expected = [4, 1, 5, 2, 6, 3, 255, 128];
        assert_eq!(decoded(&file), expected[..2 * channels], "{header}");
    }
}

#[test]
fn rows_of_any_bits_end_in_whole_words() {
    let [black, red, white] = [[0; 4], [0, 0, 255, 0], [255, 255, 255, 0]];
    let three = [black, red, white].concat();
    // From the bottom up, and with a negative height downward.
    let two = [0b0001_1000, 0, 0, 0, 0b1000_0000, 0, 0, 0];
    let up = [255, 0, 0, 0, 255, 255, 255, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 255];
    assert_eq!(decoded(&bmp(40, [3, 2], 2, 0, &three, &two)), up);
    let flipped = decoded(&bmp(40, [3, -2], 2, 0, &three, &two));
    let rows = |bytes: &[u8]| {
        bytes.chunks(6).flat_map(|p| [&p[3..], &p[..3]].concat()).collect::<Vec<_>>()
    };
    assert_eq!(flipped, rows(&up));
    // A place without a colour is black, and OS/2 has three bytes for one.
    let four = [0x12, 0x30, 0, 0];
    assert_eq!(decoded(&bmp(40, [3, 1], 4, 0, &three, &four)), [255, 255, 0, 0, 255, 0, 0, 255, 0]);
    let old = [0, 0, 0, 0, 0, 255];
    assert_eq!(decoded(&bmp(12, [2, 1], 1, 0, &old, &[0x40, 0, 0, 0])), [0, 255, 0, 0, 0, 0]);
    // 5 bits each, and behind the last pixel nothing.
    let sixteen = [0x00, 0x7C, 0x1F, 0x00, 0xFF, 0x7F];
    assert_eq!(
        decoded(&bmp(40, [3, 1], 16, 0, &[], &sixteen)),
        [255, 0, 255, 0, 0, 255, 0, 255, 255]
    );
    let one = [1, 2, 3, 0, 4, 5, 6];
    assert_eq!(decoded(&bmp(40, [1, 2], 24, 0, &[], &one)), [6, 3, 5, 2, 4, 1]);
}

#[test]
fn what_other_programs_read() {
    for (file, expected) in [
        (
            &include_bytes!("../fixtures/b1_05.bmp")[..],
            &include_bytes!("../fixtures/b1_05.expected.png")[..],
        ),
        (include_bytes!("../fixtures/b4_05.bmp"), include_bytes!("../fixtures/b4_05.expected.png")),
    ] {
        assert_eq!(decoded(file), decoded(expected));
    }
}

#[test]
fn runs_of_pixels() {
    let file = run_lengths();
    let palette = &file[54..66];
    let expected = [4, 7, 4, 0, 7, 4, 0, 0, 5, 8, 5, 0, 8, 5, 0, 0, 6, 9, 6, 0, 9, 6, 0, 0];
    assert_eq!(decoded(&file), expected);
    // An image of the first colour only, however large.
    let empty = bmp(40, [2000, 2000], 8, 1, palette, &[0, 1]);
    let empty = Image::decode(&empty).unwrap();
    assert_eq!(empty.shape(), [3, 2000, 2000]);
    assert_eq!(
        empty.notes()[0].to_string(),
        "4000000 pixels are in none of its runs, and have the palette's first colour",
    );
    assert_eq!(
        refusal(&bmp(40, [30_000, 30_000], 8, 1, palette, &[0, 1])),
        "bmp: its header says 30000×30000 pixels, the limit for 68 bytes is 4472832 pixels; \
         if you trust the file, raise it by DecodeLimits::dense_pixels",
    );
}

#[test]
fn runs_that_dont_fit_are_noted() {
    let palette = [[0, 0, 0, 0], [9, 8, 7, 0]].concat();
    let notes = |data: &[u8]| -> Vec<String> {
        let file = bmp(40, [3, 2], 8, 1, &palette, data);
        Image::decode(&file).unwrap().notes().iter().map(ToString::to_string).collect()
    };
    assert_eq!(notes(&[3, 1, 0, 0, 3, 1, 0, 1]), [""; 0]);
    assert_eq!(
        notes(&[3, 1, 0, 0, 2, 1, 0, 1]),
        ["a pixel is in none of its runs, and has the palette's first colour"],
    );
    // A row that ends early, and one that is too long.
    assert_eq!(
        notes(&[1, 1, 0, 0, 5, 1, 0, 1]),
        [
            "2 pixels are in none of its runs, and have the palette's first colour",
            "2 pixels of its runs are beyond its rows, and were left out",
        ],
    );
}

#[test]
fn what_isnt_read_is_named() {
    assert_eq!(
        refusal(&bmp_of(&[0; 16], 2, 2)[..69]),
        "bmp: its pixels take 16 bytes, there are 15 behind byte 54; the file is cut short",
    );
    assert_eq!(
        refusal(&bmp_of(&[0; 16], 30_000, 30_000)),
        "bmp: its header says 30000×30000 pixels, which 70 bytes can't hold; \
         the file is cut short or corrupted",
    );
    assert_eq!(
        refusal(&bmp_of(&[0; 16], 2, 0)),
        "bmp: its header says 2×0 pixels; the file is corrupted",
    );
    assert_eq!(refusal(b"BM"), "bmp: its header isn't all there; the file is cut short");
    assert_eq!(
        refusal(&bmp(41, [1, 1], 24, 0, &[], &[0; 4])),
        "bmp: its header has 41 bytes, as that of no BMP; the file is corrupted",
    );
    assert_eq!(
        refusal(&bmp(40, [1, 1], 8, 0, &[], &[])),
        "bmp: its palette has 256 colours, 0 are there; the file is cut short",
    );
    for (header, bits, kind, what) in [
        (40, 24, 4, "a JPEG image inside"),
        (40, 24, 5, "a PNG image inside"),
        (64, 24, 4, "run lengths of 24 bits"),
        (64, 1, 3, "coded pixels as a fax has"),
        (40, 7, 0, "7 bits a pixel, stored in way 0"),
    ] {
        assert_eq!(
            refusal(&bmp(header, [1, 1], bits, kind, &[], &[0; 4])),
            format!("bmp: it has {what}, which isn't read; save it as PNG"),
        );
    }
}

#[test]
fn pixels_begin_behind_the_palette_if_the_file_counts_none() {
    let mut file = bmp(40, [4, 1], 8, 0, &[[1, 1, 1, 0], [2, 3, 4, 0]].concat(), &[0, 1, 1, 0]);
    file[46] = 2;
    let expected = decoded(&file);
    assert_eq!(expected[..4], [1, 4, 4, 1]);
    file[10] = 54;
    assert_eq!(decoded(&file), expected);
    file[10] = 53;
    assert_eq!(
        refusal(&file),
        "bmp: its pixels begin at byte 53, in its header; the file is corrupted"
    );
}

#[test]
fn what_would_be_invisible_is_seen() {
    let masks = [0xFF_0000_u32, 0xFF00, 0xFF, 0xFF00_0000].map(u32::to_le_bytes).concat();
    let mut file = bmp(108, [1, 2], 32, 3, &[], &[3, 2, 1, 0, 6, 5, 4, 0]);
    file.splice(54..70, masks);
    let image = Image::decode(&file).unwrap();
    assert_eq!(image.pixels().to_vec(), [4, 1, 5, 2, 6, 3]);
    assert_eq!(image.notes()[0].to_string(), "its opacity is 0 in all pixels, and was left out");
}
