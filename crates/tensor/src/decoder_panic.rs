//! Decoders from other crates: a panic in one becomes an error, and nothing is printed for it.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::thread;

use crate::error::{Error, Result};

thread_local! {
    /// How many calls of [`catch_decoder_panic`] this thread is in.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Runs a decoder from another crate on the bytes of a file. If it panics, the file is damaged in a way
/// that the decoder doesn't expect, and the result is an error like for any other damaged file; the
/// error's source has the panic's message.
///
/// While `decode` runs, the panic hook prints nothing for this thread. To that end the first call wraps
/// the program's hook in one that calls it for every other panic. A hook that the program sets later
/// replaces the wrapper, and then sees the decoders' panics as well.
///
/// `decode` should call nothing but the decoder: a panic in the caller's own code (such as a reader)
/// would be hidden.
///
/// In a program that is compiled with `panic = "abort"` no panic can be caught: it ends the process, and
/// the hook reports it as usual.
///
/// ```
/// use plywood_tensor::catch_decoder_panic;
///
/// let file = [3_u8, 1, 2];
/// let element = catch_decoder_panic("indexer", || Ok(file[usize::from(file[0])]));
/// assert_eq!(
///     element.unwrap_err().to_string(),
///     "the decoder `indexer` panics on it; the file is damaged, or of a kind that isn't supported",
/// );
/// ```
///
/// # Errors
/// Those of `decode`, and one that names the decoder if it panics.
pub fn catch_decoder_panic<T>(decoder: &str, decode: impl FnOnce() -> Result<T>) -> Result<T> {
    install_hook();
    let inside = Inside::enter();
    // What the closure owns is dropped by the unwinding, and what it borrows is the file's bytes, which it
    // can't write: no half-changed value is left for anybody to see.
    let caught = panic::catch_unwind(AssertUnwindSafe(decode));
    drop(inside);
    caught.unwrap_or_else(|payload| {
        // An error of this library on its way to `memory::guard`.
        let payload = match payload.downcast::<Error>() {
            Ok(error) => return Err(*error),
            Err(payload) => payload,
        };
        Err(Error::data(format!("the decoder `{decoder}` panics on it"))
            .hint("the file is damaged, or of a kind that isn't supported")
            .caused_by(Message::of(&*payload)))
    })
}

/// Wraps the program's hook, once.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    // Without unwinding the hook's report is all that is left of a panic. And a thread that is panicking
    // may not change the hook: another call will.
    if cfg!(not(panic = "unwind")) || thread::panicking() {
        return;
    }
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // The counter has no destructor, so it can be read as long as the thread lives.
            if DEPTH.get() == 0 {
                previous(info);
            }
        }));
    });
}

/// As long as it lives, this thread is in a decoder.
struct Inside;

impl Inside {
    fn enter() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// What a panic said.
#[derive(Debug)]
struct Message(String);

impl Message {
    fn of(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self(text.unwrap_or("a panic without a message").to_owned())
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Message {}
