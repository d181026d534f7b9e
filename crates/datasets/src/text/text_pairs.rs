//! Pairs of sentences: two files whose lines belong together, or one file of two columns.

use std::fmt;
use std::io::Read;
use std::path::Path;

use plywood_tensor::{Error, Result};

use crate::dataset::check_subset;
use crate::readers::source::{Source, most_unpacked};
use crate::split::{Split, Strata};

/// The longest sentence, in bytes. What is longer is no sentence: an attention takes memory that grows with its square.
const LONGEST: usize = 4_000;

/// Sentences and their translations, in the order of their files.
///
/// A sentence is a line, without the spaces at its ends. Lines that are empty in both languages are left out, and
/// [noted](Self::notes); a line whose pair is missing or empty is refused.
///
/// ```
/// use plywood_datasets::TextPairs;
///
/// let english = &b"A dog runs.\nTwo men eat.\n"[..];
/// let french = &"Un chien court.\r\nDeux hommes mangent.\r\n".as_bytes()[..];
/// let pairs = TextPairs::read(english, french)?;
/// assert_eq!((pairs.len(), pairs.sources()[0].as_str()), (2, "A dog runs."));
/// assert_eq!(pairs.targets()[1], "Deux hommes mangent.");
///
/// let error = TextPairs::read(&b"A dog runs.\n\n"[..], &b"Un chien court.\nDeux.\n"[..]).unwrap_err();
/// assert_eq!(error.to_string(), "sources: line 2 is empty, the same line of targets isn't");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextPairs {
    sources: Vec<String>,
    targets: Vec<String>,
    /// The line of each pair, counted from 1.
    lines: Vec<usize>,
    name: String,
    notes: Vec<PairNote>,
}

/// What was mended in files of sentences so that they could be read. Its text is part of a line, without the file's
/// name. [`TextPairs::notes`] has them.
///
/// ```
/// use plywood_datasets::{PairNote, TextPairs};
///
/// let pairs = TextPairs::read_columns(&b"A dog.\tUn chien.\n\nA cat.\tUn chat.\n"[..])?;
/// assert_eq!(pairs.notes(), [PairNote::Empty { count: 1, line: 2 }]);
/// assert_eq!(pairs.notes()[0].to_string(), "1 empty line was left out, line 2");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PairNote {
    /// Lines without a sentence in either language were left out.
    Empty {
        /// How many.
        count: usize,
        /// The first, counted from 1.
        line: usize,
    },
    /// Lines are no UTF-8: what isn't became `�`.
    NotUtf8 {
        /// How many.
        count: usize,
        /// The first, counted from 1.
        line: usize,
    },
}

impl fmt::Display for PairNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, line, one, more) = match *self {
            Self::Empty { count, line } => {
                (count, line, "empty line was left out", "empty lines were left out")
            }
            Self::NotUtf8 { count, line } => {
                (count, line, "line isn't UTF-8 throughout", "lines aren't UTF-8 throughout")
            }
        };
        match count {
            1 => write!(f, "1 {one}, line {line}"),
            _ => write!(f, "{count} {more}, the first is line {line}"),
        }
    }
}

/// The lines of a file, and which of them aren't UTF-8.
struct Lines {
    name: String,
    lines: Vec<String>,
    damaged: Vec<usize>,
}

impl Lines {
    fn of(name: &str, reader: impl Read) -> Result<Self> {
        let read = || {
            let most = usize::try_from(most_unpacked()).unwrap_or(usize::MAX) - 1;
            let bytes = Source::new(reader)?.rest(most)?;
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
            let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
            let (mut lines, mut damaged) = (Vec::new(), Vec::new());
            for (place, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
                if line.len() > 2 * LONGEST {
                    return Err(too_long(place + 1, line.len()));
                }
                if std::str::from_utf8(line).is_err() {
                    damaged.push(place + 1);
                }
                lines.push(String::from_utf8_lossy(line).into_owned());
            }
            Ok((lines, damaged))
        };
        let (lines, damaged) = read().map_err(|error: Error| error.at(name))?;
        Ok(Self { name: name.to_owned(), lines, damaged })
    }
}

fn too_long(line: usize, bytes: usize) -> Error {
    Error::data(format!("line {line} has {bytes} bytes, a sentence has at most {LONGEST}"))
        .hint("cut it into sentences, one a line")
}

