//! Weights that Python has pickled: files of PyTorch and NumPy come in with every number, and what
//! asks for more than numbers is refused.

use std::fs;
use std::path::{Path, PathBuf};

use plywood_layers::{
    Init, Linear, Params, StateDict, load, load_state_dict, read_pickle, read_pth,
};
use plywood_tensor::{AnyTensor, Dtype, ErrorKind, Result, Seed, Shape, Tensor, f16, memory};
use proptest::prelude::*;

use crate::support::error_of;

/// The same weights in each of PyTorch's formats.
const SMALL: [&str; 4] = ["zip.pth", "legacy.pth", "legacy4.pth", "no_checksums.pth"];
/// Other files that come in whole.
const WHOLE: [&str; 3] = ["beside2.pth", "beside4.pth", "views.pth"];
const ARRAYS: [&str; 4] = ["arrays2.pkl", "arrays3.pkl", "arrays4.pkl", "arrays5.pkl"];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/pickles").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

fn read(name: &str) -> Result<StateDict> {
    let reader = if name.ends_with("pth") { read_pth } else { read_pickle };
    reader(&mut &bytes(name)[..])
}

/// The numbers that `fixtures/pickles.py` puts everywhere.
fn numbers(shape: &[usize]) -> Tensor {
    let shape = Shape::new(shape).unwrap();
    let numbers = (0..shape.numel()).map(|place| (8.0 * place as f32 - 20.0) / 16.0);
    Tensor::from_vec(numbers.collect(), shape).unwrap()
}

#[test]
fn files_of_pytorch_come_in_whole() {
    for name in SMALL {
        let state = read(name).unwrap();
        let base = numbers(&[4, 6]);
        let expected = [
            ("more.0.0", numbers(&[2])),
            ("more.0.1", numbers(&[3])),
            ("state_dict.bfloat16", numbers(&[5])),
            ("state_dict.bn.num_batches_tracked", Tensor::scalar(7.0)),
            ("state_dict.double", numbers(&[5])),
            ("state_dict.empty", Tensor::zeros([0, 3])),
            ("state_dict.half", numbers(&[5])),
            ("state_dict.learnt", numbers(&[3])),
            (
                "state_dict.part",
                Tensor::from_fn([2, 3], |at| base.get(&[at[0] + 1, at[1] + 2]).unwrap()),
            ),
            ("state_dict.plain", numbers(&[2, 3])),
            ("state_dict.scalar", Tensor::scalar(0.75)),
            ("state_dict.tied", base.clone()),
            (
                "state_dict.transposed",
                Tensor::from_fn([6, 4], |at| base.get(&[at[1], at[0]]).unwrap()),
            ),
        ];
        assert_eq!(
            state.keys().collect::<Vec<_>>(),
            expected.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        );
        for (own, expected) in expected {
            let AnyTensor::F32(value) = state[own].cast_to(Dtype::F32).unwrap() else {
                unreachable!()
            };
            assert_eq!(value, expected, "{name} {own}");
        }
    }
}

#[test]
fn what_lies_beside_weights_is_passed_over() {
    let expected: StateDict = [
        ("by_epoch.1.0".to_owned(), numbers(&[2]).into()),
        ("learnt".to_owned(), numbers(&[3]).into()),
        ("w".to_owned(), numbers(&[2, 3]).into()),
    ]
    .into();
    for name in ["beside2.pth", "beside4.pth"] {
        assert_eq!(read(name).unwrap(), expected, "{name}");
    }
}

#[test]
fn views_with_a_number_more_than_once_come_in_with_all_of_them() {
    let first = |shape: [usize; 2], axis: usize| {
        Tensor::from_fn(shape, |at| numbers(&[8]).get(&[at[axis]]).unwrap())
    };
    let expected: StateDict = [
        ("columns".to_owned(), first([4, 3], 0).into()),
        ("none".to_owned(), Tensor::zeros([0, 1]).into()),
        ("one".to_owned(), Tensor::full([10], -1.25_f32).into()),
        ("rows".to_owned(), first([4, 3], 1).into()),
        (
            "windows".to_owned(),
            Tensor::from_fn([3, 3], |at| numbers(&[8]).get(&[at[0] + at[1]]).unwrap()).into(),
        ),
    ]
    .into();
    assert_eq!(read("views.pth").unwrap(), expected);
}

