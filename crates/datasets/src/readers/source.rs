//! Bytes from anywhere: plain or gzipped, counted, never trusted.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use plywood_tensor::{Error, ErrorKind as Kind, Result, memory};

/// A stream of bytes whose errors are this library's.
pub(crate) struct Source<'a>(Box<dyn Read + 'a>);

impl<'a> Source<'a> {
    /// The bytes of `reader`, unpacked if they are gzipped. A plain file has the length that it has, but
    /// 1 MiB of gzip can be 1 GiB: it may not unpack to more than [`most_unpacked`].
    pub(crate) fn new(reader: impl Read + 'a) -> Result<Self> {
        match unzipped(reader)? {
            (plain, false) => Ok(Self(plain)),
            (unpacked, true) => {
                let limited = Limited::new(unpacked, most_unpacked(), RAISE_BUDGET);
                Ok(Self(Box::new(limited)))
            }
        }
    }

    /// The bytes of `reader`, unpacked if they are gzipped, of which reading fails after `most` bytes;
    /// `raise` says how to get more.
    pub(crate) fn within(reader: impl Read + 'a, most: u64, raise: &'static str) -> Result<Self> {
        let (bytes, _) = unzipped(reader)?;
        Ok(Self(Box::new(Limited::new(bytes, most, raise))))
    }

    /// The next `len` bytes, which hold `what`. Memory is taken as they come.
    pub(crate) fn exactly(&mut self, len: usize, what: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut part = (&mut self.0).take(len as u64);
        part.read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() < len {
            return Err(Error::data(format!(
                "cut short: {what} should have {len} bytes, {} are there",
                bytes.len()
            )));
        }
        Ok(bytes)
    }

    /// The next `N` bytes, which hold `what`.
    pub(crate) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let bytes = self.exactly(N, what)?;
        bytes.try_into().map_err(|_| Error::data(format!("{what} should have {N} bytes")))
    }

    /// All bytes that are left, which may not be more than `most`.
    pub(crate) fn rest(&mut self, most: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut part = (&mut self.0).take(most as u64 + 1);
        part.read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() > most {
            return Err(Error::data(format!("more than {most} bytes")));
        }
        Ok(bytes)
    }

    /// Refuses bytes after the end of the data.
    pub(crate) fn end(&mut self) -> Result<()> {
        let mut more = Vec::new();
        let mut part = (&mut self.0).take(1);
        if part.read_to_end(&mut more).map_err(failed)? == 0 {
            return Ok(());
        }
        Err(Error::data("bytes are left after the end of the data")
            .hint("its header and its contents don't belong together"))
    }
}

/// The bytes of `reader`, and whether they were gzipped.
fn unzipped<'a>(mut reader: impl Read + 'a) -> Result<(Box<dyn Read + 'a>, bool)> {
    let mut magic = Vec::new();
    (&mut reader).take(2).read_to_end(&mut magic).map_err(failed)?;
    let zipped = magic == [0x1F, 0x8B];
    let whole = BufReader::new(Cursor::new(magic).chain(reader));
    Ok((if zipped { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) }, zipped))
}

/// The most bytes that a gzipped file may unpack to, if the caller has not set a limit: a quarter of the
/// memory budget. Buffers double as they grow, and what is made of the bytes is held beside them. Where
/// nobody knows how much memory there is, the budget is as much as can be addressed: there it is 4 GiB.
pub(crate) fn most_unpacked() -> u64 {
    match memory::budget() {
        budget if budget >= isize::MAX as usize => 1 << 32,
        budget => budget as u64 / 4,
    }
}

pub(super) const RAISE_BUDGET: &str = "if you trust the file, unpack it or raise the memory budget with \
                            PLYWOOD_MEMORY_BUDGET or memory::set_budget";

/// A stream that fails, and doesn't end, after so many bytes.
struct Limited<R> {
    stream: R,
    left: u64,
    beyond: Beyond,
}

impl<R> Limited<R> {
    fn new(stream: R, most: u64, raise: &'static str) -> Self {
        Self { stream, left: most, beyond: Beyond { most, raise } }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other(self.beyond.clone()))?;
        Ok(read)
    }
}

/// The error of a stream with more than `most` bytes; `raise` says how to get them.
#[derive(Clone, Debug)]
struct Beyond {
    most: u64,
    raise: &'static str,
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it has more than the limit of {} bytes", self.most)
    }
}

impl std::error::Error for Beyond {}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// What a failed read says: damaged contents, or a failing system.
pub(crate) fn failed(error: io::Error) -> Error {
    let beyond = error.get_ref().and_then(|inner| inner.downcast_ref::<Beyond>());
    if let Some(beyond) = beyond {
        return Error::new(Kind::Memory, beyond.to_string()).hint(beyond.raise);
    }
    match error.kind() {
        ErrorKind::UnexpectedEof => Error::data("cut short: the gzip stream has no end"),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => {
            Error::data(format!("damaged gzip: {error}"))
        }
        _ => Error::new(Kind::Io, format!("can't read it: {error}")),
    }
    .caused_by(error)
}

/// Opens a file and hands its contents to `read`. Errors name the file.
pub(crate) fn with_file<T>(path: &Path, read: impl FnOnce(File) -> Result<T>) -> Result<T> {
    let file = File::open(path).map_err(|error| Error::io("open", path, error))?;
    read(file).map_err(|e| e.at(path.display()))
}

/// The first of these names that is a file in `folder`, plain or with `.gz`; `hint` says how to
/// get it.
pub(crate) fn find(folder: &Path, names: &[String], hint: &str) -> Result<PathBuf> {
    if !folder.is_dir() {
        return Err(Error::data("there is no such folder").at(folder.display()).hint(hint));
    }
    let paths = names.iter().flat_map(|name| {
        let zipped = format!("{name}.gz");
        [folder.join(name), folder.join(zipped)]
    });
    paths.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        Error::data(format!("there is no file {}", names.join(" or ")))
            .at(folder.display())
            .hint(hint)
    })
}
