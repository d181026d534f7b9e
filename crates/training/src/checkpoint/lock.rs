//! One run at a time in a checkpoint's folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use plywood_tensor::{Error, ErrorKind, Result};

const FILE: &str = "checkpoint.lock";

/// The lock of a folder: a run holds it as long as this lives. The system takes it from a process that
/// dies, also on the network disks of Linux. The file stays: removing it would let two runs lock two
/// files of the same name.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    /// Why the file system has no locks, if it hasn't.
    missing: Option<String>,
}

impl Lock {
    /// Takes the lock of a folder, which is made if it isn't there.
    ///
    /// # Errors
    /// When another run has it, which is named, or the file can't be opened. Nothing is changed then.
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let failed = |error| Error::io("open", &path, error);
        std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, error))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {
                // For the one who comes second. It is the lock that counts.
                let _ = file.set_len(0).and_then(|()| file.write_all(owner().as_bytes()));
                Ok(Self { file, missing: None })
            }
            Err(TryLockError::WouldBlock) => Err(taken(&mut file, folder)),
            Err(TryLockError::Error(error)) => Ok(Self { file, missing: Some(error.to_string()) }),
        }
    }

    /// Why this lock keeps nobody out: what the file system says that has none.
    pub(crate) fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file would not be enough: a process that this one is just starting has a copy of
        // it for a moment.
        let _ = self.file.unlock();
    }
}

/// Who is speaking.
fn owner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let host = host.or_else(|| std::env::var("COMPUTERNAME").ok()).unwrap_or_default();
    let process = format!("process {}", std::process::id());
    match host.trim() {
        "" => process,
        host => format!("{process} on {host}"),
    }
}

fn taken(file: &mut File, folder: &Path) -> Error {
    let mut owner = String::new();
    // Some systems don't let others read what is locked.
    let read = file.take(1000).read_to_string(&mut owner);
    let owner = if read.is_err() || owner.is_empty() { "another process" } else { &*owner };
    Error::new(ErrorKind::Busy, format!("another run is at work in this folder: {owner}"))
        .at(folder.display())
        .hint("wait for it, stop it, or give this run another folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_comer_is_told_who_was_first() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("runs/new");
        let first = Lock::take(&folder).unwrap();
        assert_eq!(first.missing(), None);
        let error = Lock::take(&folder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert_eq!(
            error.to_string(),
            format!(
                "{}: another run is at work in this folder: {}; \
                 wait for it, stop it, or give this run another folder",
                folder.display(),
                owner(),
            ),
        );
        drop(first);
        Lock::take(&folder).unwrap();
    }

    #[test]
    fn an_owner_has_a_process_and_a_host() {
        let process = format!("process {}", std::process::id());
        assert!(owner().starts_with(&process), "{}", owner());
        assert!(!owner().ends_with(char::is_whitespace));
    }
}
