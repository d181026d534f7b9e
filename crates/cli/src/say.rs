//! Answers on standard output, which may be closed before the last line.

use std::fmt::Display;
use std::io::{self, Write};

use plywood::tensor::{Error, ErrorKind, Result};

/// Where answers go.
pub(crate) struct Output(io::Stdout);

impl Output {
    pub(crate) fn stdout() -> Self {
        Self(io::stdout())
    }

    /// Says a line, or several.
    pub(crate) fn say(&mut self, text: impl Display) -> Result<()> {
        let mut out = self.0.lock();
        writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| {
            Error::new(ErrorKind::Io, format!("can't write the answer: {error}")).caused_by(error)
        })
    }
}

/// Whether nobody reads the answers any more.
pub(crate) fn is_closed(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    source.is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe)
}