#[test]
fn whole_numbers_come_in_as_such() {
    assert_eq!(read("integers.pth").unwrap()["table"], Tensor::from([0_i64, 1, 2, 3]));
    let state = read("zip.pth").unwrap();
    let types = ["bfloat16", "double", "half", "plain"]
        .map(|name| state[&format!("state_dict.{name}")].dtype());
    assert_eq!(types, [Dtype::BF16, Dtype::F64, Dtype::F16, Dtype::F32]);
}

#[test]
fn arrays_of_numpy_come_in_from_every_protocol() {
    for name in ARRAYS {
        let state = read(name).unwrap();
        let expected = [
            ("conv1.0", numbers(&[3, 2, 2])),
            ("conv1.1", numbers(&[4])),
            ("double", numbers(&[5])),
            ("fortran", numbers(&[2, 3])),
            ("half", numbers(&[5])),
        ];
        assert_eq!(state.len(), expected.len());
        for (own, expected) in expected {
            assert_eq!(state[own].to_float::<f32>().unwrap(), expected, "{name} {own}");
        }
    }
}

#[test]
fn a_model_loads_from_either_format() {
    let state: StateDict =
        [("weight".to_owned(), numbers(&[2, 3]).into()), ("bias".to_owned(), numbers(&[2]).into())]
            .into();
    let linear = || {
        let config = Linear::config(3, 2).weight_init(Init::Zeros).bias_init(Init::Zeros);
        config.init(&mut plywood_tensor::Rng::new(Seed(7))).unwrap()
    };
    let mut model = linear();
    load_state_dict(&mut model, &state).unwrap();
    let folder = tempfile::tempdir().unwrap();
    plywood_layers::save(&model, folder.path().join("model.safetensors")).unwrap();
    let mut loaded = linear();
    load(&mut loaded, folder.path().join("model.safetensors")).unwrap();
    assert_eq!(loaded.weight.value(), &numbers(&[2, 3]));
    // Here the names don't fit, which is said after the file has been read.
    let text = error_of(load(&mut loaded, path("zip.pth")));
    assert!(text.contains("zip.pth: load: the weights don't fit the model: weight"), "{text}");
    assert!(text.contains("state_dict.plain is not in the model"), "{text}");
    assert_eq!(loaded.parameter_count(), 8);
}

#[test]
fn what_is_more_than_numbers_is_refused_by_name() {
    let refusals = [
        (
            "module.pth",
            "data.pkl: byte 2: load: it asks Python for `torch.nn.modules.linear.Linear`, which \
             is refused; weights are tensors in dictionaries and lists: save them so, as \
             torch.save(model.state_dict(), …) does",
        ),
        (
            "big_endian.pkl",
            "w: load: the array has the type `>f4`; little-endian f2, f4, f8, integers of up to i8 and \
             u4, and b1 are read: leave it out of what is saved, or save it as `array.astype(\"<f4\")`",
        ),
        (
            "objects.pkl",
            "w: load: the array has the type `|O8`; little-endian f2, f4, f8, integers of up to i8 and \
             u4, and b1 are read: leave it out of what is saved, or save it as `array.astype(\"<f4\")`",
        ),
        (
            "clash.pth",
            "a.b: load: two tensors have this name: [\"a\"][\"b\"] and [\"a.b\"]; a name is the keys \
             on the way to a tensor, with dots between: rename one of them",
        ),
        (
            "set_of_tensors.pth",
            "some: load: a tensor has no name: it is in a set, which has no order; keys of weights \
             are texts or whole numbers",
        ),
    ];
    for (name, refusal) in refusals {
        assert_eq!(error_of(read(name)), refusal, "{name}");
    }
}

/// A pickle of protocol 2 with these instructions.
fn pickle(instructions: &[&[u8]]) -> Vec<u8> {
    [&[0x80, 2][..], &instructions.concat(), b"."].concat()
}

