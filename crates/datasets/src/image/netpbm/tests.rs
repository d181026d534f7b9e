//! Tests of netpbm's formats: all six of them, comments, numbers of any size, and files that are broken.

use proptest::prelude::*;

use crate::image::{Image, Note};

/// A small whole file of each of the six.
pub(in crate::image) fn all_six() -> [&'static [u8]; 6] {
    [
        b"P1 3 2\n010\n1 1 1\n",
        b"P2 3 2 4\n0 1 2\n3 4 4\n",
        b"P3\n1 2\n255\n1 2 3\n4 5 6\n",
        b"P4 3 2\n\x40\xe0",
        b"P5 3 2 255\n\0\x40\x80\xc0\xff\xff",
        b"P6 1 2 255\n\x01\x02\x03\x04\x05\x06",
    ]
}

/// The channels and the bytes [C, H, W].
fn decoded(file: &[u8]) -> (usize, Vec<u8>) {
    let image = Image::decode(file).unwrap();
    assert_eq!(image.notes(), []);
    (image.shape()[0], image.into_pixels().as_slice().to_vec())
}

fn refusal(file: &[u8]) -> String {
    Image::decode(file).unwrap_err().to_string()
}

#[test]
fn all_six_are_read() {
    let [plain_bits, plain_greys, plain_colors, bits, greys, colors] = all_six().map(decoded);
    assert_eq!(bits, (1, vec![255, 0, 255, 0, 0, 0]));
    assert_eq!(plain_bits, bits);
    assert_eq!(plain_greys, (1, vec![0, 64, 128, 191, 255, 255]));
    assert_eq!(greys, (1, vec![0, 64, 128, 192, 255, 255]));
    assert_eq!(colors, (3, vec![1, 4, 2, 5, 3, 6]));
    assert_eq!(plain_colors, colors);
}

#[test]
fn comments_and_space_stand_where_they_may() {
    let file = b"P5#a comment\n# 9 9\r2\t#and one more\n 1\x0b255 \x07\x08";
    assert_eq!(decoded(file), (1, vec![7, 8]));
    assert_eq!(decoded(b"P5 2 1 255#behind the last number\n\x0a\x20"), (1, vec![10, 32]));
    assert_eq!(decoded(b"P2 2 1 9 # in the samples, too\n9 #\n0"), (1, vec![255, 0]));
}

#[test]
fn numbers_of_two_bytes_keep_eight_bits() {
    for file in [&b"P5 3 1 65535\n\0\0\x80\x00\xff\xff"[..], b"P2 3 1 65535 0 32768 65535"] {
        let image = Image::decode(file).unwrap();
        assert_eq!(image.notes(), [Note::EightBits]);
        assert_eq!(image.pixels().as_slice(), [0, 128, 255]);
    }
}

#[test]
fn what_comes_behind_is_noted() {
    let notes = |file: &[u8]| Image::decode(file).unwrap().notes().to_vec();
    assert_eq!(notes(b"P5 1 1 255\n\x07\n"), []);
    assert_eq!(notes(b"P5 1 1 255\n\x07P5 1 1 255\n\x08"), [Note::FirstFrame]);
    assert_eq!(notes(b"P5 1 1 255\n\x07\x08\x09"), [Note::BytesLeft(2)]);
}

#[test]
fn broken_files_are_refused() {
    assert_eq!(
        refusal(b"P6 2 "),
        "netpbm: its header has no height; the file is cut short or corrupted",
    );
    assert_eq!(
        refusal(b"P6 2 2 0 "),
        "netpbm: its header says that its largest number is 0; it should be from 1 to 65535",
    );
    assert_eq!(
        refusal(b"P6 2 1 255\n12345"),
        "netpbm: its samples take 6 bytes, 5 are there; the file is cut short",
    );
    assert_eq!(refusal(b"P2 2 1 255\n1"), "netpbm: it has 1 of 2 samples; the file is cut short",);
    assert_eq!(
        refusal(b"P1 2 1\n1x"),
        "netpbm: sample 1 of 2 begins with the byte 0x78, which is no digit of it; \
         the file is corrupted",
    );
    assert_eq!(
        refusal(b"P5 2 1 7\n\x07\x08"),
        "netpbm: sample 1 is 8, the largest number should be 7; the file is corrupted",
    );
    assert_eq!(refusal(b"P4 0 7\n"), "netpbm: its header says 0×7 pixels");
    assert_eq!(
        refusal(b"P4 99999999999999999999 1 "),
        format!(
            "netpbm: its header says {}×1 pixels, which 26 bytes can't hold; \
             the file is cut short or corrupted",
            usize::MAX
        ),
    );
}

proptest! {
    #[test]
    fn prop_numbers_come_back(
        colors: bool, width in 1_usize..6, height in 1_usize..6, most in 1_usize..=65535, seed: u32,
    ) {
        let (magic, channels) = if colors { (["P3", "P6"], 3) } else { (["P2", "P5"], 1) };
        let number = |place: usize| (seed as usize).wrapping_mul(place + 7) % (most + 1);
        let numbers: Vec<usize> = (0..channels * width * height).map(number).collect();
        let header = |magic: &str| format!("{magic} {width} {height} {most}\n").into_bytes();
        let words = numbers.iter().flat_map(|x| format!("{x}\n").into_bytes());
        let text: Vec<u8> = header(magic[0]).into_iter().chain(words).collect();
        let bytes = numbers.iter().flat_map(|&x| match most {
            ..=255 => vec![x as u8],
            _ => (x as u16).to_be_bytes().to_vec(),
        });
        let binary: Vec<u8> = header(magic[1]).into_iter().chain(bytes).collect();
        let image = Image::decode(&text).unwrap();
        prop_assert_eq!(&image, &Image::decode(&binary).unwrap());
        let expected = numbers.iter().map(|&x| (x as f64 / most as f64 * 255.0 + 1e-9).round() as u8);
        let mut there = Vec::new();
        for pixel in 0..width * height {
            let plane = width * height;
            there.extend((0..channels).map(|c| image.pixels().as_slice()[c * plane + pixel]));
        }
        prop_assert_eq!(there, expected.collect::<Vec<_>>());
    }
}
