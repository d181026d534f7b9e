//! CSV that is read a few rows at a time, so that memory doesn't grow with the file.

use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};

use plywood_tensor::{Error, Result, visible_line};

use super::Table;
use super::csv::{Asked, Csv, Rows, header, misquoted, next};
use super::incoming::Incoming;
use super::layout::Layout;
use super::records::{Broken, Record, Records};
use super::shown::listed;
use super::texts::Wanted;
use crate::readers::source::with_file;

/// The most rows of a part.
const MOST_ROWS: usize = 4096;

/// The most bytes of a row: what a quote that is never closed can make one wait for.
const MOST_BYTES: usize = 1 << 24;

/// The rows of a table, a few at a time as they come: see [`Csv::stream`].
///
/// ```
/// use plywood_datasets::{ColumnType, Csv};
///
/// let csv = Csv::new().column("price", ColumnType::Number).only(["price"]);
/// let stream = csv.stream(&b"town;price\nAmes;950\n"[..])?;
/// assert_eq!(stream.names(), ["town", "price"]);
/// assert_eq!(stream.notes()[0], "the delimiter is `;`");
/// assert_eq!(stream.count(), 1);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct CsvStream<'a> {
    csv: Csv,
    incoming: Incoming<'a>,
    names: Vec<String>,
    delimiter: u8,
    line: u64,
    notes: Vec<String>,
    /// As errors name it.
    file: Option<PathBuf>,
    failed: bool,
}

/// Some rows of a table.
///
/// ```
/// use plywood_datasets::{ColumnType, Csv, CsvPart};
///
/// let csv = Csv::new().column("price", ColumnType::Number);
/// let CsvPart { rows, table } = csv.stream(&b"price\n950\n1,2\n"[..])?.next().unwrap()?;
/// // The second has a value too many.
/// assert_eq!((rows.len(), table.numbers("price")?), (2, vec![950.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct CsvPart {
    /// All rows, those that can't be read among them.
    pub rows: Vec<CsvRow>,
    /// The rows that could be read, in their order, with the columns that were asked for.
    pub table: Table,
}

/// A row as it stands in its file.
///
/// ```
/// use plywood_datasets::{ColumnType, Csv, CsvRow};
///
/// let csv = Csv::new().column("price", ColumnType::Number).only(["price"]);
/// let part = csv.stream(&b"town,price\n\"Ames, Iowa\",950\n"[..])?.next().unwrap()?;
/// let CsvRow { line, values, error } = &part.rows[0];
/// assert_eq!((*line, &values[..]), (2, &["Ames, Iowa".to_owned(), "950".to_owned()][..]));
/// assert!(error.is_none());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug)]
pub struct CsvRow {
    /// Where it begins, counted from 1.
    pub line: u64,
    /// The text of each column of the file, without the quotes around it; of a row that can't be read
    /// whatever was found.
    pub values: Vec<String>,
    /// Why it can't be read, if it can't.
    pub error: Option<Error>,
}

impl Csv {
    /// Reads a table a few rows at a time, for those whose columns are known: by a
    /// [schema](Self::schema), or declared. A row is given as soon as it is there, and one that can't be
    /// read doesn't end the others.
    ///
    /// ```
    /// use plywood_datasets::{Csv, Table};
    ///
    /// let sold = Table::read(&b"price,town\n1200,Ames\n900,Gilbert\n"[..])?;
    /// let more = b"town,price,note\nAmes,950,new\nAmes,cheap,\n";
    /// let mut rows = Vec::new();
    /// for part in Csv::new().schema(&sold.schema()).stream(&more[..])? {
    ///     let part = part?;
    ///     assert_eq!(part.table.numbers("price")?, [950.0]);
    ///     rows.extend(part.rows);
    /// }
    /// assert_eq!(rows[0].values, ["Ames", "950", "new"]);
    /// let error = rows[1].error.as_ref().unwrap().to_string();
    /// assert!(error.starts_with("line 3: csv: column `price`: `cheap` is not a number"));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When reading fails, there is no header, a column that was asked for isn't there, or its type isn't
    /// known.
    pub fn stream<'a>(&self, reader: impl Read + 'a) -> Result<CsvStream<'a>> {
        CsvStream::begin(self.clone(), reader).map_err(|e| e.operation("csv"))
    }

    /// As [`stream`](Self::stream), from a file.
    ///
    /// # Errors
    /// As those of [`stream`](Self::stream); they name the file.
    pub fn stream_file(&self, path: impl AsRef<Path>) -> Result<CsvStream<'static>> {
        let path = path.as_ref();
        let stream = with_file(path, |file| self.stream(file))?;
        Ok(CsvStream { file: Some(path.to_owned()), ..stream })
    }
}

