//! What the examples print. Where that can't be written, they go on all the same: what they learn is in
//! files.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

use plywood::prelude::*;

/// Why the first line that wasn't written wasn't.
static FAILED: Mutex<Option<io::Error>> = Mutex::new(None);

/// As the standard library's, which panics where a line can't be written: a full disk, or a reader that
/// has gone, as in `… | head -1`.
#[macro_export]
macro_rules! println {
    () => { $crate::write_line(format_args!("")) };
    ($($text:tt)*) => { $crate::write_line(format_args!($($text)*)) };
}

/// A line on standard error that says how far a long example has come. It is no result: one that can't be
/// written is left out.
#[macro_export]
macro_rules! progress {
    ($($text:tt)*) => { $crate::write_progress(format_args!($($text)*)) };
}

/// What [`progress!`](crate::progress!) calls.
#[doc(hidden)]
pub fn write_progress(line: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// What [`println!`] calls.
#[doc(hidden)]
pub fn write_line(line: Arguments<'_>) {
    let mut failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    if failed.is_none() {
        let mut out = io::stdout().lock();
        *failed = writeln!(out, "{line}").and_then(|()| out.flush()).err();
    }
}

/// The end of an example.
///
/// # Errors
/// When a line couldn't be written, unless its reader has gone: nobody misses it then.
pub fn finish() -> Result<()> {
    match FAILED.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            let message = format!("can't write to standard output: {error}");
            Err(Error::new(plywood::tensor::ErrorKind::Io, message).caused_by(error))
        }
        _ => Ok(()),
    }
}
