//! CSV to tables.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Trim};
use plywood_tensor::{Error, Result, memory};

use super::Table;
use super::column::{Kind, Texts};
use crate::readers::source::{Source, failed, most_unpacked, with_file};

/// How to read a table from CSV, plain or gzipped.
///
/// A column has numbers if at least half of its values are numbers, and then all must be; else it
/// has categories. Dates as 2021-03-14, with or without a time, become the number of days since
/// 1970. Spaces around a value don't count. Missing is what is empty, `NA` or `NaN`.
///
/// ```
/// use plywood_datasets::Csv;
///
/// let file = "zip;price;note\n50010; 120 ;new\n50014;?;old\n";
/// let houses = Csv::new()
///     .delimiter(b';')
///     .categorical(["zip"]) // digits, but not an amount of anything
///     .missing(["?"])
///     .read(file.as_bytes())?;
/// assert_eq!(houses.categories("zip")?, [Some("50010"), Some("50014")]);
/// assert_eq!((houses.numbers("price")?[0], houses.missing("price")?), (120.0, 1));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    delimiter: u8,
    names: Option<Vec<String>>,
    kinds: Vec<(String, Kind)>,
    missing: Vec<String>,
    limit: Option<u64>,
}

impl Csv {
    /// Values between commas, names in the first line, types found out.
    pub fn new() -> Self {
        Self {
            delimiter: b',',
            names: None,
            kinds: Vec::new(),
            missing: ["", "NA", "NaN"].map(String::from).to_vec(),
            limit: None,
        }
    }

    /// What stands between values.
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// The columns' names, for a file whose first line has values already.
    #[must_use]
    pub fn names<Name: Into<String>>(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.names = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Columns that have numbers, whatever it looks like.
    #[must_use]
    pub fn numeric<Name: Into<String>>(self, names: impl IntoIterator<Item = Name>) -> Self {
        self.kind(names, Kind::Numeric)
    }

    /// Columns that have categories, whatever it looks like.
    #[must_use]
    pub fn categorical<Name: Into<String>>(self, names: impl IntoIterator<Item = Name>) -> Self {
        self.kind(names, Kind::Categorical)
    }

    fn kind<Name: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = Name>,
        kind: Kind,
    ) -> Self {
        let kinds = names.into_iter().map(|name| (name.into(), kind));
        self.kinds.extend(kinds);
        self
    }

    /// Texts that stand for a missing value, besides the usual ones.
    #[must_use]
    pub fn missing<Text: Into<String>>(mut self, texts: impl IntoIterator<Item = Text>) -> Self {
        self.missing.extend(texts.into_iter().map(Into::into));
        self
    }

    /// The most bytes to read, unpacked: a quarter of the [memory budget](memory::budget) unless it is
    /// said. A small gzipped file can unpack to more than memory holds.
    #[must_use]
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = Some(bytes);
        self
    }

    /// Reads a table.
    ///
    /// # Errors
    /// When reading fails, there are no rows, a row has more or fewer values than there are
    /// columns, a column of numbers has something else, two columns have one name, or a declared
    /// column isn't there. The error says the line.
    pub fn read(&self, reader: impl Read) -> Result<Table> {
        self.table(reader).map_err(|e| e.operation("csv"))
    }

    /// Reads a table from a file.
    ///
    /// # Errors
    /// As [`read`](Self::read); the error names the file.
    pub fn read_file(&self, path: impl AsRef<Path>) -> Result<Table> {
        with_file(path.as_ref(), |file| self.read(file))
    }

    fn table(&self, reader: impl Read) -> Result<Table> {
        let (limit, raise) = match self.limit {
            Some(limit) => (limit, "raise it by Csv::limit"),
            None => (most_unpacked(), "if you trust the file, raise it by Csv::limit"),
        };
        let source = Source::within(reader, limit, raise)?.without_mark()?;
        let mut rows = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(false)
            // Its own error for rows of another length doesn't say the columns' names.
            .flexible(true)
            .trim(Trim::All)
            .from_reader(source);
        let mut row = ByteRecord::new();
        let mut next = |row: &mut ByteRecord| match rows.read_byte_record(row) {
            Ok(there) => Ok(there.then(|| row.position().map_or(0, |p| p.line()))),
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) => failed(error),
                kind => Error::data(format!("{kind:?}")),
            }),
        };

        let names = match &self.names {
            Some(names) => names.clone(),
            None => match next(&mut row)? {
                Some(line) => {
                    // A column takes a hundred times what its comma does.
                    memory::check(row.len().saturating_mul(size_of::<Texts>()))?;
                    let names = (0..row.len()).map(|place| text(&row, place, line));
                    names.map(|name| name.map(str::to_owned)).collect::<Result<_>>()?
                }
                None => return Err(Error::data("the file is empty, not even a header is there")),
            },
        };
        let mut columns = columns(names)?;
        let kinds = self.declared(&columns)?;

        let mut lines = Vec::new();
        while let Some(line) = next(&mut row)? {
            if row.len() != columns.len() {
                return Err(Error::data(format!(
                    "{} values, there are {} columns",
                    row.len(),
                    columns.len()
                ))
                .at(format!("line {line}"))
                .hint("a value with the delimiter in it must be in quotes"));
            }
            for (place, column) in columns.iter_mut().enumerate() {
                let text = text(&row, place, line)?;
                let missing = self.missing.iter().any(|missing| missing == text);
                column.push((!missing).then_some(text), line);
            }
            lines.push(line);
        }
        if lines.is_empty() {
            return Err(Error::data("there are no rows"));
        }
        let columns = columns.into_iter().zip(kinds);
        let columns = columns.map(|(column, kind)| column.finish(kind));
        Ok(Table::new(columns.collect::<Result<_>>()?, lines))
    }

    /// What is declared of each column, the last word counting.
    fn declared(&self, columns: &[Texts]) -> Result<Vec<Option<Kind>>> {
        let mut kinds = vec![None; columns.len()];
        for (name, kind) in &self.kinds {
            let place = columns.iter().position(|column| column.name == *name);
            let place = place.ok_or_else(|| {
                let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
                Error::value(format!("there is no column `{name}`"))
                    .hint(format!("the columns are {}", names.join(", ")))
            })?;
            kinds[place] = Some(*kind);
        }
        Ok(kinds)
    }
}

impl Default for Csv {
    fn default() -> Self {
        Self::new()
    }
}

/// A value of a row, which must be text.
fn text(row: &ByteRecord, place: usize, line: u64) -> Result<&str> {
    std::str::from_utf8(row.get(place).unwrap_or_default()).map_err(|_| {
        Error::data(format!("value {} is not UTF-8 text", place + 1))
            .at(format!("line {line}"))
            .hint("save the file as UTF-8")
    })
}

/// Empty columns with these names. A nameless one, as tools write for row numbers, gets its place
/// for a name.
fn columns(names: Vec<String>) -> Result<Vec<Texts>> {
    let mut columns = memory::vec_with_capacity(names.len())?;
    let mut places = HashMap::new();
    for (place, name) in names.into_iter().enumerate() {
        let name = match name.as_str() {
            "" => format!("column {}", place + 1),
            _ => name,
        };
        if let Some(other) = places.insert(name.clone(), place) {
            return Err(Error::data(format!(
                "columns {} and {} are both named `{name}`",
                other + 1,
                place + 1
            )));
        }
        columns.push(Texts::new(name));
    }
    Ok(columns)
}
