//! NumPy's archives of arrays: a zip of `.npy` files.

use std::io::Read;
use std::path::Path;

use flate2::bufread::DeflateDecoder;
use plywood_tensor::{Error, ErrorKind, Result, catch_decoder_panic};
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};
use rawzip::{ZipVerification, crc32};

use super::npy::{NpyArray, parse};
use super::source::{RAISE_BUDGET, Source, most_unpacked, with_file};

/// The arrays of a `.npz` file by their names, as `numpy.savez` and `numpy.savez_compressed` write it. The file is
/// held as it is; an array is unpacked when it is asked for.
///
/// ```
/// use plywood_datasets::Npz;
/// use plywood_tensor::Tensor;
///
/// # let npy = |sizes: &str, bytes: &[u8]| {
/// #     let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({sizes})}}");
/// #     let length = (header.len() as u16).to_le_bytes();
/// #     [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), bytes].concat()
/// # };
/// # let mut file = Vec::new();
/// # let mut zip = rawzip::ZipArchiveWriter::new(&mut file);
/// # for (name, array) in [("x", npy("2", &[7, 5]))] {
/// #     let (mut entry, config) = zip.new_file(&format!("{name}.npy")).start()?;
/// #     let mut writer = config.wrap(&mut entry);
/// #     std::io::Write::write_all(&mut writer, &array)?;
/// #     let (_, descriptor) = writer.finish()?;
/// #     entry.finish(descriptor)?;
/// # }
/// # zip.finish()?;
/// // What `numpy.savez(file, x=numpy.array([7, 5], "uint8"))` wrote; `Npz::open` reads a file by its path.
/// let arrays = Npz::read(&file[..])?;
/// assert!(arrays.names().eq(["x"]));
/// assert_eq!(arrays.array("x")?.to_tensor::<u8>()?, Tensor::from([7_u8, 5]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Npz {
    archive: ZipSliceArchive<Vec<u8>>,
    members: Vec<Member>,
}

/// An array that has not been unpacked.
struct Member {
    name: String,
    method: CompressionMethod,
    place: ZipArchiveEntryWayfinder,
}

impl Npz {
    /// Reads a file.
    ///
    /// # Errors
    /// As [`read`](Self::read); the error names the file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        with_file(path.as_ref(), Self::read)
    }

    /// Reads what [`open`](Self::open) does, from anywhere.
    ///
    /// # Errors
    /// When reading fails, it is no zip archive, or is cut short.
    pub fn read(reader: impl Read) -> Result<Self> {
        let read = || {
            let most = most_unpacked().min(isize::MAX as u64) as usize;
            let file = Source::new(reader)?.rest(most)?;
            let archive =
                catch_decoder_panic("rawzip", || ZipArchive::from_slice(file).map_err(damaged))?;
            let members = catch_decoder_panic("rawzip", || members(&archive))?;
            Ok(Self { archive, members })
        };
        read().map_err(|e: Error| e.operation("npz"))
    }

    /// The names of the arrays, in the file's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| &*member.name)
    }

    /// The array of this name.
    ///
    /// # Errors
    /// When there is none, its checksum is wrong, it is compressed by another method than Deflate, would take more
    /// than a quarter of the [memory budget](plywood_tensor::memory::budget), or is no array that
    /// [`npy::read`](super::npy::read) reads; the error names it.
    pub fn array(&self, name: &str) -> Result<NpyArray> {
        let member = self.members.iter().find(|member| member.name == name).ok_or_else(|| {
            let names = self.names().take(20).collect::<Vec<_>>().join(", ");
            Error::data(format!("there is no array `{}`", name.escape_debug()))
                .operation("npz")
                .hint(format!("there are: {names}"))
        })?;
        let file = self.unpacked(member).map_err(|e| e.operation("npz").at(name))?;
        parse(&file).map_err(|e| e.at(name))
    }

    fn unpacked(&self, member: &Member) -> Result<Vec<u8>> {
        let (data, claimed) = catch_decoder_panic("rawzip", || {
            let entry = self.archive.get_entry(member.place).map_err(damaged)?;
            Ok((entry.data(), entry.claim_verifier()))
        })?;
        let most = most_unpacked();
        if claimed.uncompressed_size > most {
            let bytes = claimed.uncompressed_size;
            return Err(Error::new(
                ErrorKind::Memory,
                format!("it would have {bytes} bytes, the limit is {most}"),
            )
            .hint(RAISE_BUDGET));
        }
        let file = match member.method {
            CompressionMethod::STORE => data.to_vec(),
            CompressionMethod::DEFLATE => {
                let mut file = Vec::new();
                // One more than it may have shows that it has more.
                let mut some = DeflateDecoder::new(data).take(claimed.uncompressed_size + 1);
                some.read_to_end(&mut file).map_err(|error| {
                    Error::data(format!("it can't be unpacked: {error}")).caused_by(error)
                })?;
                file
            }
            _ => {
                return Err(Error::data("it is compressed by another method than Deflate")
                    .hint("`numpy.savez_compressed` writes Deflate"));
            }
        };
        let found = ZipVerification { crc: crc32(&file), uncompressed_size: file.len() as u64 };
        claimed.valid(found).map_err(|error| {
            Error::data("its size or checksum is wrong: the file is damaged").caused_by(error)
        })?;
        Ok(file)
    }
}

impl std::fmt::Debug for Npz {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// The members whose names end in `.npy`, without that.
fn members(archive: &ZipSliceArchive<Vec<u8>>) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    for entry in archive.entries() {
        let entry = entry.map_err(damaged)?;
        let path = entry.file_path();
        let path = String::from_utf8_lossy(path.as_bytes());
        if let Some(name) = path.strip_suffix(".npy") {
            let (name, method) = (name.to_owned(), entry.compression_method());
            members.push(Member { name, method, place: entry.wayfinder() });
        }
    }
    Ok(members)
}

fn damaged(error: rawzip::Error) -> Error {
    Error::data(format!("the zip archive is damaged or cut short: {error}")).caused_by(error)
}
