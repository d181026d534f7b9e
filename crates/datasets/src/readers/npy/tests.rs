//! Tests of the readers of NumPy's files: what NumPy wrote, and what nobody should believe.

use proptest::prelude::*;

use super::super::npz::Npz;
use super::*;

const COMPRESSED: &[u8] = include_bytes!("../../../../../fixtures/arrays.npz");
const STORED: &[u8] = include_bytes!("../../../../../fixtures/arrays_stored.npz");

/// A file of version 1 with this header.
pub(in super::super) fn file(header: &str, body: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), body].concat()
}

/// A file of bytes in rows.
pub(in super::super) fn bytes(shape: &str, body: &[u8]) -> Vec<u8> {
    file(&format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"), body)
}

fn refusal(file: &[u8]) -> String {
    read(file).unwrap_err().to_string()
}

/// The numbers of a matrix, whatever their type.
fn matrix(array: &NpyArray) -> Vec<f64> {
    assert_eq!(array.shape(), [2, 3].into());
    match array {
        NpyArray::F16(own) => own.cast::<f64>().to_vec(),
        NpyArray::F32(own) => own.cast::<f64>().to_vec(),
        NpyArray::F64(own) => own.to_vec(),
        _ => array.whole_numbers().unwrap().into_iter().map(|x| x as f64).collect(),
    }
}

#[test]
fn what_numpy_has_written() {
    for npz in [COMPRESSED, STORED].map(|file| Npz::read(file).unwrap()) {
        let kinds = ["b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"];
        for (kind, order) in kinds.iter().flat_map(|k| ["", "_big", "_fortran"].map(|o| (k, o))) {
            let array = npz.array(&format!("{kind}{order}")).unwrap();
            let expected: Vec<f64> =
                (0..6).map(|x| if *kind == "b1" { x.min(1) } else { x }.into()).collect();
            assert_eq!(matrix(&array), expected, "{kind}{order}");
        }
        assert_eq!(npz.array("i4").unwrap(), NpyArray::I32(Tensor::from([[0, 1, 2], [3, 4, 5]])));
        for name in ["texts", "texts_fortran"] {
            let texts = npz.array(name).unwrap();
            assert_eq!(texts.texts().unwrap(), ["a", "pneumonia", "", "naïve 🫁"], "{name}");
            assert_eq!(texts.shape(), [2, 2].into());
        }
        assert_eq!(npz.array("bytes").unwrap().texts().unwrap(), ["IM-0115", "x"]);
        let scalar = npz.array("scalar").unwrap().to_tensor::<f32>().unwrap();
        assert_eq!((scalar.rank(), scalar.to_vec()), (0, vec![7.0]));
        assert_eq!(npz.array("empty").unwrap().shape(), [0, 3].into());
        assert_eq!((npz.names().count(), npz.names().next()), (41, Some("b1")));
    }
}

#[test]
fn what_is_no_array_is_refused() {
    assert_eq!(
        refusal(b"MATLAB 5.0"),
        "npy: the first bytes are [4d, 41, 54, 4c, 41, 42], a .npy file begins with [93, 4e, 55, 4d, 50, 59]",
    );
    assert_eq!(
        refusal(b"\x93NUMPY\x09\x00"),
        "npy: version 9 of the format; versions 1 to 3 are read"
    );
    assert_eq!(refusal(b"\x93NUMPY\x01\x00\x40\x00{"), "npy: cut short within the header");
    for header in ["", "{}", "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,)}"] {
        assert_eq!(
            refusal(&file(header, &[])),
            format!(
                "npy: the header `{}` is not understood; it should have `descr`, `fortran_order` and \
                 `shape`, and the type no fields",
                header.escape_debug()
            )
        );
    }
    for kind in ["|O", "<c8", "<M8[ns]", "<f16", "<U0", "é"] {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': (0,), }}");
        assert_eq!(
            refusal(&file(&header, &[])),
            format!(
                "npy: elements of type `{kind}`; truths, whole numbers and floats of up to 64 bits, and \
                 texts are read"
            )
        );
    }
    assert_eq!(
        refusal(&bytes("(2, 3)", &[7; 5])),
        "npy: the header says 6 elements of 1 bytes each (|u1 [2, 3]), 5 bytes are there; it is cut \
         short, or its header and its contents don't belong together",
    );
    let large = file("{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }", &[255; 8]);
    assert_eq!(
        refusal(&large),
        "npy: element 0 is 18446744073709551615, which is more than an i64 has room for",
    );
    let text = file("{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }", &[255; 4]);
    assert_eq!(refusal(&text), "npy: text 0 has something that is no character");
    assert_eq!(
        NpyArray::F32(Tensor::zeros([2])).texts().unwrap_err().to_string(),
        "npy: an array f32 [2], texts are expected",
    );
}

#[test]
fn what_is_no_archive_is_refused() {
    let error = |file: &[u8]| Npz::read(file).unwrap_err().to_string();
    assert!(error(b"PK").starts_with("npz: the zip archive is damaged or cut short: "));
    let npz = Npz::read(STORED).unwrap();
    let text = npz.array("images").unwrap_err().to_string();
    assert!(text.starts_with("npz: there is no array `images`; there are: b1, b1_big, "), "{text}");
    let mut damaged = STORED.to_vec();
    let header = STORED.windows(6).position(|some| some == b"\x93NUMPY").unwrap();
    damaged[header + 20] ^= 1;
    assert_eq!(
        Npz::read(&damaged[..]).unwrap().array("b1").unwrap_err().to_string(),
        "b1: npz: its size or checksum is wrong: the file is damaged",
    );
}

proptest! {
    #[test]
    fn prop_bytes_come_back(
        sizes in proptest::collection::vec(0_usize..5, 0..5),
        fortran: bool,
        seed: u8,
    ) {
        let shape = Shape::new(&sizes).unwrap();
        let body: Vec<u8> = (0..shape.numel()).map(|i| (i as u8).wrapping_mul(seed)).collect();
        let tuple: String = sizes.iter().map(|size| format!("{size},")).collect();
        let order = if fortran { "True" } else { "False" };
        let header = format!("{{'shape': ({tuple}), \"fortran_order\": {order}, 'descr': '|u1'}}");
        let expected = match fortran {
            false => Tensor::from_vec(body.clone(), shape).unwrap(),
            // The first index moves on first.
            true => Tensor::from_fn(shape, |at| {
                let steps = at.iter().zip(&sizes).rev();
                body[steps.fold(0, |place, (index, size)| place * size + index)]
            }),
        };
        prop_assert_eq!(read(&file(&header, &body)[..]).unwrap(), NpyArray::U8(expected));
    }

    #[test]
    fn prop_no_bytes_bring_the_readers_down(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        header in "[{}'(): ,<>|ufU0-9a-z]{0,80}",
        places in proptest::collection::vec((0_usize..20_000, any::<u8>()), 0..8),
        cut in 0_usize..20_000,
        stored: bool,
    ) {
        let _ = read(&bytes[..]);
        let _ = read(&file(&header, &bytes)[..]);
        let mut archive = if stored { STORED } else { COMPRESSED }.to_vec();
        for (place, byte) in places {
            let place = place % archive.len();
            archive[place] = byte;
        }
        archive.truncate(if cut > 10_000 { archive.len() } else { cut });
        if let Ok(npz) = Npz::read(&archive[..]) {
            npz.names().for_each(|name| drop(npz.array(name)));
        }
    }
}
