//! Panicking with an error's text, at the line of the caller.

use crate::error::Result;

/// The value of a result. In a function that is `#[track_caller]` too, the panic points at the line that called it.
#[track_caller]
pub fn or_panic<R>(result: Result<R>) -> R {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
