//! Answers on standard output. One that can't be written ends nothing: what was asked for is done.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};

use plywood::tensor::{Error, Result, visible, visible_line};

/// Where answers go.
pub(crate) struct Output<W: Write = io::Stdout> {
    out: W,
    /// Whether it is shown at once, not kept or read by a program.
    terminal: bool,
    /// Why the first answer that wasn't written wasn't.
    failed: Option<io::Error>,
    /// Whether an answer is missing that was asked for.
    incomplete: bool,
}

impl Output {
    pub(crate) fn stdout() -> Self {
        Self {
            out: io::stdout(),
            terminal: io::stdout().is_terminal(),
            failed: None,
            incomplete: false,
        }
    }
}

impl<W: Write> Output<W> {
    /// Says a line, or several. After one that couldn't be written, nothing more. What a terminal would
    /// obey is escaped: names of columns, classes and files are in it.
    pub(crate) fn say(&mut self, text: impl Display) {
        self.write(&visible(&text.to_string()));
    }

    /// Says lines that programs read: whatever is in them stays as it is, unless a terminal shows it.
    pub(crate) fn data(&mut self, text: &str) {
        match self.terminal {
            true => self.say(text),
            false => self.write(text),
        }
    }

    fn write(&mut self, text: &str) {
        if self.failed.is_none() {
            self.failed = writeln!(self.out, "{text}").and_then(|()| self.out.flush()).err();
        }
    }

    /// Says that an answer is missing, as the exit status will.
    pub(crate) fn is_incomplete(&mut self) {
        self.incomplete = true;
    }

    /// Fails when an answer wasn't written, and says whether all were there. Nobody misses one where the reader has gone: `plywood
    /// models | head -1` has enough.
    pub(crate) fn end(self) -> Result<bool> {
        match self.failed {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                let message = format!("can't write the answer: {error}");
                Err(Error::new(plywood::tensor::ErrorKind::Io, message).caused_by(error))
            }
            _ => Ok(!self.incomplete),
        }
    }
}

/// Bold, in one of the terminal's own colours.
const RED: &str = "1;31";
const CYAN: &str = "1;36";

/// Whether standard error is a terminal that shows colours, and its user hasn't asked for none. Those of
/// Windows would have to be told first that there are colours.
fn has_colours() -> bool {
    let is = |name, value: fn(&str) -> bool| {
        std::env::var_os(name).is_some_and(|own| value(&own.to_string_lossy()))
    };
    io::stderr().is_terminal()
        && !cfg!(windows)
        && !is("NO_COLOR", |value| !value.is_empty())
        && !is("TERM", |value| value == "dumb")
}

/// The word that a line begins with.
fn label(word: &str, colour: &str, coloured: bool) -> String {
    if coloured { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word.to_owned() }
}

/// Tells of an error on standard error, if that can be written.
pub(crate) fn complain(error: &Error) {
    let _ = writeln!(io::stderr(), "{} {error}", label("error:", RED, has_colours()));
}

/// Tells on standard error how something was taken, if that can be written.
pub(crate) fn note(text: impl Display) {
    let label = label("note:", CYAN, has_colours());
    let _ = writeln!(io::stderr(), "{label} {}", visible_line(&text.to_string()));
}

/// Tells on standard error what is going on, if that can be written.
pub(crate) fn progress(text: impl Display) {
    let _ = writeln!(io::stderr(), "{}", visible(&text.to_string()));
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(ErrorKind, usize);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            self.1 += 1;
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_what_somebody_misses_is_an_error() {
        let end = |kind| {
            let mut output =
                Output { out: Broken(kind, 0), terminal: false, failed: None, incomplete: false };
            output.say("one");
            output.say("two");
            assert_eq!(output.out.1, 1);
            output.end().map_err(|error| error.to_string())
        };
        assert_eq!(end(ErrorKind::BrokenPipe), Ok(true));
        let full = end(ErrorKind::StorageFull).unwrap_err();
        assert_eq!(full, "can't write the answer: no storage space");
    }

    #[test]
    fn labels_have_a_colour_where_there_are_some() {
        assert_eq!(label("note:", CYAN, false), "note:");
        assert_eq!(label("note:", CYAN, true), "\u{1b}[1;36mnote:\u{1b}[0m");
    }

    #[test]
    fn a_terminal_has_nothing_to_obey() {
        let said = |terminal| {
            let mut output = Output { out: Vec::new(), terminal, failed: None, incomplete: false };
            output.say("\u{1b}[2J\n");
            output.data("\u{7},1");
            String::from_utf8(output.out).unwrap()
        };
        assert_eq!(said(true), "\\u{1b}[2J\n\n\\u{7},1\n");
        assert_eq!(said(false), "\\u{1b}[2J\n\n\u{7},1\n");
    }
}