impl TextPairs {
    /// Reads a file of sentences and one of their translations, line by line; each plain or gzipped.
    ///
    /// # Errors
    /// When a file can't be read, has more lines than the other, an empty line where the other has none, or a line of
    /// more than 4,000 bytes; or when there are no sentences. The error names the file and the line.
    pub fn open(sources: impl AsRef<Path>, targets: impl AsRef<Path>) -> Result<Self> {
        let of = |path: &Path| {
            let name = path.display().to_string();
            let file = std::fs::File::open(path).map_err(|error| Error::io("open", path, error))?;
            Lines::of(&name, file)
        };
        Self::of_lines(of(sources.as_ref())?, of(targets.as_ref())?)
    }

    /// As [`open`](Self::open), from any readers; errors call them `sources` and `targets`.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn read(sources: impl Read, targets: impl Read) -> Result<Self> {
        Self::of_lines(Lines::of("sources", sources)?, Lines::of("targets", targets)?)
    }

    /// Reads a file whose lines have a sentence, a tab and its translation.
    ///
    /// # Errors
    /// As for [`open`](Self::open), and when a line hasn't exactly one tab.
    pub fn open_columns(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = std::fs::File::open(path).map_err(|error| Error::io("open", path, error))?;
        Self::columns(&path.display().to_string(), file)
    }

    /// As [`open_columns`](Self::open_columns), from any reader; errors call it `pairs`.
    ///
    /// # Errors
    /// As for [`open_columns`](Self::open_columns).
    pub fn read_columns(reader: impl Read) -> Result<Self> {
        Self::columns("pairs", reader)
    }

    fn columns(name: &str, reader: impl Read) -> Result<Self> {
        let Lines { name, lines, damaged } = Lines::of(name, reader)?;
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for (place, line) in lines.iter().enumerate() {
            let parts: Vec<&str> = line.split('\t').collect();
            match parts[..] {
                [one] if one.trim().is_empty() => {
                    left.push(String::new());
                    right.push(String::new());
                }
                [source, target] => {
                    left.push(source.to_owned());
                    right.push(target.to_owned());
                }
                _ => {
                    let tabs = parts.len() - 1;
                    return Err(Error::data(format!("line {} has {tabs} tabs", place + 1))
                        .at(&name)
                        .hint("a sentence, a tab and its translation are a line"));
                }
            }
        }
        let of = |lines, damaged| Lines { name: name.clone(), lines, damaged };
        Self::of_lines(of(left, damaged), of(right, Vec::new()))
    }

    fn of_lines(sources: Lines, targets: Lines) -> Result<Self> {
        let mut pairs = Self { name: sources.name.clone(), ..Self::default() };
        let [longer, shorter] = match sources.lines.len() >= targets.lines.len() {
            true => [&sources, &targets],
            false => [&targets, &sources],
        };
        if longer.lines.len() > shorter.lines.len() {
            return Err(Error::data(format!(
                "line {} has no pair: {} has {} lines",
                shorter.lines.len() + 1,
                shorter.name,
                shorter.lines.len()
            ))
            .at(&longer.name));
        }
        let mut empty = Vec::new();
        for (place, (source, target)) in sources.lines.iter().zip(&targets.lines).enumerate() {
            let line = place + 1;
            let [left, right] = [source.trim(), target.trim()];
            let one_empty = |own: &Lines, other: &Lines| {
                if own.name == other.name {
                    return Error::data(format!("line {line} has an empty column")).at(&own.name);
                }
                let message =
                    format!("line {line} is empty, the same line of {} isn't", other.name);
                Error::data(message).at(&own.name)
            };
            match (left.is_empty(), right.is_empty()) {
                (true, true) => empty.push(line),
                (true, false) => return Err(one_empty(&sources, &targets)),
                (false, true) => return Err(one_empty(&targets, &sources)),
                (false, false) => {
                    for (text, lines) in [(left, &sources), (right, &targets)] {
                        if text.len() > LONGEST {
                            return Err(too_long(line, text.len()).at(&lines.name));
                        }
                    }
                    pairs.sources.push(left.to_owned());
                    pairs.targets.push(right.to_owned());
                    pairs.lines.push(line);
                }
            }
        }
        if pairs.is_empty() {
            return Err(Error::data("there are no sentences").at(&sources.name));
        }
        if let Some(&line) = empty.first() {
            pairs.notes.push(PairNote::Empty { count: empty.len(), line });
        }
        for lines in [&sources, &targets] {
            if let Some(&line) = lines.damaged.first() {
                pairs.notes.push(PairNote::NotUtf8 { count: lines.damaged.len(), line });
            }
        }
        Ok(pairs)
    }

    /// The number of pairs.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether there are none: only of a part that was taken of others.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// The sentences.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Their translations.
    pub fn targets(&self) -> &[String] {
        &self.targets
    }

    /// What was mended.
    pub fn notes(&self) -> &[PairNote] {
        &self.notes
    }

    /// What errors call a pair: its line in its file.
    pub fn pair_name(&self, index: usize) -> String {
        format!("{}: line {}", self.name, self.lines[index])
    }
}