#[test]
fn hostile_pickles_are_refused() {
    let echo = b"X\x04\0\0\0echo\x85";
    let refused = "which is refused; weights are tensors in dictionaries and lists: save them so, \
                   as torch.save(model.state_dict(), …) does";
    let odd = |name: &str, given: &str| {
        format!(
            "`{name}` is called with {given}, as in no file of PyTorch's weights; weights are tensors \
             in dictionaries and lists: save them so, as torch.save(model.state_dict(), …) does"
        )
    };
    let cases: [(&[&[u8]], String); 25] = [
        (
            &[b"cposix\nsystem\n", echo, b"R"],
            format!("byte 2: load: it asks Python for `posix.system`, {refused}"),
        ),
        (
            &[b"X\x02\0\0\0osX\x06\0\0\0system\x93", echo, b"R"],
            format!("byte 20: load: it asks Python for `os.system`, {refused}"),
        ),
        // Text that would drive a terminal is shown, not sent.
        (
            &[b"cbuiltins\n\x1b[2Jeval\n"],
            format!("byte 2: load: it asks Python for `builtins.\\u{{1b}}[2Jeval`, {refused}"),
        ),
        (
            &[b"ccollections\nOrderedDict\n", echo, b"R"],
            format!("byte 37: load: {}", odd("collections.OrderedDict", "(a text)")),
        ),
        // A function for missing values that would be called.
        (
            &[b"ccollections\ndefaultdict\ncposix\nsystem\n\x85R"],
            format!("byte 27: load: it asks Python for `posix.system`, {refused}"),
        ),
        (
            &[b"ccollections\nCounter\n", echo, b"R"],
            format!("byte 33: load: {}", odd("collections.Counter", "(a text)")),
        ),
        (
            &[b"c__builtin__\nset\n", echo, b"R"],
            format!("byte 29: load: {}", odd("builtins.set", "(a text)")),
        ),
        (
            &[b"ctorch\nSize\n", echo, b"R"],
            format!("byte 24: load: {}", odd("torch.Size", "(a text)")),
        ),
        (&[b"ctorch\ndevice\n)R"], format!("byte 17: load: {}", odd("torch.device", "()"))),
        (
            &[b"ctorch\nfloat32\n", echo, b"R"],
            format!("byte 27: load: {}", odd("torch.float32", "(a text)")),
        ),
        (
            &[b"ctorch._tensor\n_rebuild_from_type_v2\n(cbuiltins\nint\nctorch\nTensor\n)NtR"],
            format!(
                "byte 71: load: {}",
                odd(
                    "torch._tensor._rebuild_from_type_v2",
                    "(`builtins.int`, `torch.Tensor`, a tuple, None)"
                )
            ),
        ),
        (
            &[b"K\x01", echo, b"R"],
            "byte 14: load: the pickle calls the number 1, which is no function".into(),
        ),
        (&[b"cnumpy\nndarray\n)R"], format!("byte 18: load: {}", odd("numpy.ndarray", "()"))),
        (
            &[b"ctorch\nSize\n(K\x01K\x02K\x03K\x04K\x05K\x06K\x07K\x08tR"],
            format!(
                "byte 32: load: {}",
                odd(
                    "torch.Size",
                    "(the number 1, the number 2, the number 3, the number 4, the number 5, \
                     the number 6, 2 more)",
                ),
            ),
        ),
        (
            &[b"ctorch\nSize\nNR"],
            format!("byte 15: load: {}", odd("torch.Size", "None in place of its arguments")),
        ),
        (
            &[b"(tR"],
            "byte 4: load: the pickle takes more from its stack than it has put there".into(),
        ),
        (
            &[b"0"],
            "byte 2: load: the pickle takes more from its stack than it has put there".into(),
        ),
        (
            &[b"t"],
            "byte 2: load: the pickle takes more from its stack than it has put there".into(),
        ),
        (&[b"h\x05"], "byte 2: load: nothing is in place 5 of the memo".into()),
        (&[b"NN"], "byte 4: load: the pickle ends in the middle of something".into()),
        (
            &[b"i"],
            "byte 2: load: the pickle's instruction 0x69 is not one that weights need".into(),
        ),
        // A header that claims 4 GiB, and one that claims 16 EiB.
        (
            &[b"B\xff\xff\xff\xff"],
            "byte 7: load: it is cut short: 4294967295 bytes should follow, 1 do".into(),
        ),
        (
            &[b"\x8e\xff\xff\xff\xff\xff\xff\xff\xff"],
            "byte 11: load: it is cut short: 18446744073709551615 bytes should follow, 1 do".into(),
        ),
        // A number of 4 GiB.
        (
            &[b"\x8b\xff\xff\xff\xff"],
            "byte 7: load: it is cut short: 4294967295 bytes should follow, 1 do".into(),
        ),
        (&[b"}NNs"], "load: there are no weights: the pickle is a dictionary".into()),
    ];
    for (instructions, refusal) in cases {
        let text = error_of(read_pickle(&mut &pickle(instructions)[..]));
        assert_eq!(text, refusal);
    }
    let text = error_of(read_pickle(&mut &[&[0x80, 9][..], b"N."].concat()[..]));
    assert_eq!(text, "byte 0: load: pickle protocol 9 is not known; protocols 2 to 5 are");
    let text = error_of(read_pickle(&mut &pickle(&[b"N.N"])[..]));
    assert_eq!(text, "byte 4: load: something follows the pickle's end");
    let text = error_of(read_pickle(&mut &pickle(&[b"N"])[..]));
    assert_eq!(text, "load: there are no weights: the pickle is None");
}

