//! Files that are cut short, no safetensors at all, or lie about themselves: an error, never a
//! panic, and no memory for what isn't there.

use plywood_layers::{Linear, StateDict, read_safetensors, write_safetensors};
use plywood_tensor::{ErrorKind, Result};
use plywood_testkit::cases;
use proptest::prelude::*;

use crate::support::{error_of, rng};

fn read(bytes: &[u8]) -> Result<StateDict> {
    read_safetensors(&mut &bytes[..])
}

fn whole() -> Vec<u8> {
    let mut bytes = Vec::new();
    write_safetensors(&Linear::config(3, 2).init(&mut rng()).unwrap(), &mut bytes).unwrap();
    bytes
}

/// A file with this header and so many bytes of data.
fn with_header(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; data]);
    bytes
}

#[test]
fn a_file_that_is_cut_short_anywhere() {
    let bytes = whole();
    for len in 0..bytes.len() {
        let error = read(&bytes[..len]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        let text = error.to_string();
        assert!(text.starts_with("load: this is no whole safetensors file: "), "{len}: {text}");
        assert!(text.ends_with(&format!("({len} bytes)")), "{len}: {text}");
    }
}

#[test]
fn texts() {
    let no = |what: &str| format!("load: this is no whole safetensors file: {what}");
    assert_eq!(error_of(read(b"")), no("header too small (0 bytes)"));
    assert_eq!(error_of(read(b"PK\x03\x04 a zip archive")), no("header too large (18 bytes)"));
    assert_eq!(error_of(read(&u64::MAX.to_le_bytes())), no("header too large (8 bytes)"));
    assert_eq!(error_of(read(&1000_u64.to_le_bytes())), no("invalid header length (8 bytes)"),);
    let bytes = whole();
    assert_eq!(
        error_of(read(&bytes[..bytes.len() - 1])),
        no(&format!("incomplete metadata, file not fully covered ({} bytes)", bytes.len() - 1)),
    );
}

#[test]
fn headers_that_lie() {
    let lies = [
        // More data than there is, also after overflow.
        (r#"{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, 8),
        (r#"{"x":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}"#, 0),
        (r#"{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0),
        // Another size than the shape says, an end before the start, two tensors in one place.
        (r#"{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8),
        (r#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8),
        (
            r#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            4,
        ),
        (r#"{"x":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#, 4),
        (r#"{"x":{}}"#, 0),
        ("[]", 0),
    ];
    for (header, data) in lies {
        let text = error_of(read(&with_header(header, data)));
        assert!(text.starts_with("load: this is no whole safetensors file: "), "{header}: {text}");
    }
    // Whole, but with more axes than a tensor has here.
    let header = r#"{"x":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}"#;
    assert_eq!(
        error_of(read(&with_header(header, 4))),
        "x: load: [1, 1, 1, 1, 1, 1, 1, 1, 1] has 9 axes, a tensor has at most 8",
    );
    let header = r#"{"x":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]}}"#;
    assert_eq!(
        error_of(read(&with_header(header, 0))),
        "x: load: [0, 9223372036854775807] has more elements than memory can address",
    );
}

#[test]
fn a_reader_that_fails() {
    struct Broken;

    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the line is dead"))
        }
    }

    let error = read_safetensors(&mut Broken).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.to_string(), "load: can't read the weights: the line is dead");
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn prop_garbage_behind_a_plausible_header_is_refused(
        header in "[\\[\\]{}\":,a-zF0-9]{0,80}",
        data in 0_usize..40,
    ) {
        // A header without tensors and without data is a whole file.
        let empty = read(&with_header(&header, data)).is_ok_and(|state| state.is_empty());
        prop_assert!(empty || read(&with_header(&header, data)).is_err());
    }

    /// One byte changed: either the numbers or names are others, or the file is refused.
    #[test]
    fn prop_a_flipped_byte_never_panics(place: prop::sample::Index, flip in 1_u8..) {
        let mut bytes = whole();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        // JSON's other white space fills a header up as well as the spaces that are there.
        let is_space = |bytes: &[u8]| matches!(bytes[place], b' ' | b'\t' | b'\n' | b'\r');
        prop_assume!(!(is_space(&whole()) && is_space(&bytes)));
        if let Ok(state) = read(&bytes) {
            let expected = read(&whole()).unwrap();
            let names_or_shapes_or_bits_differ = state.len() != expected.len()
                || state.iter().zip(&expected).any(|((name, tensor), (other, value))| {
                    name != other
                        || (tensor.dtype(), tensor.shape()) != (value.dtype(), value.shape())
                        || tensor.to_le_bytes() != value.to_le_bytes()
                });
            prop_assert!(names_or_shapes_or_bits_differ, "byte {place} says nothing");
        }
    }
}
