//! Readers of data sets and of weights, on damaged files and on random bytes behind the right
//! magic numbers.

use plywood::datasets::{Cifar10, Cifar100, Images, MedMnist, Npz, idx, npy};
use plywood::layers::{
    Linear, StateDict, load_state_dict, read_pickle, read_pth, read_safetensors, write_safetensors,
};
use plywood::tensor::{Result, Rng, Seed};

use super::Call;
use super::damage::{begun, damaged};

/// A sound file of another program's, from the reference numbers of the tests.
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../fixtures/pickles/", $name))
    };
}

const PTH: &[&[u8]] = &[
    fixture!("beside2.pth"),
    fixture!("beside4.pth"),
    fixture!("integers.pth"),
    fixture!("legacy.pth"),
    fixture!("legacy4.pth"),
    fixture!("module.pth"),
    fixture!("no_checksums.pth"),
    fixture!("views.pth"),
    fixture!("zip.pth"),
];

const PICKLES: &[&[u8]] = &[
    fixture!("arrays2.pkl"),
    fixture!("arrays3.pkl"),
    fixture!("arrays4.pkl"),
    fixture!("arrays5.pkl"),
    fixture!("big_endian.pkl"),
    fixture!("objects.pkl"),
];

pub(super) const CALLS: &[Call] = &[
    ("idx::read of any header", |draw| {
        let kind = draw.one_of("kind", &[8_u8, 9, 0xB, 0xC, 0xD, 0xE, 0, 255]);
        let axes = draw.one_of("axes", &[0_u8, 1, 2, 3, 4, 8, 9, 255]);
        let mut file = vec![0, 0, kind, axes];
        let mut elements = 1_usize;
        for _ in 0..axes.min(12) {
            let size = draw.size("size") as u32;
            elements = elements.saturating_mul(size as usize);
            file.extend(size.to_be_bytes());
        }
        let width = [1, 2, 4, 8][draw.below(4)];
        match elements <= 1000 && !draw.once_in(4) {
            true => file.resize(file.len() + elements * width, 7),
            false => file.extend(draw.bytes(64)),
        }
        idx::read(&file[..])?.into_bytes().map(drop)
    }),
    ("Images::from_idx", |draw| {
        let images = damaged(draw, b"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x01abcd");
        let labels = damaged(draw, b"\0\0\x08\x01\0\0\0\x02\0\x01");
        Images::from_idx(&images[..], &labels[..], ["a", "b"]).map(drop)
    }),
    ("Cifar10::read", |draw| {
        let mut record = vec![draw.small("label", 12) as u8];
        record.resize(3073, 7);
        let file = damaged(draw, &record.repeat(2));
        Cifar10::read(&file[..]).map(drop)
    }),
    ("Cifar100::read", |draw| {
        let mut record = vec![0, draw.small("label", 4) as u8];
        record.resize(3074, 7);
        let file = damaged(draw, &record.repeat(2));
        Cifar100::read(&file[..], ["a", "b", "c"]).map(drop)
    }),
    ("npy::read of any header", |draw| {
        let kind =
            draw.one_of("type", &["|u1", "<i8", ">f4", "|b1", "<U3", "|S2", "<c16", "|O", "<U0"]);
        let sizes: Vec<String> =
            (0..draw.small("axes", 9)).map(|_| format!("{},", draw.size("size"))).collect();
        let order = draw.one_of("order", &["True", "False", "None"]);
        let header = format!(
            "{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({}), }}",
            sizes.concat()
        );
        let length = match draw.once_in(4) {
            true => draw.size("length") as u16,
            false => header.len() as u16,
        };
        let start = [b"\x93NUMPY\x01\0", &length.to_le_bytes()[..], header.as_bytes()].concat();
        let array = npy::read(&begun(draw, &start)[..])?;
        let _ = (array.shape(), array.to_tensor::<f32>().is_ok());
        array.texts().map(drop)
    }),
    ("Npz", |draw| {
        const FILES: [&[u8]; 2] = [
            include_bytes!("../../../fixtures/arrays.npz"),
            include_bytes!("../../../fixtures/arrays_stored.npz"),
        ];
        let which = draw.below(FILES.len());
        let npz = Npz::read(&damaged(draw, FILES[which])[..])?;
        let names: Vec<String> = npz.names().map(str::to_owned).collect();
        for name in &names {
            let _ = npz.array(name);
        }
        let _ = MedMnist::from_npz(&npz, ["a"]);
        npz.array(draw.one_of("name", &["u1", "texts", "no such", ""])).map(drop)
    }),
    ("read_safetensors", |draw| {
        let model = Linear::config(2, 3).init(&mut Rng::new(Seed(1)))?;
        let mut file = Vec::new();
        write_safetensors(&model, &mut file)?;
        let file = damaged(draw, &file);
        loads(read_safetensors(&mut &file[..])?)
    }),
    ("read_safetensors of any header", |draw| {
        let shape: [usize; 2] = draw.sizes("shape");
        let kind = draw.one_of("kind", &["F32", "F64", "F16", "BF16", "I64", "U8", "BOOL", "F7"]);
        let (start, end) = (draw.size("start"), draw.size("end"));
        let header = format!(
            r#"{{"w":{{"dtype":"{kind}","shape":{shape:?},"data_offsets":[{start},{end}]}}}}"#
        );
        let length = match draw.once_in(4) {
            true => draw.size("length"),
            false => header.len(),
        };
        let file = [&length.to_le_bytes(), header.as_bytes(), &draw.bytes(64)].concat();
        loads(read_safetensors(&mut &file[..])?)
    }),
    ("read_pth", |draw| {
        let which = draw.below(PTH.len());
        let file = damaged(draw, PTH[which]);
        loads(read_pth(&mut &file[..])?)
    }),
    ("read_pickle", |draw| {
        let which = draw.below(PICKLES.len());
        let file = damaged(draw, PICKLES[which]);
        loads(read_pickle(&mut &file[..])?)
    }),
    ("random bytes behind magic numbers", |draw| {
        let beginnings: [&[u8]; 6] = [
            b"\x80\x02",
            b"\x80\x04\x95",
            b"PK\x03\x04",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            b"\x80\x02}q\0(",
            b"",
        ];
        let beginning = beginnings[draw.below(beginnings.len())];
        let file = begun(draw, beginning);
        let _ = (idx::read(&file[..]).is_ok(), Cifar10::read(&file[..]).is_ok());
        let _ = (read_pth(&mut &file[..]).is_ok(), read_safetensors(&mut &file[..]).is_ok());
        read_pickle(&mut &file[..]).map(drop)
    }),
];

/// Weights that were read, given to a model that most don't fit.
fn loads(weights: StateDict) -> Result<()> {
    let mut model = Linear::config(2, 3).init(&mut Rng::new(Seed(2)))?;
    let _ = load_state_dict(&mut model, &weights);
    Ok(())
}