/// What Python does, too: a dictionary of pairs as Python 2 wrote it, and the last value of one key.
#[test]
fn dictionaries_are_pythons() {
    let array = |number: u8| {
        [
            &b"cnumpy._core.numeric\n_frombuffer\n(C\x02"[..],
            &[0, number],
            b"cnumpy\ndtype\nX\x02\0\0\0f2\x89\x88\x87R(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xff",
            b"J\xff\xff\xff\xffK\0tbK\x01\x85X\x01\0\0\0CtR",
        ]
        .concat()
    };
    let key = b"X\x01\0\0\0w";
    let read = |instructions: &[&[u8]]| read_pickle(&mut &pickle(instructions)[..]).unwrap();
    // 0x3C00 is 1 in half precision, 0x4000 is 2.
    let (one, two) = (array(0x3C), array(0x40));
    let dict = b"ccollections\nOrderedDict\n";
    let old = read(&[dict, b"]]", key, b"a", &one, b"aa\x85R"]);
    let half = |x: f32| AnyTensor::from(Tensor::from(vec![f16::from_f32(x)]));
    assert_eq!(old, [("w".to_owned(), half(1.0))].into());
    let twice = read(&[b"}(", key, &one, key, &two, b"u"]);
    assert_eq!(twice, [("w".to_owned(), half(2.0))].into());
}

#[test]
fn bombs_stay_small() {
    // A list of two of a list of two of …, 60 deep.
    let mut laughs = vec![&b"]q\0"[..]];
    laughs.extend([&b"0](h\0h\0eq\0"[..]; 60]);
    let text = error_of(read_pickle(&mut &pickle(&laughs)[..]));
    let limits = "the pickle's values contain each other too often: more than 64 deep, 2097152 in \
                  all, 65536 tensors, or names of 1024 bytes";
    assert_eq!(text, format!("load: {limits}"));
    // A list that contains itself.
    let text = error_of(read_pickle(&mut &pickle(&[b"]q\0h\0a"])[..]));
    assert_eq!(text, format!("load: {limits}"));
    // More instructions than any model has.
    let text = error_of(read_pickle(&mut &pickle(&[&b"N0".repeat(1 << 20)])[..]));
    assert!(text.ends_with("the pickle has more than 2097152 instructions"), "{text}");
    // Bytes made of the same text of 64 KiB again and again: 4 GiB from 600 KB.
    let long = "a".repeat(1 << 16);
    let length = (long.len() as u32).to_le_bytes();
    let text = [b"X", &length[..], long.as_bytes(), b"q\0"].concat();
    let encode = b"c_codecs\nencode\nq\x01h\0X\x06\0\0\0latin1q\x02\x86R0";
    let again = b"h\x01h\0h\x02\x86R0".repeat(1 << 16);
    let text = error_of(read_pickle(&mut &pickle(&[&text, encode, &again])[..]));
    assert!(
        text.ends_with("its texts become more bytes than the file has: one is used repeatedly"),
        "{text}",
    );
    // A list of a million values, copied again and again.
    let list = [&b"]q\0("[..], &b"N".repeat(1 << 20), b"e0"].concat();
    let again = b"h\x01h\0\x85R0".repeat(2);
    for copies in [&b"cbuiltins\nset\nq\x010"[..], b"cbuiltins\nfrozenset\nq\x010"] {
        let text = error_of(read_pickle(&mut &pickle(&[&list, copies, &again])[..]));
        assert!(
            text.ends_with(
                "its lists become more elements than the file has: one is used repeatedly"
            ),
            "{text}",
        );
    }
    // Marks alone.
    let text = error_of(read_pickle(&mut &pickle(&[&b"(".repeat(1 << 20)])[..]));
    assert!(text.ends_with("takes more from its stack than it has put there"), "{text}");
}

