//! Text that comes bit by bit, as from a pipe.

use std::io::Read;

use plywood_tensor::Result;

use super::text;
use crate::readers::source::{Source, failed};

/// How much is asked for at a time.
const STEP: usize = 1 << 16;

/// Text of which the beginning is taken while more of it comes.
pub(super) struct Incoming<'a> {
    source: Source<'a>,
    /// What has come and isn't taken yet.
    text: String,
    /// The bytes of a letter of which the rest hasn't come.
    begun: Vec<u8>,
    /// The line ends before `text`.
    lines: u64,
    started: bool,
    ended: bool,
}

impl<'a> Incoming<'a> {
    /// The text of `reader`, unpacked if it is gzipped, of which at most so many bytes are read.
    pub(super) fn new(reader: impl Read + 'a, limit: u64) -> Result<Self> {
        let source = Source::within(reader, limit, "raise it by Csv::limit")?;
        let (text, begun) = (String::new(), Vec::new());
        Ok(Self { source, text, begun, lines: 0, started: false, ended: false })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing comes any more.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Takes the first bytes away, which end before this line.
    pub(super) fn take(&mut self, bytes: usize, line: u64) {
        self.text.drain(..bytes);
        self.lines = line - 1;
    }

    /// Waits for more.
    pub(super) fn wait(&mut self, notes: &mut Vec<String>) -> Result<()> {
        let first = !std::mem::replace(&mut self.started, true);
        let mut bytes = std::mem::take(&mut self.begun);
        loop {
            let begun = bytes.len();
            bytes.resize(begun + STEP, 0);
            let read = self.source.read(&mut bytes[begun..]).map_err(failed)?;
            bytes.truncate(begun + read);
            self.ended = read == 0;
            // The first bytes tell which format it is.
            if !first || self.ended || bytes.len() >= STEP || bytes.contains(&b'\n') {
                break;
            }
        }
        if first && matches!(bytes[..], [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
            // UTF-16 is what spreadsheets save, not what programs write to pipes.
            self.source.read_to_end(&mut bytes).map_err(failed)?;
            (self.text, self.ended) = (text::decode(bytes, notes)?, true);
            return Ok(());
        }
        let whole = match std::str::from_utf8(&bytes) {
            Err(error) if error.error_len().is_none() && !self.ended => error.valid_up_to(),
            _ => bytes.len(),
        };
        self.begun = bytes.split_off(whole);
        let more = match first {
            true => text::decode(bytes, notes),
            false => text::decode_more(bytes, || self.lines + text::line_ends(&self.text)),
        }?;
        self.text.push_str(&more);
        Ok(())
    }
}