impl<'a> CsvStream<'a> {
    fn begin(csv: Csv, reader: impl Read + 'a) -> Result<Self> {
        let mut incoming = Incoming::new(reader, csv.limit.unwrap_or(u64::MAX))?;
        let delimiter = csv.declared_delimiter()?;
        let mut notes = Vec::new();
        let Head { names, delimiter, at, line } = loop {
            notes.clear();
            incoming.wait(&mut notes)?;
            let found = csv.head(&incoming, delimiter, &mut notes);
            match found {
                Ok(Some(head)) => break head,
                Err(error) if incoming.has_ended() => return Err(error),
                // More lines may say more: titles stand before the names of columns.
                Ok(None) | Err(_) => {}
            }
        };
        incoming.take(at, line);
        let known = csv.known()?;
        let open = csv.columns(names.clone(), &known, &mut notes)?;
        let inferred = open.iter().filter_map(|column| column.texts.as_ref());
        let inferred =
            inferred.filter(|texts| matches!(known.wanted(&texts.name), Wanted::Inferred));
        let inferred: Vec<&str> = inferred.map(|texts| texts.name.as_str()).collect();
        if !inferred.is_empty() {
            return Err(Error::value(format!(
                "the types of {} aren't known, and can't be found out before all rows are there",
                listed(&inferred)
            ))
            .hint("give the schema of a table that was read, or declare them by Csv::column"));
        }
        Ok(Self { csv, incoming, names, delimiter, line, notes, file: None, failed: false })
    }

    /// The columns of the file.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What was found out before the first row, or read in another way than it was written, each in a
    /// line: see [`Table::notes`], which each part's table has of its rows.
    pub fn notes(&self) -> Vec<String> {
        self.notes.iter().map(|note| visible_line(note).into_owned()).collect()
    }

    fn part(&mut self) -> Result<Option<CsvPart>> {
        loop {
            let mut rows = Vec::new();
            let (taken, line) = self.rows(&mut rows)?;
            self.incoming.take(taken, line);
            self.line = line;
            if !rows.is_empty() {
                let table = self.table(&mut rows)?;
                for row in &mut rows {
                    row.error = row.error.take().map(|error| self.named(error));
                }
                return Ok(Some(CsvPart { rows, table }));
            }
            if self.incoming.has_ended() {
                return Ok(None);
            }
            if self.incoming.text().len() > 2 * MOST_BYTES {
                return Err(Error::data(format!("a row of more than {MOST_BYTES} bytes"))
                    .at(format!("line {line}")));
            }
            self.incoming.wait(&mut self.notes)?;
        }
    }

    /// The rows that are there as a whole; where the next one begins, and its line.
    fn rows(&self, rows: &mut Vec<CsvRow>) -> Result<(usize, u64)> {
        let (text, ended) = (self.incoming.text(), self.incoming.has_ended());
        let mut columns = self.columns()?;
        let checks =
            Rows { columns: &mut columns, missing: &self.csv.missing, delimiter: self.delimiter };
        let mut records = Records::new(text, 0, self.line, self.delimiter);
        let mut record = Record::default();
        let mut begin = records.position();
        while rows.len() < MOST_ROWS {
            let error = match records.next(&mut record) {
                Ok(false) => break,
                Ok(true) => {
                    let (at, _) = records.position();
                    if !(ended || at < text.len() || text.ends_with('\n')) {
                        break;
                    }
                    if record.is_blank() { None } else { checks.check(&record).err() }
                }
                Err(Broken::Memory(error)) => return Err(error),
                Err(Broken::Quote(quote)) => {
                    // The rest of an open quote may come.
                    if !quote.is_closed() && !ended && text.len() < MOST_BYTES {
                        break;
                    }
                    // The rows behind it may be well.
                    let (at, line) = begin;
                    let end = text[at..].find(['\n', '\r']).map(|end| &text[at + end..]);
                    let Some(rest) = end.or(ended.then_some("")) else { break };
                    let rest = rest.strip_prefix("\r\n").or(rest.get(1..)).unwrap_or("");
                    records = Records::new(text, text.len() - rest.len(), line + 1, self.delimiter);
                    Some(misquoted(quote, checks.columns))
                }
            };
            if error.is_some() || !record.is_blank() {
                let values = record.values.iter().map(|value| value.text.to_string()).collect();
                let error = error.map(|error| error.operation("csv"));
                rows.push(CsvRow { line: record.line, values, error });
            }
            begin = records.position();
        }
        Ok(begin)
    }

