//! Tests of JPEG: what libjpeg makes of files that few programs write.

use crate::picture::Picture;

/// The largest difference of a value.
fn difference(file: &[u8], expected: &[u8]) -> u8 {
    let [own, other] = [file, expected].map(|file| Picture::decode(file).unwrap());
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
        (file!("zeros_between.jpg"), file!("noninter420.expected.png")),
    ] {
        assert_eq!(difference(file, expected), 0);
    }
}
