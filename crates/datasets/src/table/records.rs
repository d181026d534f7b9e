//! The records of delimited text, by the rules of RFC 4180, and where they break them.

use std::borrow::Cow;

use plywood_tensor::{Error, Result, memory};

use super::text::line_ends;

/// Reads one record after the other.
///
/// A quote at the beginning of a value, also after spaces if it closes in its line, encloses it; within,
/// it is written twice. Elsewhere a quote is a letter.
#[derive(Clone)]
pub(super) struct Records<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    delimiter: u8,
}

/// A line of values, or several where values have line ends in them.
#[derive(Default)]
pub(super) struct Record<'a> {
    pub(super) values: Vec<Value<'a>>,
    /// Where it begins.
    pub(super) line: u64,
    /// Its values that have line ends in them.
    pub(super) joined: Vec<Joined<'a>>,
}

pub(super) struct Value<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) quoted: bool,
}

/// A value of several lines.
#[derive(Clone, Copy)]
pub(super) struct Joined<'a> {
    pub(super) place: usize,
    pub(super) line: u64,
    pub(super) last_line: u64,
    /// What stands between its quotes.
    pub(super) raw: &'a str,
}

/// A quote that makes no sense.
pub(super) struct Misquoted {
    /// The place of the value that it opens.
    pub(super) place: usize,
    pub(super) line: u64,
    /// Where it closes, and what follows there; nothing if it doesn't.
    follows: Option<(u64, String)>,
}

/// Why there is no next record.
pub(super) enum Broken {
    Quote(Misquoted),
    Memory(Error),
}

enum End {
    Value,
    Record,
}

const QUOTE: u8 = b'"';

impl<'a> Records<'a> {
    /// The records from the byte `at`, which is in this line.
    pub(super) fn new(text: &'a str, at: usize, line: u64, delimiter: u8) -> Self {
        Self { text, at, line, delimiter }
    }

    /// The byte where the next record begins, and its line.
    pub(super) fn position(&self) -> (usize, u64) {
        (self.at, self.line)
    }

