//! Writing files so that nothing is lost.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use plywood_tensor::{Error, Result};

/// Gives a file new contents. They are written beside it and synced to the disk first, then take
/// its name: whatever happens in between, the file holds either the old contents or the new ones,
/// whole. Folders that are missing are made.
///
/// # Errors
/// When the disk is full, or the folder can't be written.
pub fn replace_file(path: impl AsRef<Path>, contents: &[u8]) -> Result<()> {
    let path = path.as_ref();
    let Some(name) = path.file_name() else {
        let none = io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name");
        return Err(Error::io("write", path, none));
    };
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Two threads that write the same file would write into one another's part.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut beside = name.to_owned();
    // The process's number keeps two programs that write the same file apart.
    beside.push(format!(".{}.partial", std::process::id()));
    let beside = folder.join(beside);
    let replace = || {
        fs::create_dir_all(folder)?;
        let mut file = File::create(&beside)?;
        file.write_all(contents)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The new name is on the disk once its folder is.
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    };
    replace().map_err(|error| {
        // Best effort: the error that counts is the first one.
        let _ = fs::remove_file(&beside);
        Error::io("write", path, error)
    })
}
