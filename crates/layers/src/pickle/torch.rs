//! PyTorch's two files: a zip of a pickle and its storages, and before 1.6 five pickles and the
//! storages behind them.

use std::collections::HashMap;

use plywood_tensor::{Error, Result, catch_decoder_panic};
use rawzip::{CompressionMethod, ZipArchive, ZipSliceArchive, ZipVerification};

use crate::state::StateDict;

use super::arrays::Arrays;
use super::bytes::Bytes;
use super::machine::load;
use super::value::{Loaded, Node, Storage, Value};

/// What the old format's first pickle holds: a number of ten bytes.
const OLD: [u8; 13] = [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, b'.'];
const ZIP: [u8; 4] = *b"PK\x03\x04";

/// Whether a file is one of PyTorch's, by its first bytes.
pub(crate) fn is_pth(file: &[u8]) -> bool {
    old_start(file).is_some() || file.starts_with(&ZIP)
}

/// How long the old format's first pickle is, if the file begins with it. From protocol 4 on it is in a
/// frame.
fn old_start(file: &[u8]) -> Option<u64> {
    match file {
        [0x80, 2..=5, 0x95, _, _, _, _, _, _, _, _, rest @ ..] if rest.starts_with(&OLD) => {
            Some(24)
        }
        [0x80, 2..=5, rest @ ..] if rest.starts_with(&OLD) => Some(15),
        _ => None,
    }
}

pub(super) fn read(file: &[u8]) -> Result<StateDict> {
    if file.starts_with(&ZIP) {
        return zip(file);
    }
    if let Some(start) = old_start(file) {
        return old(file, start);
    }
    let start = &file[..file.len().min(4)];
    Err(Error::data(format!(
        "this is no PyTorch file: {} bytes that begin with {start:02x?}",
        file.len()
    )))
}

/// `NAME/data.pkl`, and a file `NAME/data/KEY` for each storage.
fn zip(file: &[u8]) -> Result<StateDict> {
    let archive = catch_decoder_panic("rawzip", || ZipArchive::from_slice(file).map_err(damaged))?;
    let (pickle, storages) = catch_decoder_panic("rawzip", || members(&archive, file.len()))?;
    let loaded = load(&mut Bytes::new(pickle)).map_err(|error| error.at("data.pkl"))?;
    Arrays::new(&loaded, &storages, file.len()).by_name()
}

fn damaged(error: rawzip::Error) -> Error {
    Error::data(format!("the zip archive is damaged or cut short: {error}")).caused_by(error)
}

/// The bytes of PyTorch's storages, by key.
type Storages<'a> = HashMap<String, &'a [u8]>;

/// The bytes of the pickle, and of each storage.
fn members<'a>(
    archive: &'a ZipSliceArchive<&[u8]>,
    file_length: usize,
) -> Result<(&'a [u8], Storages<'a>)> {
    let mut pickle = None;
    let mut storages = HashMap::new();
    // Parts that overlap could be any number of times as long as the file, and take as long to check.
    let mut room = file_length;
    // `torch.serialization.set_crc32_options(False)` leaves zeros for all of them.
    let mut has_checksums = false;
    for entry in archive.entries() {
        has_checksums |= entry.map_err(damaged)?.crc32() != 0;
    }
    for entry in archive.entries() {
        let entry = entry.map_err(damaged)?;
        let path = entry.file_path();
        let path = String::from_utf8_lossy(path.as_bytes()).into_owned();
        // Everything is in one folder, whose name is the file's own.
        let Some((_, path)) = path.split_once('/') else { continue };
        if path != "data.pkl" && path != "byteorder" && !path.starts_with("data/") {
            continue;
        }
        if entry.compression_method() != CompressionMethod::STORE {
            return Err(Error::data("it is compressed")
                .at(path)
                .hint("PyTorch stores plain bytes"));
        }
        let entry = archive.get_entry(entry.wayfinder()).map_err(damaged)?;
        let data = entry.data();
        room = room.checked_sub(data.len()).ok_or_else(|| {
            Error::data(format!(
                "with it the parts come to more than the file's {file_length} bytes: they overlap"
            ))
            .at(path)
            .hint("the file is damaged, or made to keep its reader busy")
        })?;
        let claimed = entry.claim_verifier();
        let found = ZipVerification {
            crc: if has_checksums { rawzip::crc32(data) } else { claimed.crc },
            uncompressed_size: data.len() as u64,
        };
        if let Err(error) = claimed.valid(found) {
            return Err(Error::data("its checksum is wrong: the file is damaged")
                .at(path)
                .caused_by(error));
        }
        match path.strip_prefix("data/") {
            Some(key) => {
                storages.insert(key.to_owned(), data);
            }
            None if path == "data.pkl" => pickle = Some(data),
            None if data == b"little" => {}
            None => return Err(Error::data("its numbers are not little-endian")),
        }
    }
    let pickle = pickle.ok_or_else(|| {
        Error::data("the zip archive has no `data.pkl`").hint("a PyTorch file has one")
    })?;
    Ok((pickle, storages))
}

/// The magic number, the version, the system's sizes, the values, and the keys of the storages in
/// the order in which these follow, each after its number of elements.
fn old(file: &[u8], start: u64) -> Result<StateDict> {
    let mut bytes = Bytes::new(file);
    bytes.take(start)?;
    let version = load(&mut bytes)?;
    if !matches!(version.root, Value::Int(1001)) {
        let version = version.root.kind(&version.nodes);
        return Err(Error::data(format!("{version} is no version of PyTorch's format")));
    }
    if !is_little_endian(&load(&mut bytes)?) {
        return Err(Error::data("its numbers are not little-endian"));
    }
    let loaded = load(&mut bytes)?;
    let keys = load(&mut bytes)?;
    let mut widths = HashMap::new();
    for node in &loaded.nodes {
        if let Node::Storage(Storage { key, dtype, .. }) = node {
            widths.insert(*key, dtype.bitsize() as u64 / 8);
        }
    }
    let keys = match keys.root {
        Value::Node(place) => match &keys.nodes[place] {
            Node::List(keys) => &keys[..],
            _ => &[],
        },
        _ => &[],
    };
    let mut storages = HashMap::new();
    for key in keys {
        let Value::Text(key) = *key else {
            return Err(Error::data("the key of a storage is no text").at(bytes.place()));
        };
        let width = widths.get(key).ok_or_else(|| {
            Error::data(format!("no tensor is in storage `{}`", key.escape_debug()))
                .at(bytes.place())
        })?;
        // Too many elements for a u64 are too many for the file.
        let length = bytes.u64()?.saturating_mul(*width);
        storages.insert(key.to_owned(), bytes.take(length)?);
    }
    Arrays::new(&loaded, &storages, file.len()).by_name()
}

fn is_little_endian(system: &Loaded<'_>) -> bool {
    match system.root {
        Value::Node(place) => match &system.nodes[place] {
            Node::Dict(pairs) => pairs
                .iter()
                .any(|pair| matches!(pair, (Value::Text("little_endian"), Value::Bool(true)))),
            _ => false,
        },
        _ => false,
    }
}
