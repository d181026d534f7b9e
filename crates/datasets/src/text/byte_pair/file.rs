//! The file of an encoding: GPT-2's `merges.txt`, a pair in each line, that other programs read too.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use plywood_tensor::{Error, ErrorKind, Result, replace_file, visible};

use super::{BytePairEncoding, FIRST_BYTE, FIRST_PAIR, MOST_TOKENS, Tables};
use crate::readers::source::{Source, with_file};

const HEAD: &str = "#version: 0.2";
/// A file may not be longer, in bytes: it has at most `MOST_TOKENS` lines, and they are short.
const LONGEST: usize = 1 << 30;

/// The character that stands for a byte: itself, if it can be seen, or one from 256 on.
fn shown(byte: u8) -> char {
    let is_seen = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if is_seen(byte) {
        return char::from(byte);
    }
    let hidden = (0..byte).filter(|&byte| !is_seen(byte)).count() as u32;
    char::from_u32(256 + hidden).unwrap_or(char::REPLACEMENT_CHARACTER)
}

impl BytePairEncoding {
    /// Writes the pairs as GPT-2's `merges.txt`: the two texts of each in a line of its own, `Ġ` for a space.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write(&self, mut writer: impl Write) -> Result<()> {
        let tables = &self.0;
        let text = |token: u32| -> String {
            tables.texts[token as usize].iter().map(|&byte| shown(byte)).collect()
        };
        let mut lines = format!("{HEAD}\n");
        for &[left, right] in &tables.merges {
            lines += &format!("{} {}\n", text(left), text(right));
        }
        writer.write_all(lines.as_bytes()).map_err(|error| {
            Error::new(ErrorKind::Io, format!("can't write the pairs: {error}"))
                .operation("byte_pair_encoding")
                .caused_by(error)
        })
    }

    /// As [`write`](Self::write), into a file, which is replaced at once or not at all.
    ///
    /// # Errors
    /// When writing fails.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut bytes = Vec::new();
        self.write(&mut bytes)?;
        replace_file(path, &bytes)
    }

    /// Reads the pairs that [`write`](Self::write) has written, or GPT-2's own. Tokens are numbered as those of an
    /// encoding that is learnt.
    ///
    /// ```
    /// use plywood_datasets::BytePairEncoding;
    ///
    /// let encoding = BytePairEncoding::read(&b"#version: 0.2\nd o\ndo g\n"[..])?;
    /// assert_eq!(encoding.encode("dog").len(), 1);
    /// let error = BytePairEncoding::read(&b"d o\ndig s\n"[..]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "byte_pair_encoding: line 2: `dig` is neither a byte nor a pair of the lines before"
    /// );
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a line isn't two tokens that are there already, or there are too many.
    pub fn read(reader: impl Read) -> Result<Self> {
        read(reader).map_err(|error| error.operation("byte_pair_encoding"))
    }

    /// As [`read`](Self::read), from a file, plain or gzipped.
    ///
    /// # Errors
    /// As for [`read`](Self::read), and when the file can't be read; the error names it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        with_file(path.as_ref(), Self::read)
    }
}

fn read(reader: impl Read) -> Result<BytePairEncoding> {
    let bytes = Source::new(reader)?.rest(LONGEST)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::data("it isn't UTF-8").hint("is it the `merges.txt` of an encoding?")
    })?;
    let bytes_of: HashMap<char, u8> = (0..=u8::MAX).map(|byte| (shown(byte), byte)).collect();
    let mut tables = Tables::of_bytes();
    for (place, line) in text.lines().enumerate() {
        if line.is_empty() || (place == 0 && line.starts_with("#version")) {
            continue;
        }
        let refuse = |message: String| Err(Error::data(format!("line {}: {message}", place + 1)));
        let parts: Vec<&str> = line.split(' ').collect();
        let &[left, right] = &parts[..] else {
            return refuse("it should be two tokens with a space between".to_owned());
        };
        let mut pair = [FIRST_BYTE; 2];
        for (token, text) in pair.iter_mut().zip([left, right]) {
            let bytes: Option<Vec<u8>> = text.chars().map(|c| bytes_of.get(&c).copied()).collect();
            match bytes.and_then(|bytes| tables.of_text.get(&bytes)) {
                Some(&known) => *token = known,
                None => {
                    return refuse(format!(
                        "`{}` is neither a byte nor a pair of the lines before",
                        visible(text)
                    ));
                }
            }
        }
        if tables.of_pair.contains_key(&pair) {
            return refuse("the pair is there already".to_owned());
        }
        if tables.merges.len() >= MOST_TOKENS - FIRST_PAIR {
            return refuse(format!("more than {MOST_TOKENS} tokens"));
        }
        tables.merge(pair);
    }
    Ok(BytePairEncoding(Arc::new(tables)))
}
