//! Writing files so that nothing is lost.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{Error, Result};

const PARTIAL: &str = ".partial";
/// A part that nobody has written to for so long, and that nobody locks, is of a program that was
/// killed. Its lock alone would not tell: some file systems have none.
const ABANDONED: Duration = Duration::from_secs(3600);
/// As many links to links as Linux follows.
const MOST_LINKS: usize = 40;

/// Gives a file new contents. They are written beside it and synced to the disk first, then take
/// its name: whatever happens in between, and however many programs do the same, the file holds the
/// contents that one of them gave it, whole.
///
/// Folders that are missing are made. A file that is replaced keeps its permissions, and its owner if
/// the system lets us; where the path is a symbolic link, the file that it leads to is replaced. What a
/// program that was killed has left beside the file, `NAME.NUMBER.partial`, is removed once it is an
/// hour old.
///
/// ```
/// use plywood_tensor::replace_file;
///
/// let path = std::env::temp_dir().join("plywood-replace-file").join("notes.txt");
/// replace_file(&path, b"first")?;
/// replace_file(&path, b"second")?;
/// assert_eq!(std::fs::read(&path).unwrap(), b"second");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the disk is full, or the folder can't be written.
pub fn replace_file(path: impl AsRef<Path>, contents: &[u8]) -> Result<()> {
    let path = path.as_ref();
    replace(path, contents).map_err(|error| Error::io("write", path, error))
}

fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let path = &follow(path)?;
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name"));
    };
    let folder = above(path);
    make(folder)?;
    // Numbers that no other program draws, whatever its process's number: on a shared disk, and in
    // containers, many have the same one.
    let number = RandomState::new().hash_one(name);
    let mut part = name.to_owned();
    part.push(format!(".{number:016x}{PARTIAL}"));
    let part = folder.join(part);
    let written = write(&part, path, contents);
    if written.is_err() {
        // Best effort: the error that counts is the first one.
        let _ = fs::remove_file(&part);
    }
    remove_abandoned(folder, name.as_encoded_bytes());
    written?;
    // The new name is on the disk once its folder is.
    sync(folder)
}

/// Writes a part, which must be new, and gives it the file's name.
fn write(part: &Path, path: &Path, contents: &[u8]) -> io::Result<()> {
    let old = fs::metadata(path).ok().filter(Metadata::is_file);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if old.is_some() {
        use std::os::unix::fs::OpenOptionsExt;
        // Nobody else may look before the file has the permissions of the one that it replaces.
        options.mode(0o600);
    }
    let mut file = options.open(part)?;
    // Says that somebody writes it, where the file system has locks.
    let _ = file.try_lock();
    if let Some(old) = old {
        take_over(&file, &old)?;
    }
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(part, path)
}

/// Gives a file the permissions of another, and its owner if the system lets us.
fn take_over(file: &File, old: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
            let _ = fchown(file, Some(old.uid()), Some(old.gid()));
        }
    }
    file.set_permissions(old.permissions())
}

/// The file that a path leads to over symbolic links. It need not be there.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(link) => path = above(&path).join(link),
            // No link, or nothing that could be read: writing says what is wrong.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("its symbolic links lead in a circle"))
}

/// The folder that something is in.
fn above(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a folder and those above it that are missing, so that they outlast a loss of power.
fn make(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    fs::create_dir_all(folder)?;
    missing.into_iter().filter(|folder| folder.exists()).try_for_each(|folder| sync(above(folder)))
}

/// Brings the names in a folder to the disk, where the system can.
fn sync(folder: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

/// Whether a file's name is that of a part of the file `name`.
fn is_part(other: &[u8], name: &[u8]) -> bool {
    let rest = other.strip_prefix(name).and_then(|rest| rest.strip_prefix(b"."));
    let number = rest.and_then(|rest| rest.strip_suffix(PARTIAL.as_bytes()));
    number.is_some_and(|digits| digits.len() == 16 && digits.iter().all(u8::is_ascii_hexdigit))
}

/// Removes the parts of a file that nobody will finish. Best effort: they are in nobody's way.
fn remove_abandoned(folder: &Path, name: &[u8]) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !is_part(entry.file_name().as_encoded_bytes(), name) {
            continue;
        }
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = modified.and_then(|modified| modified.elapsed().ok());
        if age.is_some_and(|age| age > ABANDONED) && !is_locked(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_locked(part: &Path) -> bool {
    let lock = File::open(part).map(|file| file.try_lock());
    matches!(lock, Ok(Err(TryLockError::WouldBlock)))
}

/// Removes the parts of a file that programs which were killed have left beside it, however young.
/// Only for those who know that nobody else writes the file: it would fail.
#[doc(hidden)]
pub fn remove_unfinished(path: &Path) {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    for entry in fs::read_dir(above(path)).into_iter().flatten().flatten() {
        if is_part(entry.file_name().as_encoded_bytes(), name) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
