//! The bytes of a checkpoint file: a header that tells whether the rest is whole.
//!
//! ```text
//! magic "PLYWCKPT"   8 bytes
//! version            4 bytes, little-endian, like all numbers here
//! CRC-32             4 bytes, of the contents
//! length             8 bytes, of the contents
//! contents           bincode
//! ```
//!
//! bincode is unmaintained (see `deny.toml`) and used in this file only, for writing, so that it can be
//! replaced in a day. `decode.rs` reads what it writes.

use plywood_tensor::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::decode::Contents;

const MAGIC: [u8; 8] = *b"PLYWCKPT";
const VERSION: u32 = 4;
const HEADER: usize = 24;

/// The contents with their header.
pub(super) fn seal(contents: &impl Serialize) -> Result<Vec<u8>> {
    let contents = bincode::serde::encode_to_vec(contents, bincode::config::standard())
        .map_err(|error| Error::data(format!("the checkpoint can't be encoded: {error}")))?;
    let mut bytes = Vec::with_capacity(HEADER + contents.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(crc32fast::hash(&contents).to_le_bytes());
    bytes.extend((contents.len() as u64).to_le_bytes());
    bytes.extend(contents);
    Ok(bytes)
}

/// The contents, if the file is whole.
pub(super) fn open<C: DeserializeOwned>(bytes: &[u8]) -> Result<C> {
    let (header, contents) = bytes.split_at_checked(HEADER).ok_or_else(|| {
        Error::data(format!(
            "{} bytes are no checkpoint: its header alone has {HEADER}",
            bytes.len()
        ))
    })?;
    if header[..8] != MAGIC {
        return Err(Error::data("this is no checkpoint of Plywood: its first bytes are others"));
    }
    let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("4 bytes"));
    if number(8) != VERSION {
        return Err(Error::data(format!(
            "the checkpoint has version {}, this program reads version {VERSION}",
            number(8)
        )));
    }
    let length = u64::from_le_bytes(header[16..24].try_into().expect("8 bytes"));
    if length != contents.len() as u64 {
        return Err(Error::data(format!(
            "the checkpoint should have {length} bytes after its header, it has {}",
            contents.len()
        )));
    }
    if number(12) != crc32fast::hash(contents) {
        return Err(Error::data("the checkpoint is damaged: its checksum doesn't fit"));
    }
    let mut contents = Contents::new(contents);
    let decoded = C::deserialize(&mut contents)
        .map_err(|error| Error::data(format!("the checkpoint can't be decoded: {error}")))?;
    if contents.left() > 0 {
        return Err(Error::data(format!("the checkpoint has {} bytes too many", contents.left())));
    }
    Ok(decoded)
}
