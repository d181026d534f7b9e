//! Writing files so that nothing is lost.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::{Error, Result};

const PARTIAL: &str = ".partial";
/// A part that nobody has written to for so long is of a program that was killed. Its process's number
/// would not tell: on a shared disk, other machines have their own.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Gives a file new contents. They are written beside it and synced to the disk first, then take
/// its name: whatever happens in between, the file holds either the old contents or the new ones,
/// whole. Folders that are missing are made. What a program that was killed has left beside the file,
/// `NAME.PROCESS.partial`, is removed once it is an hour old.
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
    let Some(name) = path.file_name() else {
        let none = io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name");
        return Err(Error::io("write", path, none));
    };
    let folder = above(path);
    // Two threads that write the same file would write into one another's part.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut beside = name.to_owned();
    // The process's number keeps two programs that write the same file apart.
    beside.push(format!(".{}{PARTIAL}", std::process::id()));
    let beside = folder.join(beside);
    let replace = || {
        make(folder)?;
        let mut file = File::create(&beside)?;
        file.write_all(contents)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The new name is on the disk once its folder is.
        sync(folder)
    };
    let result = replace().map_err(|error| {
        // Best effort: the error that counts is the first one.
        let _ = fs::remove_file(&beside);
        Error::io("write", path, error)
    });
    remove_abandoned(folder, name.as_encoded_bytes());
    result
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

/// Removes the parts of a file that nobody will finish. Best effort: they are in nobody's way.
fn remove_abandoned(folder: &Path, name: &[u8]) {
    let is_part = |other: &[u8]| {
        let rest = other.strip_prefix(name).and_then(|rest| rest.strip_prefix(b"."));
        let process = rest.and_then(|rest| rest.strip_suffix(PARTIAL.as_bytes()));
        process.is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !is_part(entry.file_name().as_encoded_bytes()) {
            continue;
        }
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = modified.and_then(|modified| modified.elapsed().ok());
        if age.is_some_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