impl Split for TextPairs {
    fn strata(&self) -> Strata {
        Strata::None(self.len())
    }

    fn subset(&self, indices: &[usize]) -> Result<Self> {
        check_subset(indices, self.len())?;
        let texts = |of: &[String]| indices.iter().map(|&index| of[index].clone()).collect();
        Ok(Self {
            sources: texts(&self.sources),
            targets: texts(&self.targets),
            lines: indices.iter().map(|&index| self.lines[index]).collect(),
            name: self.name.clone(),
            notes: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn refused(sources: &[u8], targets: &[u8]) -> String {
        TextPairs::read(sources, targets).unwrap_err().to_string()
    }

    #[test]
    fn lines_that_have_no_pair_are_refused() {
        let long = "a".repeat(LONGEST + 1);
        for (sources, targets, says) in [
            ("a\nb\nc", "d\n", "sources: line 2 has no pair: targets has 1 lines"),
            ("a", "d\ne\n", "targets: line 2 has no pair: sources has 1 lines"),
            ("a\nb", "d\n \n", "targets: line 2 is empty, the same line of sources isn't"),
            ("", "\n", "sources: there are no sentences"),
            (
                &long,
                "d",
                "sources: line 1 has 4001 bytes, a sentence has at most 4000; cut it into sentences, one a line",
            ),
        ] {
            assert_eq!(refused(sources.as_bytes(), targets.as_bytes()), says);
        }
        let endless = vec![b'a'; 3 * LONGEST];
        assert!(refused(&endless, b"d").starts_with("sources: line 1 has 12000 bytes"));
    }

    #[test]
    fn columns_are_divided_by_one_tab() {
        let of = |text: &str| TextPairs::read_columns(text.as_bytes());
        let pairs = of("\u{feff}A dog.\tUn chien.\r\nA cat. \t Un chat.").unwrap();
        assert_eq!(pairs.sources(), ["A dog.", "A cat."]);
        assert_eq!(pairs.targets(), ["Un chien.", "Un chat."]);
        let hint = "a sentence, a tab and its translation are a line";
        for (text, says) in [
            ("a\tb\nc d\n", format!("pairs: line 2 has 0 tabs; {hint}")),
            ("a\tb\tc\n", format!("pairs: line 1 has 2 tabs; {hint}")),
            ("a\tb\nc\t\n", "pairs: line 2 has an empty column".to_owned()),
        ] {
            assert_eq!(of(text).unwrap_err().to_string(), says);
        }
    }

    #[test]
    fn what_is_mended_is_noted() {
        let pairs = TextPairs::read(&b"a\n\n\xff\n\n"[..], &b"d\n \nf\n\n"[..]).unwrap();
        assert_eq!(pairs.sources(), ["a", "\u{fffd}"]);
        let notes: Vec<String> = pairs.notes().iter().map(ToString::to_string).collect();
        assert_eq!(
            notes,
            [
                "2 empty lines were left out, the first is line 2",
                "1 line isn't UTF-8 throughout, line 3"
            ]
        );
        let part = pairs.subset(&[1]).unwrap();
        assert_eq!(
            (part.targets(), part.pair_name(0)),
            (&["f".to_owned()][..], "sources: line 3".to_owned())
        );
    }

    #[test]
    fn files_are_plain_or_gzipped_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let [zipped, plain] = ["en.gz", "fr"].map(|name| folder.path().join(name));
        let mut encoder =
            GzEncoder::new(std::fs::File::create(&zipped).unwrap(), Compression::fast());
        encoder.write_all(b"A dog.\nA cat.\n").unwrap();
        encoder.finish().unwrap();
        std::fs::write(&plain, "Un chien.\n").unwrap();
        let error = TextPairs::open(&zipped, &plain).unwrap_err().to_string();
        let [zipped, plain] = [zipped, plain].map(|path| path.display().to_string());
        assert_eq!(error, format!("{zipped}: line 2 has no pair: {plain} has 1 lines"));
        std::fs::write(&plain, "Un chien.\nUn chat.\n").unwrap();
        assert_eq!(TextPairs::open(&zipped, &plain).unwrap().len(), 2);
        assert!(TextPairs::open_columns(&plain).unwrap_err().to_string().starts_with(&plain));
    }
}