/// The old format with one tensor, of these instructions for offset, sizes and strides, in a storage
/// of four numbers.
fn legacy(view: &[u8]) -> Vec<u8> {
    let file = bytes("legacy.pth");
    let text = |text: &[u8]| [b"X", &(text.len() as u32).to_le_bytes()[..], text].concat();
    // The magic number, the version and the system's sizes.
    let third = file.windows(3).enumerate().filter(|(_, bytes)| bytes == b".\x80\x02");
    let start = third.map(|(place, _)| place + 1).nth(2).unwrap();
    let mut made = file[..start].to_vec();
    made.extend(pickle(&[
        b"}",
        &text(b"w"),
        b"ctorch._utils\n_rebuild_tensor_v2\n((",
        &text(b"storage"),
        b"ctorch\nFloatStorage\n",
        &text(b"k"),
        &text(b"cpu"),
        b"K\x04NtQ",
        view,
        b"\x89NtRs",
    ]));
    made.extend(pickle(&[b"]", &text(b"k"), b"a"]));
    made.extend(4_u64.to_le_bytes());
    made.extend([1.0_f32, 2.0, 3.0, 4.0].into_iter().flat_map(f32::to_le_bytes));
    made
}

#[test]
fn views_stay_within_their_storage() {
    let good = legacy(b"K\x01K\x03\x85K\x01\x85");
    let state = read_pth(&mut &good[..]).unwrap();
    assert_eq!(state["w"], Tensor::from([2.0_f32, 3.0, 4.0]));
    let refusal = |view: &[u8]| error_of(read_pth(&mut &legacy(view)[..]));
    let fits = "doesn't fit the 4 numbers that there are";
    // Too long; from too far; with too wide steps; more than can be counted.
    let views: [(&[u8], &str); 4] = [
        (b"K\0K\x05\x85K\x01\x85", "sizes [5], strides [1] from number 0"),
        (b"K\x02K\x03\x85K\x01\x85", "sizes [3], strides [1] from number 2"),
        (b"K\0K\x02K\x02\x86K\x04K\x01\x86", "sizes [2, 2], strides [4, 1] from number 0"),
        (
            b"K\0\x8a\x08\0\0\0\0\0\0\0\x40K\x08\x86K\x01K\x01\x86",
            "sizes [4611686018427387904, 8], strides [1, 1] from number 0",
        ),
    ];
    for (view, said) in views {
        assert_eq!(refusal(view), format!("w: load: a view of {said} on {fits}"));
    }
    // One number for 2⁵⁰.
    let huge = b"K\x03\x8a\x07\0\0\0\0\0\0\x04\x85K\0\x85";
    let error = read_pth(&mut &legacy(huge)[..]).unwrap_err();
    assert_eq!((error.kind(), error.place()), (ErrorKind::Memory, "w"));
    assert!(error.to_string().contains("4.0 PiB of memory asked for"), "{error}");
    let text = refusal(b"J\xff\xff\xff\xffK\x03\x85K\x01\x85");
    assert!(text.ends_with("a size or place is -1"), "{text}");
}

#[test]
fn a_file_that_is_cut_short_or_damaged_is_refused() {
    for name in SMALL.into_iter().chain(WHOLE).chain(ARRAYS) {
        let file = bytes(name);
        let reader = if name.ends_with("pth") { read_pth } else { read_pickle };
        for length in 0..file.len() {
            assert!(reader(&mut &file[..length]).is_err(), "{name} cut to {length} bytes");
        }
    }
    let mut file = bytes("zip.pth");
    // A number in the middle of a storage: 0.75 as f32.
    let place = file.windows(4).position(|bytes| bytes == 0.75_f32.to_le_bytes()).unwrap();
    file[place + 3] ^= 1;
    let text = error_of(read_pth(&mut &file[..]));
    assert!(text.contains("its checksum is wrong: the file is damaged"), "{text}");
    // One checksum of 0 among others doesn't let a part pass: it is compared as they are.
    let directory = file.windows(4).rposition(|bytes| bytes == b"PK\x01\x02");
    let mut entry = directory.unwrap();
    while !file[entry + 46..].starts_with(b"zip/data.pkl") {
        entry = file[..entry].windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    }
    let mut file = bytes("zip.pth");
    file[entry + 16..][..4].fill(0);
    assert_eq!(
        error_of(read_pth(&mut &file[..])),
        "data.pkl: load: its checksum is wrong: the file is damaged",
    );
    assert_eq!(
        error_of(read_pth(&mut &b"{}"[..])),
        "load: this is no PyTorch file: 2 bytes that begin with [7b, 7d]",
    );
}