    /// Reads the next record; false if there is none.
    pub(super) fn next(&mut self, record: &mut Record<'a>) -> Result<bool, Broken> {
        record.values.clear();
        record.joined.clear();
        record.line = self.line;
        if self.at == self.text.len() {
            return Ok(false);
        }
        loop {
            // Values take many times what their delimiters do.
            let (len, capacity) = (record.values.len(), record.values.capacity());
            if len == capacity {
                let more = capacity.max(8);
                memory::check(2 * more * size_of::<Value>()).map_err(Broken::Memory)?;
                record.values.reserve(more);
            }
            let value = match self.opening() {
                Some(quote) => self.quoted(quote, record).map_err(Broken::Quote)?,
                None => {
                    let end = self.value_end(self.at);
                    let text = &self.text[self.at..end];
                    self.at = end;
                    Value { text: Cow::Borrowed(text), quoted: false }
                }
            };
            record.values.push(value);
            if let End::Record = self.end() {
                return Ok(true);
            }
        }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The delimiter or line end that follows a byte, or the end of the text.
    fn value_end(&self, from: usize) -> usize {
        let ends = |&byte: &u8| byte == self.delimiter || byte == b'\n' || byte == b'\r';
        self.bytes()[from..].iter().position(ends).map_or(self.text.len(), |end| from + end)
    }

    /// Where the quote is that encloses the next value.
    fn opening(&self) -> Option<usize> {
        let quote = self.after_spaces(self.at);
        if self.bytes().get(quote) != Some(&QUOTE) {
            return None;
        }
        if quote == self.at {
            return Some(quote);
        }
        // After spaces it may be a letter: `5, "quoted" words`.
        let close =
            self.closing(quote).filter(|&close| !self.text[quote..close].contains(['\n', '\r']))?;
        self.ends_value(self.after_spaces(close + 1)).then_some(quote)
    }

    fn after_spaces(&self, from: usize) -> usize {
        let space = |&&byte: &&u8| (byte == b' ' || byte == b'\t') && byte != self.delimiter;
        from + self.bytes()[from..].iter().take_while(space).count()
    }

    fn ends_value(&self, at: usize) -> bool {
        self.bytes()
            .get(at)
            .is_none_or(|&byte| byte == self.delimiter || matches!(byte, b'\n' | b'\r'))
    }

    /// The quote that closes the one at this byte: the first one that isn't one of two.
    fn closing(&self, quote: usize) -> Option<usize> {
        let mut at = quote + 1;
        loop {
            at += self.bytes().get(at..)?.iter().position(|&byte| byte == QUOTE)?;
            if self.bytes().get(at + 1) != Some(&QUOTE) {
                return Some(at);
            }
            at += 2;
        }
    }

    fn quoted(&mut self, quote: usize, record: &mut Record<'a>) -> Result<Value<'a>, Misquoted> {
        let (place, line) = (record.values.len(), self.line);
        let close = self.closing(quote).ok_or(Misquoted { place, line, follows: None })?;
        let raw = &self.text[quote + 1..close];
        let ends = line_ends(raw);
        self.line += ends;
        self.at = self.after_spaces(close + 1);
        if !self.ends_value(self.at) {
            let rest = &self.text[self.at..self.value_end(self.at)];
            let follows = Some((self.line, rest.chars().take(20).collect()));
            return Err(Misquoted { place, line, follows });
        }
        if ends > 0 {
            record.joined.push(Joined { place, line, last_line: self.line, raw });
        }
        let text = match raw.contains('"') {
            true => Cow::Owned(raw.replace("\"\"", "\"")),
            false => Cow::Borrowed(raw),
        };
        Ok(Value { text, quoted: true })
    }

    /// Goes past what ends a value.
    fn end(&mut self) -> End {
        let rest = &self.bytes()[self.at..];
        let ends = match rest {
            [] => return End::Record,
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => {
                self.at += 1;
                return End::Value;
            }
        };
        self.at += ends;
        self.line += 1;
        End::Record
    }
}

impl Record<'_> {
    /// Whether nothing stands in the line but spaces.
    pub(super) fn is_blank(&self) -> bool {
        matches!(&self.values[..], [value] if !value.quoted && value.text.trim().is_empty())
    }
}

impl Misquoted {
    /// Whether there is a quote that closes it, where none can.
    pub(super) fn is_closed(&self) -> bool {
        self.follows.is_some()
    }

