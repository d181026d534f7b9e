//! Bytes from anywhere: plain or gzipped, counted, never trusted.

use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use plywood_tensor::{Error, Result};

/// The most that a gzipped file may unfold to: 4 GiB, which 4 MiB of gzip can.
const MOST_UNPACKED: u64 = 1 << 32;

/// A stream of bytes whose errors are this library's.
pub(crate) struct Source<'a>(Box<dyn Read + 'a>);

impl<'a> Source<'a> {
    /// The bytes of `reader`, unpacked if they are gzipped.
    pub(crate) fn new(mut reader: impl Read + 'a) -> Result<Self> {
        let mut magic = Vec::new();
        (&mut reader).take(2).read_to_end(&mut magic).map_err(failed)?;
        let zipped = magic == [0x1F, 0x8B];
        let whole = BufReader::new(Cursor::new(magic).chain(reader));
        if !zipped {
            return Ok(Self(Box::new(whole)));
        }
        Ok(Self(Box::new(Limited::new(MultiGzDecoder::new(whole), MOST_UNPACKED))))
    }

    /// Without the mark that some tools put before UTF-8 text.
    pub(crate) fn without_mark(mut self) -> Result<Self> {
        let mut start = Vec::new();
        (&mut self.0).take(3).read_to_end(&mut start).map_err(failed)?;
        if start == "\u{feff}".as_bytes() {
            return Ok(self);
        }
        Ok(Self(Box::new(Cursor::new(start).chain(self.0))))
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

impl<'a> Source<'a> {
    /// The same stream, of which reading fails after `most` bytes.
    pub(crate) fn limit(self, most: u64) -> impl Read + 'a {
        Limited::new(self, most)
    }
}

/// A stream that fails, and doesn't end, after so many bytes.
struct Limited<R> {
    stream: R,
    left: u64,
    most: u64,
}

impl<R> Limited<R> {
    fn new(stream: R, most: u64) -> Self {
        Self { stream, left: most, most }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::other(format!("it is longer than the limit of {} bytes", self.most))
        })?;
        Ok(read)
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// What a failed read says: damaged contents, or a failing system.
pub(crate) fn failed(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => Error::data("cut short: the gzip stream has no end"),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => {
            Error::data(format!("damaged gzip: {error}"))
        }
        _ => Error::new(plywood_tensor::ErrorKind::Io, format!("can't read it: {error}")),
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
