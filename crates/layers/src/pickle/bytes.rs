//! The bytes of a file, taken from the front.

use plywood_tensor::{Error, Result};

/// A place in a file. No more is ever taken than is there.
pub(super) struct Bytes<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self { file, at: 0 }
    }

    /// Where it is, for errors.
    pub(super) fn place(&self) -> String {
        format!("byte {}", self.at)
    }

    /// How many bytes have not been taken.
    pub(super) fn left(&self) -> usize {
        self.file.len() - self.at
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.file.len()
    }

    /// The next `length` bytes.
    pub(super) fn take(&mut self, length: u64) -> Result<&'a [u8]> {
        let left = &self.file[self.at..];
        let taken = usize::try_from(length).ok().and_then(|length| left.get(..length));
        let taken = taken.ok_or_else(|| {
            Error::data(format!("it is cut short: {length} bytes should follow, {} do", left.len()))
                .at(self.place())
        })?;
        self.at += taken.len();
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let taken = self.take(N as u64)?;
        Ok(taken.try_into().expect("as many bytes as asked for"))
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// So many bytes of text.
    pub(super) fn text(&mut self, length: u64) -> Result<&'a str> {
        let place = self.place();
        text(self.take(length)?).map_err(|error| error.at(place))
    }

    /// The text up to the end of the line, which is taken too.
    pub(super) fn line(&mut self) -> Result<&'a str> {
        let place = self.place();
        let left = &self.file[self.at..];
        let length = left
            .iter()
            .position(|&byte| byte == b'\n')
            .ok_or_else(|| Error::data("it is cut short: a line has no end").at(place.clone()))?;
        self.at += length + 1;
        text(&left[..length]).map_err(|error| error.at(place))
    }
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| Error::data("a text is not UTF-8"))
}
