//! Tests of JPEG: what libjpeg makes of files that few programs write.

use plywood_tensor::Tensor;

use super::bits::Bits;

use crate::image::tests::jpeg_of_blocks;
use crate::image::{Image, Note};

/// The largest difference of a value.
fn difference(file: &[u8], expected: &[u8]) -> u8 {
    let [own, other] = [file, expected].map(|file| Image::decode(file).unwrap());
    assert_eq!(own.shape(), other.shape());
    let pairs = own.pixels().as_slice().iter().zip(other.pixels().as_slice());
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

macro_rules! file {
    ($name:literal) => {
        &include_bytes!(concat!("../fixtures/", $name))[..]
    };
}

#[test]
fn what_libjpeg_reads() {
    for (file, expected) in [
        // A scan for each component.
        (file!("noninter420.jpg"), file!("noninter420.expected.png")),
        // One component with a block in each unit.
        (file!("n_1x1_5x9.jpg"), file!("n_1x1_5x9.expected.png")),
        (file!("progressive.jpg"), file!("progressive.expected.png")),
        (file!("zeros_between.jpg"), file!("noninter420.expected.png")),
    ] {
        assert_eq!(difference(file, expected), 0);
    }
}

fn refusal(file: &[u8]) -> String {
    Image::decode(file).unwrap_err().to_string()
}

/// A small file, and where its segment with a marker begins.
fn file_and(marker: u8) -> (Vec<u8>, usize) {
    let file = jpeg_of_blocks(&Tensor::from_fn([3, 3, 4], |at| (60 * at[0] + 9 * at[2]) as u8));
    let at = file.windows(2).position(|two| two == [0xFF, marker]).unwrap();
    (file, at)
}

#[test]
fn stray_bytes_are_passed_over_and_noted() {
    let (mut file, scan) = file_and(0xDA);
    let whole = Image::decode(&file).unwrap();
    assert_eq!(whole.notes(), []);
    file.splice(scan..scan, [0, 7, 0xFF, 0, 0xFF]);
    let image = Image::decode(&file).unwrap();
    assert_eq!(image, whole);
    assert_eq!(image.notes(), [Note::StrayBytes(4)]);
    assert_eq!(image.notes()[0].to_string(), "4 stray bytes between its segments were passed over",);
}

#[test]
fn bytes_after_the_last_block_are_noted() {
    let (file, _) = file_and(0xDA);
    let whole = Image::decode(&file).unwrap();
    let with = |bytes: &[u8]| {
        let mut file = file.clone();
        let end = file.len() - 2;
        file.splice(end..end, bytes.iter().copied());
        let image = Image::decode(&file).unwrap();
        assert_eq!(image, whole);
        image.notes().to_vec()
    };
    assert_eq!(with(&[0]), [Note::BytesLeft(1)]);
    assert_eq!(with(&[7; 20]), [Note::BytesLeft(20)]);
    assert_eq!(
        with(&[7; 20])[0].to_string(),
        "20 bytes after the last of its pixels were passed over",
    );
    // Before the end there may be any number of FF, and a restart marker.
    assert_eq!(with(&[0xFF; 3]), []);
    assert_eq!(with(&[0xFF, 0xD0]), []);
    assert_eq!(with(&[0xFF, 0xD0, 1]), [Note::BytesLeft(3)]);
}

#[test]
fn a_progressive_file_without_its_last_scans_is_noted() {
    let file = file!("progressive.jpg");
    let scans: Vec<usize> =
        (0..file.len()).filter(|&at| file[at..].starts_with(&[0xFF, 0xDA])).collect();
    assert_eq!(Image::decode(file).unwrap().notes(), []);
    for &scan in &scans[1..] {
        let image = Image::decode(&[&file[..scan], &[0xFF, 0xD9]].concat()).unwrap();
        assert_eq!(image.notes(), [Note::LacksScans], "{scan}");
        assert_eq!(
            image.notes()[0].to_string(),
            "its last scans are missing: it is coarser than it was, and not smoothed",
        );
    }
}

#[test]
fn xmp_data_turn_where_exif_data_say_nothing() {
    let (mut file, _) = file_and(0xDA);
    let lying = Image::decode(&file).unwrap();
    let packet = b"http://ns.adobe.com/xap/1.0/\0<rdf:Description tiff:Orientation=\"6\"/>";
    let length = (packet.len() as u16 + 2).to_be_bytes();
    file.splice(2..2, [&[0xFF, 0xE1][..], &length, packet].concat());
    let standing = Image::decode(&file).unwrap();
    assert_eq!(lying.shape(), [3, 24, 32]);
    assert_eq!(standing.shape(), [3, 32, 24]);
    assert_eq!(
        standing.notes()[0].to_string(),
        "turned right by 90°, as its XMP data say (orientation 6)",
    );
}

#[test]
fn what_lacks_its_last_block_is_refused() {
    let (mut file, _) = file_and(0xDA);
    // A thumbnail in the Exif data has an end of its own.
    let thumbnail = [b"Exif\0\0", &file[..]].concat();
    let length = (thumbnail.len() as u16 + 2).to_be_bytes();
    file.splice(2..2, [&[0xFF, 0xE1][..], &length, &thumbnail].concat());
    let length = file.len();
    for cut in 1..9 {
        assert_eq!(
            refusal(&file[..length - cut]),
            "jpeg: it has no end; the file is cut short",
            "{cut}"
        );
    }
    // With an end, but without the data before it.
    for cut in 3..6 {
        let ended = [&file[..length - cut], &[0xFF, 0xD9]].concat();
        assert_eq!(
            refusal(&ended),
            "jpeg: the data of a scan end about row 16 of 24; the file is cut short or corrupted",
            "{cut}"
        );
    }
}

#[test]
fn what_isnt_read_is_named() {
    let (file, frame) = file_and(0xC0);
    let with = |place: usize, byte: u8| {
        let mut file = file.clone();
        file[frame + place] = byte;
        refusal(&file)
    };
    let hint = "save it as baseline or progressive JPEG with Huffman coding, or as PNG";
    for (marker, kind) in [
        (0xC3, "lossless JPEG"),
        (0xC5, "hierarchical JPEG"),
        (0xC9, "JPEG with arithmetic coding"),
        (0xCB, "JPEG of a rare kind"),
    ] {
        assert_eq!(with(1, marker), format!("jpeg: it is {kind}, which isn't read; {hint}"));
    }
    assert_eq!(
        with(4, 12),
        "jpeg: its samples have 12 bits, 8 are read; save it as PNG, or as JPEG with 8 bits",
    );
    assert_eq!(
        with(9, 2),
        "jpeg: it has 2 components, 1, 3 or 4 are read; save it in greys, RGB or CMYK",
    );
    assert_eq!(
        with(9, 4),
        "jpeg: the header of its frame has another length than it says; the file is corrupted",
    );
    let mut odd = file.clone();
    (odd[frame + 11], odd[frame + 14]) = (0x31, 0x21);
    assert_eq!(
        refusal(&odd),
        "jpeg: a component has 2×1 samples where there are 3×1 pixels; \
         save it with another subsampling: 4:4:4, 4:2:2 or 4:2:0",
    );
    let (mut file, tables) = file_and(0xC4);
    file[tables + 5..tables + 7].fill(9);
    assert_eq!(
        refusal(&file),
        "jpeg: one of its tables has another length than it says; the file is corrupted",
    );
}

/// A file that has one scan after the other says little with each.
#[test]
fn scans_are_counted() {
    let (mut file, scan) = file_and(0xDA);
    let end = file.len() - 2;
    let more = file[scan..end].repeat(500);
    file.splice(end..end, more);
    assert_eq!(refusal(&file), "jpeg: it has 501 scans, at most 500 are read; save it anew");
}

#[test]
fn large_images_are_gone_over_a_few_times() {
    let mut file = jpeg_of_blocks(&Tensor::full([1, 128, 128], 90));
    let scan = file.windows(2).position(|two| two == [0xFF, 0xDA]).unwrap();
    let end = file.len() - 2;
    let again = file[scan..end].to_vec();
    file.splice(end..end, again.repeat(31));
    assert!(Image::decode(&file).is_ok());
    file.splice(end..end, again);
    assert_eq!(
        refusal(&file),
        "jpeg: its scans go over the image more than 32 times; save it anew",
    );
}

#[test]
fn bits_that_are_no_code_are_refused() {
    let (mut file, scan) = file_and(0xDA);
    let data = scan + 2 + usize::from(file[scan + 3]);
    let end = file.len() - 2;
    file.splice(data..end, [0xFF, 0].repeat(200));
    assert_eq!(
        refusal(&file),
        "jpeg: the data of a scan make no sense about row 0 of 24; \
         the file is cut short or corrupted",
    );
}

#[test]
fn restarts_are_counted() {
    for (number, goes_on) in [(0, false), (1, true), (9, true)] {
        assert_eq!(Bits::new(&[0xFF, 0xD1, 0]).restart(number), goes_on);
    }
}