/// A zip archive whose central directory has `count` entries of the one part that it holds.
fn overlapping(count: usize, part: &[u8]) -> Vec<u8> {
    let sizes = [rawzip::crc32(part), part.len() as u32, part.len() as u32];
    let sizes = sizes.map(u32::to_le_bytes).concat();
    let entry = |place: usize| format!("a/data/{place:05}");
    let length = (entry(0).len() as u16).to_le_bytes();
    let head = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &sizes, &length, &[0; 2]].concat();
    let mut file = [b"PK\x03\x04", &head[..], entry(0).as_bytes(), part].concat();
    let directory = file.len();
    for place in 0..count {
        file.extend([b"PK\x01\x02\x14\0", &head[..], &[0; 14], entry(place).as_bytes()].concat());
    }
    let lies = [(file.len() - directory) as u32, directory as u32].map(u32::to_le_bytes).concat();
    let count = (count as u16).to_le_bytes();
    file.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &lies, &[0; 2]].concat());
    file
}

/// Their checksums would be those of 60 GB.
#[test]
fn parts_that_overlap_are_refused() {
    let file = overlapping(60_000, &vec![7; 1 << 20]);
    let expected = format!(
        "data/00004: load: with it the parts come to more than the file's {} bytes: they overlap; \
         the file is damaged, or made to keep its reader busy",
        file.len(),
    );
    assert_eq!(error_of(read_pth(&mut &file[..])), expected);
    let alone = error_of(read_pth(&mut &overlapping(1, b"1234")[..]));
    assert!(alone.contains("has no `data.pkl`"), "{alone}");
}

proptest! {
    #[test]
    fn prop_no_bytes_panic(file in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_pickle(&mut &file[..]);
        let _ = read_pickle(&mut &pickle(&[&file])[..]);
        let _ = read_pth(&mut &[&b"PK\x03\x04"[..], &file].concat()[..]);
    }

    /// Instructions that mean something, in any order.
    #[test]
    fn prop_no_program_panics(program in proptest::collection::vec(
        prop_oneof![
            proptest::sample::select(b"().0123NtlduseabRQq\x00h\x00]}\x85\x86\x87\x88\x89\x8f\x90\x91\x93\x94".to_vec())
                .prop_map(|byte| vec![byte]),
            any::<u8>().prop_map(|byte| vec![b'K', byte]),
            proptest::sample::select(vec![
                &b"X\x07\0\0\0storage"[..], b"ctorch\nFloatStorage\n", b"q\0", b"h\0", b"C\x02ab",
                b"ctorch._utils\n_rebuild_tensor_v2\n", b"cnumpy\ndtype\n", b"X\x02\0\0\0f4",
                b"cnumpy.core.multiarray\n_reconstruct\n", b"cnumpy\nndarray\n", b"X\x01\0\0\0<",
                b"c_codecs\nencode\n", b"ccollections\nOrderedDict\n",
                b"ccollections\nCounter\n", b"cbuiltins\nset\n", b"ctorch\nSize\n",
                b"ctorch._tensor\n_rebuild_from_type_v2\n", b"ctorch\nTensor\n",
            ]).prop_map(<[u8]>::to_vec),
        ], 0..40,
    )) {
        let program: Vec<&[u8]> = program.iter().map(Vec::as_slice).collect();
        let _ = read_pickle(&mut &pickle(&program)[..]);
    }

    /// A whole file with some bytes changed.
    #[test]
    fn prop_no_damage_panics(
        name in proptest::sample::select(SMALL.into_iter().chain(WHOLE).chain(ARRAYS).collect::<Vec<_>>()),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
    ) {
        // A damaged view may have a number as often as memory allows.
        memory::set_budget(1 << 28);
        let mut file = bytes(name);
        for (place, byte) in damage {
            let place = place.index(file.len());
            file[place] = byte;
        }
        let _ = read_pickle(&mut &file[..]);
        let _ = read_pth(&mut &file[..]);
    }
}