    /// The error, with what the value is called.
    pub(super) fn error(self, value: &str) -> Error {
        let Self { line, follows, .. } = self;
        let error = match follows {
            None => Error::data(format!("{value} opens a quote that is never closed"))
                .hint("close it; a value that begins with a quote is written \"\"\"so"),
            Some((closed, text)) if closed == line => {
                Error::data(format!("{value}: `{text}` follows the quote that closes it"))
                    .hint("write a quote inside of quotes twice: \"5\"\" pipe\"")
            }
            Some((closed, text)) => Error::data(format!(
                "{value} opens a quote that closes in line {closed}, where `{text}` follows"
            ))
            .hint("close it in its own line; write a quote inside of quotes twice: \"5\"\" pipe\""),
        };
        error.at(format!("line {line}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Rows = Vec<Vec<String>>;

    /// What is read, or the first error.
    fn read(text: &str, delimiter: u8) -> Result<Rows, String> {
        let mut records = Records::new(text, 0, 1, delimiter);
        let (mut record, mut rows) = (Record::default(), Vec::new());
        loop {
            match records.next(&mut record) {
                Ok(true) => {
                    let values = record.values.iter().map(|value| value.text.to_string());
                    rows.push(values.collect());
                }
                Ok(false) => return Ok(rows),
                Err(Broken::Quote(quote)) => {
                    let value = format!("value {}", quote.place + 1);
                    return Err(quote.error(&value).to_string());
                }
                Err(Broken::Memory(error)) => return Err(error.to_string()),
            }
        }
    }

    fn rows(text: &str) -> Rows {
        read(text, b',').unwrap()
    }

    #[test]
    fn values_and_lines() {
        assert_eq!(rows(""), Rows::new());
        assert_eq!(
            rows("a,b\r\n1,\r,\n\n"),
            [vec!["a", "b"], vec!["1", ""], vec!["", ""], vec![""]]
        );
        assert_eq!(rows("a"), [["a"]]);
        assert_eq!(rows("\"a,\"\"b\"\"\r\nc\" ,d\n"), [["a,\"b\"\r\nc", "d"]]);
        assert_eq!(rows("\"\",\"\"\"\"\n"), [["", "\""]]);
    }

    #[test]
    fn a_quote_inside_of_a_value_is_a_letter() {
        assert_eq!(rows("5\" pipe,it's \"so\"\n"), [["5\" pipe", "it's \"so\""]]);
        assert_eq!(rows("1, \"a, b\" ,c\n"), [["1", "a, b", "c"]]);
        assert_eq!(rows("1, \"a\" b,c\n"), [["1", " \"a\" b", "c"]]);
        assert_eq!(rows("1, \"a\n2,b\"\n"), [["1", " \"a"], ["2", "b\""]]);
        assert_eq!(read("1\t\"a\tb\"\n", b'\t').unwrap(), [["1", "a\tb"]]);
    }

    #[test]
    fn quotes_that_make_no_sense_are_named() {
        assert_eq!(
            read("a,b\n1,\"x\n2,y\n", b',').unwrap_err(),
            "line 2: value 2 opens a quote that is never closed; close it; a value that begins with a \
             quote is written \"\"\"so",
        );
        assert_eq!(
            read("a,b\n1,\"x\" y,\n", b',').unwrap_err(),
            "line 2: value 2: `y` follows the quote that closes it; write a quote inside of quotes \
             twice: \"5\"\" pipe\"",
        );
        assert_eq!(
            read("a,b\n1,\"x\r\n2,\"y\"\n", b',').unwrap_err(),
            "line 2: value 2 opens a quote that closes in line 3, where `y\"` follows; close it in its \
             own line; write a quote inside of quotes twice: \"5\"\" pipe\"",
        );
    }

    fn written(rows: &[Vec<String>], delimiter: u8, always: bool) -> String {
        let delimiter = char::from(delimiter);
        let value = |text: &String| {
            let needed =
                text.contains(['"', '\n', '\r', delimiter]) || text.starts_with([' ', '\t']);
            match needed || always {
                true => format!("\"{}\"", text.replace('"', "\"\"")),
                false => text.clone(),
            }
        };
        let line = |row: &Vec<String>| {
            let values: Vec<String> = row.iter().map(value).collect();
            values.join(&delimiter.to_string()) + "\n"
        };
        rows.iter().map(line).collect()
    }

    proptest! {
        #[test]
        fn prop_what_is_written_is_read(
            rows in proptest::collection::vec(
                proptest::collection::vec("[a1é ,;|\t\"\r\n.-]{0,6}", 2..5), 1..8,
            ),
            delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
            always: bool,
        ) {
            let text = written(&rows, delimiter, always);
            prop_assert_eq!(read(&text, delimiter), Ok(rows), "{}", text);
        }

        /// Where both read it, another crate's reader says the same. It skips blank lines, and has no
        /// errors of quotes; it takes no quote for an opening one after spaces.
        #[test]
        fn prop_another_reader_agrees(text in "[ab,\"\n]{0,40}") {
            if let Ok(rows) = read(&text, b',') {
                let mut reader =
                    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
                let theirs: Rows = reader
                    .records()
                    .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                    .collect();
                let mut records = Records::new(&text, 0, 1, b',');
                let (mut record, mut blank) = (Record::default(), Vec::new());
                while let Ok(true) = records.next(&mut record) {
                    blank.push(record.is_blank());
                }
                let ours: Rows =
                    rows.into_iter().zip(blank).filter(|(_, blank)| !blank).map(|(row, _)| row).collect();
                prop_assert_eq!(ours, theirs, "{:?}", text);
            }
        }
    }
}