    /// An error that names the file.
    fn named(&self, error: Error) -> Error {
        match &self.file {
            Some(path) => error.at(path.display()),
            None => error,
        }
    }

    /// The columns that are asked for, without any row.
    fn columns<'t>(&self) -> Result<Vec<Asked<'t>>> {
        self.csv.columns(self.names.clone(), &self.csv.known()?, &mut Vec::new())
    }

    /// The table of rows, of which those that turn out to be unreadable get their error.
    fn table(&self, rows: &mut [CsvRow]) -> Result<Table> {
        if let Ok(table) = self.table_of(rows) {
            return Ok(table);
        }
        for row in rows.iter_mut().filter(|row| row.error.is_none()) {
            row.error = self.table_of(std::slice::from_ref(row)).err();
        }
        self.table_of(rows)
    }

    fn table_of(&self, rows: &[CsvRow]) -> Result<Table> {
        let mut columns = self.columns()?;
        let mut table =
            Rows { columns: &mut columns, missing: &self.csv.missing, delimiter: self.delimiter };
        let rows = rows.iter().filter(|row| row.error.is_none());
        let lines: Vec<u64> = rows.clone().map(|row| row.line).collect();
        for row in rows {
            table.take(row.values.iter().map(|value| Cow::Borrowed(value.trim())), row.line);
        }
        let known = self.csv.known()?;
        let table = self.csv.finish(&known, columns, lines, self.delimiter, Vec::new());
        let table = table.map_err(|error| error.operation("csv"))?;
        Ok(match &self.file {
            Some(path) => table.of_file(path),
            None => table,
        })
    }
}

impl Iterator for CsvStream<'_> {
    type Item = Result<CsvPart>;

    /// The next rows; after an error there are none.
    fn next(&mut self) -> Option<Result<CsvPart>> {
        if self.failed {
            return None;
        }
        let part = self.part();
        self.failed = part.is_err();
        let part = part.map_err(|error| error.operation("csv"));
        let part = part.map_err(|error| self.named(error));
        part.transpose()
    }
}

/// The names of a file's columns, the delimiter, and where the first row begins: after so many bytes, in this
/// line.
struct Head {
    names: Vec<String>,
    delimiter: u8,
    at: usize,
    line: u64,
}

impl Csv {
    /// The names of the columns in what has come, and what follows from them.
    /// Nothing if more of the text must come.
    fn head(
        &self,
        incoming: &Incoming,
        delimiter: Option<u8>,
        notes: &mut Vec<String>,
    ) -> Result<Option<Head>> {
        let text = incoming.text();
        let layout = Layout::find(text, delimiter, self.names.as_ref().map(Vec::len), notes);
        let mut records = Records::new(text, layout.at, layout.line, layout.delimiter);
        let names = match &self.names {
            Some(names) => names.clone(),
            None => {
                let mut record = Record::default();
                if !next(&mut records, &mut record, &[])? {
                    return Err(Error::data("the file is empty, not even a header is there"));
                }
                header(&record, layout.marked)?
            }
        };
        let (at, line) = records.position();
        if !incoming.has_ended() && at == text.len() && !text.ends_with('\n') {
            return Ok(None);
        }
        self.columns(names.clone(), &self.known()?, &mut Vec::new())?;
        Ok(Some(Head { names, delimiter: layout.delimiter, at, line }))
    }
}

#[cfg(test)]
mod tests;
