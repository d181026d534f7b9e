//! Tests of the IDX reader.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

/// An IDX file.
pub(crate) fn file(kind: u8, sizes: &[u32], body: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, kind, sizes.len() as u8];
    file.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    file.extend(body);
    file
}

pub(crate) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn refusal(file: &[u8]) -> String {
    read(file).unwrap_err().to_string()
}

proptest! {
    #[test]
    fn prop_bytes_come_back(
        sizes in proptest::collection::vec(0_u32..5, 0..5),
        zip: bool,
        seed: u8,
    ) {
        let len: u32 = sizes.iter().product();
        let body: Vec<u8> = (0..len).map(|i| (i as u8).wrapping_mul(seed)).collect();
        let plain = file(8, &sizes, &body);
        let bytes = if zip { gzipped(&plain) } else { plain };
        let sizes: Vec<usize> = sizes.iter().map(|&size| size as usize).collect();
        let expected = Tensor::from_vec(body, Shape::new(&sizes).unwrap()).unwrap();
        prop_assert_eq!(read(&bytes[..]).unwrap(), Idx::U8(expected));
    }

    #[test]
    fn prop_no_bytes_bring_the_reader_down(
        header in 0_usize..3,
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let headers: [&[u8]; 3] = [&[], &[0, 0], &[0x1F, 0x8B, 8, 0]];
        let _ = read(&[headers[header], &bytes].concat()[..]);
    }

    #[test]
    fn prop_what_is_cut_short_is_refused(cut in 0_usize..44, zip: bool) {
        let plain = file(8, &[4, 8], &[7; 32]);
        let bytes = if zip { gzipped(&plain) } else { plain };
        let cut = cut.min(bytes.len() - 1);
        prop_assert!(read(&bytes[..cut]).is_err());
    }
}

#[test]
fn every_type_of_element() {
    let cases = [
        (9, vec![0xFF, 2], Idx::I32(Tensor::from([-1, 2]))),
        (0xB, vec![0xFF, 0xFE, 1, 0], Idx::I32(Tensor::from([-2, 256]))),
        (0xC, vec![0xFF, 0xFF, 0xFF, 0xFD, 0, 1, 0, 0], Idx::I32(Tensor::from([-3, 65536]))),
        (0xD, [1.5_f32, -2.0].map(f32::to_be_bytes).concat(), Idx::F32(Tensor::from([1.5, -2.0]))),
        (0xE, [1.5_f64, -2.0].map(f64::to_be_bytes).concat(), Idx::F64(Tensor::from([1.5, -2.0]))),
    ];
    for (kind, body, expected) in cases {
        assert_eq!(read(&file(kind, &[2], &body)[..]).unwrap(), expected);
    }
}

#[test]
fn broken_files_are_refused() {
    assert_eq!(refusal(&[]), "idx: cut short: the magic number should have 4 bytes, 0 are there",);
    assert_eq!(refusal(b"PK\x03\x04"), "idx: the first bytes are 50 4b, IDX begins with 00 00",);
    assert_eq!(
        refusal(&file(7, &[1], &[1])),
        "idx: elements of unknown type 07; IDX has 08, 09, 0b, 0c, 0d and 0e",
    );
    assert_eq!(
        refusal(&[0, 0, 8, 3, 0, 0, 0, 9]),
        "idx: cut short: the sizes should have 12 bytes, 4 are there",
    );
    assert_eq!(
        refusal(&file(8, &[10, 28, 28], &[0; 100])),
        "idx: cut short: [10, 28, 28] of 1 bytes each should have 7840 bytes, 100 are there",
    );
    assert_eq!(
        refusal(&file(8, &[2], &[0; 3])),
        "idx: bytes are left after the end of the data; \
         its header and its contents don't belong together",
    );
}

#[test]
fn absurd_sizes_allocate_nothing() {
    assert_eq!(
        refusal(&file(8, &[u32::MAX; 3], &[])),
        "idx: [4294967295, 4294967295, 4294967295] has more elements than memory can address",
    );
    assert_eq!(
        refusal(&file(0xE, &[1 << 29, 1 << 29], &[1, 2])),
        "idx: cut short: [536870912, 536870912] of 8 bytes each should have \
         2305843009213693952 bytes, 2 are there",
    );
    assert_eq!(
        refusal(&file(8, &[1; 9], &[1])),
        "idx: [1, 1, 1, 1, 1, 1, 1, 1, 1] has 9 axes, a tensor has at most 8",
    );
}

#[test]
fn broken_gzip_is_refused() {
    let zipped = gzipped(&file(8, &[100], &(0..100).collect::<Vec<_>>()));
    assert_eq!(refusal(&zipped[..60]), "idx: cut short: the gzip stream has no end",);
    let mut damaged = zipped.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    assert_eq!(
        refusal(&damaged),
        "idx: damaged gzip: corrupt gzip stream does not have a matching checksum",
    );
    assert_eq!(
        refusal(&[&zipped[..], b"and something else"].concat()),
        "idx: damaged gzip: invalid gzip header",
    );
}

#[test]
fn images_and_labels_must_match() {
    let images = file(8, &[2, 1, 2], &[1, 2, 3, 4]);
    let read = |images: &[u8], labels: &[u8]| Images::from_idx(images, labels, ["a", "b"]);
    let both = read(&images, &file(8, &[2], &[1, 0])).unwrap();
    assert_eq!((both.shape(), both.labels()), ([1, 1, 2], vec![1, 0]));

    let refusal = |images: &[u8], labels: &[u8]| read(images, labels).unwrap_err().to_string();
    assert_eq!(
        refusal(&images, &file(8, &[3], &[1, 0, 1])),
        "images: 2 images [2, 1, 1, 2] (N, C, H, W) have 3 labels; \
         check that both belong to the same part of the data",
    );
    assert_eq!(
        refusal(&images, &file(8, &[2], &[1, 2])),
        "labels: image 1 has label 2, there are 2 class names; labels count from 0",
    );
    assert_eq!(
        refusal(&images, &images),
        "labels: labels [2, 1, 2] have 3 axes, they should have 1 (N); \
         is it the file of the images?",
    );
    assert_eq!(
        refusal(&file(8, &[2], &[1, 0]), &file(8, &[2], &[1, 0])),
        "images: images [2] have 1 axes, they should have 4 (N, C, H, W)",
    );
    assert_eq!(
        refusal(&images, &file(0xC, &[1], &[0; 4])),
        "labels: idx: integers [1], bytes are expected",
    );
    assert_eq!(
        refusal(&file(8, &[0, 2, 2], &[]), &file(8, &[0], &[])),
        "images: images [0, 1, 2, 2] (N, C, H, W) are empty",
    );
}
