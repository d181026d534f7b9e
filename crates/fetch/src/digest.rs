//! Checksums of files and folders.
//!
//! A file's checksum is the SHA-256 of its bytes. Of a `.gz` file it is that of the unpacked bytes,
//! since the same data packed by another hand have other bytes. A folder's checksum is that of its
//! listing, one line for each file: its checksum, two spaces and its path, sorted by path.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;
use hmac_sha256::Hash;

/// The checksum of a file or of a whole folder, in hexadecimal.
pub(crate) fn sha256(path: &Path) -> Result<String> {
    if !path.is_dir() {
        return of_file(path);
    }
    let mut files = Vec::new();
    collect(path, "", &mut files)?;
    files.sort();
    let mut listing = String::new();
    for file in files {
        let sum = of_file(&path.join(&file))?;
        listing.push_str(&format!("{sum}  {file}\n"));
    }
    Ok(hexadecimal(Hash::hash(listing.as_bytes())))
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<()> {
    let unreadable = || format!("can't read the folder {}", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push(name);
        }
    }
    Ok(())
}

fn of_file(path: &Path) -> Result<String> {
    let file = File::open(path).with_context(|| format!("can't open {}", path.display()))?;
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    let mut reader: Box<dyn Read> =
        if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut sum = Hash::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read =
            reader.read(&mut buffer).with_context(|| format!("can't read {}", path.display()))?;
        if read == 0 {
            return Ok(hexadecimal(sum.finalize()));
        }
        sum.update(&buffer[..read]);
    }
}

fn hexadecimal(sum: [u8; 32]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    /// From FIPS 180-2, the example for the message "abc".
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_file_packed_or_not_has_the_sum_of_its_data() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plain"), "abc").unwrap();
        assert_eq!(sha256(&folder.path().join("plain")).unwrap(), ABC);

        let packed = folder.path().join("packed.gz");
        let mut encoder = GzEncoder::new(File::create(&packed).unwrap(), Compression::best());
        encoder.write_all(b"abc").unwrap();
        encoder.finish().unwrap();
        assert_eq!(sha256(&packed).unwrap(), ABC);

        let whole = fs::read(&packed).unwrap();
        fs::write(&packed, &whole[..whole.len() - 3]).unwrap();
        assert!(sha256(&packed).unwrap_err().to_string().starts_with("can't read"));
    }

    #[test]
    fn a_folder_has_the_sum_of_its_listing() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        fs::write(folder.path().join("b/c"), "abc").unwrap();
        fs::write(folder.path().join("a"), "abc").unwrap();
        let listing = format!("{ABC}  a\n{ABC}  b/c\n");
        let whole = sha256(folder.path()).unwrap();
        assert_eq!(whole, hexadecimal(Hash::hash(listing.as_bytes())));

        fs::write(folder.path().join("b/d"), "").unwrap();
        assert_ne!(sha256(folder.path()).unwrap(), whole);
    }
}
