//! The chunks of a WebP file, and files made of some of them.

use plywood_tensor::{Error, Result};

/// A chunk, of which a file that is cut short may lack the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk<'a> {
    pub(super) name: &'a [u8],
    /// What is there of it.
    pub(super) body: &'a [u8],
    /// How long it says it is.
    length: usize,
}

impl<'a> Chunk<'a> {
    /// # Errors
    /// When the file ends within the chunk.
    pub(super) fn whole(self) -> Result<&'a [u8]> {
        let Self { name, body, length } = self;
        if body.len() == length {
            return Ok(body);
        }
        Err(Error::data(format!(
            "its chunk `{}` has {length} bytes, {} are there",
            name.escape_ascii(),
            body.len()
        ))
        .hint("the file is cut short"))
    }
}

/// The chunks that follow each other in these bytes: a name of four bytes, a length, and so many bytes.
pub(super) fn chunks(mut bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    std::iter::from_fn(move || {
        let (header, rest) = bytes.split_at_checked(8)?;
        let (name, length) = header.split_at(4);
        let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
        // Chunks begin at even places.
        let next = length.saturating_add(length % 2);
        bytes = rest.get(next..).unwrap_or_default();
        Some(Chunk { name, body: &rest[..length.min(rest.len())], length })
    })
}

/// A chunk as a file has it.
pub(super) fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let padding = &[0][..body.len() % 2];
    [name, &(body.len() as u32).to_le_bytes(), body, padding].concat()
}

/// The file that these chunks are in.
pub(super) fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WEBP", &chunks.concat()[..]].concat())
}

/// A number of three bytes.
pub(super) fn number(bytes: [u8; 3]) -> usize {
    bytes.into_iter().rev().fold(0, |all, byte| all << 8 | usize::from(byte))
}
