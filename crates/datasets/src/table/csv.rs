//! CSV to tables.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;

use plywood_tensor::{Error, Result, memory, visible_line};

use super::Table;
use super::known::Known;
use super::layout::Layout;
use super::number::Decimal;
use super::records::{Broken, Joined, Misquoted, Record, Records, Value};
use super::schema::{ColumnType, Schema};
use super::shown::{columns_are, listed};
use super::tally::{Tally, agreed};
use super::text;
use super::texts::{Texts, Wanted};
use crate::readers::source::{Source, failed, most_unpacked, with_file};

/// How to read a table from delimited text, plain or gzipped.
///
/// What isn't declared is found out, and what was found and isn't plain is in [`Table::notes`]:
///
/// - The delimiter is a comma, a semicolon, a tab or a bar, whichever cuts the first lines into equally
///   many values, unless a line `sep=;` says it. Titles and comments before the columns' names are
///   skipped, and so are blank lines.
/// - A column has numbers if at least half of its values are numbers, and dates if at least half are
///   dates; what the others are is then asked about, by an error. Else it has categories.
/// - Numbers may have separators between thousands, a decimal comma, a currency, a percent sign (12 % is
///   12) or parentheses for a minus. Whether the comma in `1,234` separates thousands or is the decimal
///   separator is decided by the whole column; if it doesn't tell, by the other columns; if they don't
///   either, the comma separates thousands, or, where semicolons are between values, it is the decimal
///   separator. Whole numbers beyond 2^53 are rounded, as [`Table::notes`] then says.
/// - Dates such as 2021-03-14, with or without a time, become the number of days since 1970, in UTC where
///   there is a time zone. Of dates such as 14.03.2021 a number above 12 must tell which is the day.
///
/// Spaces around a value don't count. Missing is what is empty, `NA` or `NaN`, and in columns of numbers
/// or dates also what usually means that, such as `null`, `n/a`, `-` or `?`.
///
/// Errors call [`column`](Self::column)`("price", ColumnType::Number)` what it is in the `plywood`
/// command: `--column price=number`.
///
/// ```
/// use plywood_datasets::{ColumnType, Csv};
///
/// let file = "zip;price;note\n50010; 1.200,50 € ;new\n50014;unknown;old\n";
/// let houses = Csv::new()
///     .column("zip", ColumnType::Category) // digits, but not an amount of anything
///     .missing(["unknown"])
///     .read(file.as_bytes())?;
/// assert_eq!(houses.categories("zip")?, [Some("50010"), Some("50014")]);
/// assert_eq!((houses.numbers("price")?[0], houses.missing("price")?), (1200.5, 1));
/// assert_eq!(houses.notes()[0], "the delimiter is `;`");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    delimiter: Option<u8>,
    decimal: Option<char>,
    pub(super) names: Option<Vec<String>>,
    types: Vec<(String, ColumnType)>,
    only: Option<Vec<String>>,
    schema: Option<Schema>,
    pub(super) missing: Vec<String>,
    pub(super) limit: Option<u64>,
}

/// What stands for a missing value in every file.
const USUAL: [&str; 3] = ["", "NA", "NaN"];

impl Csv {
    /// Names in the first line, delimiter and types found out.
    pub fn new() -> Self {
        Self {
            delimiter: None,
            decimal: None,
            names: None,
            types: Vec::new(),
            only: None,
            schema: None,
            missing: USUAL.map(String::from).to_vec(),
            limit: None,
        }
    }

    /// What stands between values.
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = Some(delimiter);
        self
    }

    /// The decimal separator of all columns of numbers, `.` or `,`; the other one may separate thousands.
    #[must_use]
    pub fn decimal(mut self, sign: char) -> Self {
        self.decimal = Some(sign);
        self
    }

    /// The columns' names, for a file whose first line has values already.
    #[must_use]
    pub fn names<Name: Into<String>>(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.names = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// What a column has, whatever it looks like; of several declarations of one column the last
    /// counts. In a column that is declared to have numbers or dates everything else is missing.
    #[must_use]
    pub fn column(mut self, name: impl Into<String>, kind: ColumnType) -> Self {
        self.types.push((name.into(), kind));
        self
    }

    /// Reads these columns only.
    #[must_use]
    pub fn only<Name: Into<String>>(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.only = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Reads the columns of another table only, and reads them as they were read there. What isn't of
    /// the type that a column has there is refused.
    ///
    /// ```
    /// use plywood_datasets::{Csv, Table};
    ///
    /// let sold = Table::read(&b"price,town\n\"$1,200\",Ames\n$900,Gilbert\n"[..])?;
    /// let schema = sold.schema();
    /// let more = Csv::new().schema(&schema).read(&b"note,town,price\nnew,Ames,950\n"[..])?;
    /// assert_eq!(more.names(), ["town", "price"]);
    /// let error = Csv::new().schema(&schema).read(&b"town,price\nAmes,cheap\n"[..]).unwrap_err();
    /// assert!(error.to_string().starts_with("line 2: csv: column `price`: `cheap` is not a number"));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[must_use]
    pub fn schema(mut self, schema: &Schema) -> Self {
        self.schema = Some(schema.clone());
        self.only(schema.names())
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

    /// The delimiter that was set.
    pub fn told_delimiter(&self) -> Option<u8> {
        self.delimiter
    }

    /// The texts that stand for a missing value besides the usual ones.
    pub fn told_missing(&self) -> &[String] {
        &self.missing[USUAL.len()..]
    }

    /// Reads a table.
    ///
    /// # Errors
    /// When reading fails, or what is read is another format or no UTF-8 or UTF-16; when there are no
    /// rows; when a quote isn't closed, or closes where rows of the table are in between, in a column
    /// that wasn't declared to have categories; when a row has more or fewer values than there are columns; when a column has mostly numbers, or dates, and
    /// not only; when its numbers have two units, or one is beyond single precision; when two columns
    /// have one name, or a declared column isn't there; when the rows take more than the
    /// [memory budget](memory::budget). The error says the line.
    pub fn read(&self, reader: impl Read) -> Result<Table> {
        self.table(reader).map_err(|e| e.operation("csv"))
    }

    /// Reads a table from a file.
    ///
    /// # Errors
    /// As [`read`](Self::read); the error names the file.
    pub fn read_file(&self, path: impl AsRef<Path>) -> Result<Table> {
        let path = path.as_ref();
        with_file(path, |file| self.read(file)).map(|table| table.of_file(path))
    }

    fn table(&self, reader: impl Read) -> Result<Table> {
        let known = self.known()?;
        let delimiter = self.declared_delimiter()?;
        let (limit, raise) = match self.limit {
            Some(limit) => (limit, "raise it by Csv::limit"),
            None => (most_unpacked(), "if you trust the file, raise it by Csv::limit"),
        };
        let mut bytes = Vec::new();
        Source::within(reader, limit, raise)?.read_to_end(&mut bytes).map_err(failed)?;
        let mut notes = Vec::new();
        let text = text::decode(bytes, &mut notes)?;
        let given = self.names.as_ref().map(Vec::len);
        let layout = Layout::find(&text, delimiter, given, &mut notes);
        let delimiter = layout.delimiter;
        let mut records = Records::new(&text, layout.at, layout.line, delimiter);
        let mut record = Record::default();

        let names = match &self.names {
            Some(names) => names.clone(),
            None => match next(&mut records, &mut record, &[])? {
                true => header(&record, layout.marked)?,
                false => return Err(Error::data("the file is empty, not even a header is there")),
            },
        };
        let mut columns = self.columns(names, &known, &mut notes)?;
        let mut rows = Rows { columns: &mut columns, missing: &self.missing, delimiter };
        let mut lines = Vec::new();
        let mut room = 0;
        let (mut blank, mut long) = (Blank::default(), Long::default());
        while next(&mut records, &mut record, rows.columns)? {
            if record.is_blank() {
                blank.add(record.line);
                continue;
            }
            blank.end();
            if lines.len() == room {
                room += room / 8 + 1;
                rows.check_memory(room, text.len()).map_err(|e| e.at(place(&record)))?;
            }
            rows.push(&record)?;
            long.add(&record);
            lines.push(record.line);
        }
        if lines.is_empty() {
            return Err(Error::data("there are no rows"));
        }
        notes.extend(blank.note());
        notes.extend(long.note());

        self.finish(&known, columns, lines, delimiter, notes)
    }

    /// The table of columns that have been read.
    pub(super) fn finish(
        &self,
        known: &Known,
        columns: Vec<Asked>,
        lines: Vec<u64>,
        delimiter: u8,
        mut notes: Vec<String>,
    ) -> Result<Table> {
        let texts: Vec<Texts> = columns.into_iter().filter_map(|column| column.texts).collect();
        let tallies: Vec<_> = texts.iter().map(|texts| Tally::of(texts.present())).collect();
        let agreed = agreed(&tallies);
        let mut columns = Vec::with_capacity(texts.len());
        for (texts, tally) in texts.into_iter().zip(&tallies) {
            let wanted = known.wanted(&texts.name);
            let sign = tally.decimal(known.decimal, agreed, delimiter);
            columns.push(texts.finish(&wanted, tally, sign, &mut notes)?);
        }
        // Names and texts of the file are in them.
        let notes = notes.iter().map(|note| visible_line(note).into_owned()).collect();
        Ok(Table::new(columns, lines, notes))
    }

    /// What is known of columns before they are read.
    pub(super) fn known(&self) -> Result<Known<'_>> {
        let declared = self.decimal.map(decimal).transpose()?;
        Ok(Known::new(&self.types, self.schema.as_ref(), self.only.as_deref(), declared))
    }

    /// The delimiter that was declared.
    pub(super) fn declared_delimiter(&self) -> Result<Option<u8>> {
        self.delimiter.map(usable).transpose()
    }

    /// The columns of a file with these names, of which some may not be asked for.
    pub(super) fn columns<'a>(
        &self,
        names: Vec<String>,
        known: &Known,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Asked<'a>>> {
        let there: HashSet<&String> = names.iter().collect();
        let declared = self.types.iter().map(|(name, _)| name);
        let asked = declared.chain(self.only.iter().flatten());
        let mut named = HashSet::new();
        let lacking = asked.filter(|&name| !there.contains(name) && named.insert(name));
        let lacking: Vec<&String> = lacking.collect();
        if let Some(first) = lacking.first() {
            let quoted: Vec<String> = lacking.iter().map(|name| format!("`{name}`")).collect();
            let are = if lacking.len() == 1 { "is no column" } else { "are no columns" };
            return Err(Error::value(format!("there {are} {}", listed(&quoted)))
                .hint(columns_are(first, &names)));
        }
        let extra: Vec<&String> = names.iter().filter(|name| !known.is_needed(name)).collect();
        if !extra.is_empty() {
            notes.push(format!("columns that aren't needed are ignored: {}", listed(&extra)));
        }
        let mut columns = memory::vec_with_capacity(names.len())?;
        let mut places = HashMap::new();
        for (place, name) in names.iter().enumerate() {
            let wanted = known.wanted(name);
            let ignored = matches!(wanted, Wanted::Declared(ColumnType::Ignored));
            let texts = (!ignored && known.is_needed(name)).then(|| Texts::new(name.clone()));
            if let (Some(_), Some(other)) = (&texts, places.insert(name, place)) {
                return Err(Error::data(format!(
                    "columns {} and {} are both named `{name}`",
                    other + 1,
                    place + 1
                )));
            }
            columns.push(Asked { name: name.clone(), texts, has_texts: is_category(&wanted) });
        }
        Ok(columns)
    }
}

impl Default for Csv {
    fn default() -> Self {
        Self::new()
    }
}

/// A column of the file, with its texts if it is asked for.
pub(super) struct Asked<'a> {
    name: String,
    pub(super) texts: Option<Texts<'a>>,
    /// Whether it is known to have texts, which may have several lines.
    has_texts: bool,
}

impl Asked<'_> {
    /// Whether a value of it that goes over several lines is looked at for rows.
    fn is_checked(&self) -> bool {
        self.texts.is_some() && !self.has_texts
    }
}

/// What a row takes, and what it takes in a column: its line and place, its code and its number.
const ROW_BYTES: usize = 24;
const VALUE_BYTES: usize = 12;

/// What a text takes beside its letters, which are the file's: its entry in the map and in two lists.
const TEXT_BYTES: usize = 120;

/// The rows that have been read.
pub(super) struct Rows<'c, 'a> {
    pub(super) columns: &'c mut Vec<Asked<'a>>,
    pub(super) missing: &'c [String],
    pub(super) delimiter: u8,
}

impl<'a> Rows<'_, 'a> {
    /// Refuses more memory than there is for so many rows of a file of so many bytes.
    fn check_memory(&self, rows: usize, bytes: usize) -> Result<()> {
        let columns = self.columns.iter().filter_map(|column| column.texts.as_ref());
        let (columns, texts) =
            columns.fold((0, 0), |(n, texts), column| (n + 1, texts + column.texts.len()));
        let each = ROW_BYTES + VALUE_BYTES * columns;
        memory::check(rows.saturating_mul(each).saturating_add(texts * TEXT_BYTES + bytes))
    }

    fn push(&mut self, record: &Record<'a>) -> Result<()> {
        self.check(record)?;
        self.take(record.values.iter().map(|value| trimmed(&value.text)), record.line);
        Ok(())
    }

    /// Refuses a record that can't be a row of the table.
    pub(super) fn check(&self, record: &Record) -> Result<()> {
        if record.values.len() != self.columns.len() {
            return Err(ragged(record, self.columns.len()));
        }
        let checked = |place: usize| self.columns[place].is_checked();
        if let Some(joined) = record.swallowed(self.columns.len(), self.delimiter, checked) {
            return Err(swallowed(&self.columns[joined.place].name, joined));
        }
        Ok(())
    }

    /// Adds a row of a value for each column, without the spaces around it.
    pub(super) fn take(&mut self, values: impl Iterator<Item = Cow<'a, str>>, line: u64) {
        for (column, text) in self.columns.iter_mut().zip(values) {
            if let Some(texts) = &mut column.texts {
                let missing = self.missing.iter().any(|missing| **missing == *text);
                texts.push((!missing).then_some(text), line);
            }
        }
    }
}

/// Lines without anything, of which those at the end of a file are usual.
#[derive(Default)]
struct Blank {
    first: Option<u64>,
    skipped: usize,
    pending: usize,
}

impl Blank {
    fn add(&mut self, line: u64) {
        self.first.get_or_insert(line);
        self.pending += 1;
    }

    /// A row follows.
    fn end(&mut self) {
        self.skipped += std::mem::take(&mut self.pending);
    }

    fn note(&self) -> Option<String> {
        let first = self.first?;
        match self.skipped {
            0 => None,
            1 => Some(format!("line {first} is blank, and skipped")),
            many => Some(format!("{many} blank lines are skipped, the first is line {first}")),
        }
    }
}

/// Values of several lines.
#[derive(Default)]
struct Long {
    first: Option<(u64, u64)>,
    values: usize,
}

impl Long {
    fn add(&mut self, record: &Record) {
        if let Some(joined) = record.joined.first() {
            self.first.get_or_insert((joined.line, joined.last_line));
            self.values += record.joined.len();
        }
    }

    fn note(&self) -> Option<String> {
        let (line, last) = self.first?;
        Some(match self.values {
            1 => format!("a value in quotes goes over several lines, from {line} to {last}"),
            many => format!(
                "{many} values in quotes go over several lines, the first from {line} to {last}"
            ),
        })
    }
}

/// Reads the next record; the errors call a value by its column.
pub(super) fn next<'a>(
    records: &mut Records<'a>,
    record: &mut Record<'a>,
    columns: &[Asked],
) -> Result<bool> {
    records.next(record).map_err(|broken| match broken {
        Broken::Memory(error) => error,
        Broken::Quote(quote) => misquoted(quote, columns),
    })
}

/// The error of a quote that makes no sense, with what its column is called.
pub(super) fn misquoted(quote: Misquoted, columns: &[Asked]) -> Error {
    let value = match columns.get(quote.place) {
        Some(column) => format!("column `{}`", column.name),
        None => format!("value {}", quote.place + 1),
    };
    quote.error(&value)
}

/// The names of the columns. A nameless one, as tools write for row numbers, gets its place for a name.
pub(super) fn header(record: &Record, marked: bool) -> Result<Vec<String>> {
    // A column takes a hundred times what its comma does.
    memory::check(record.values.len().saturating_mul(size_of::<Asked>()))?;
    let name = |(place, value): (usize, &Value)| {
        let text = value.text.trim();
        let text = if marked && place == 0 { text.trim_start_matches('#').trim() } else { text };
        match text {
            "" => format!("column {}", place + 1),
            name => name.to_owned(),
        }
    };
    Ok(record.values.iter().enumerate().map(name).collect())
}

fn ragged(record: &Record, columns: usize) -> Error {
    let found = record.values.len();
    let values = if found == 1 { "value" } else { "values" };
    let error = Error::data(format!("{found} {values}, there are {columns} columns"));
    let first = record.values.first().map(|value| value.text.trim_start());
    let error = match record.joined.first() {
        Some(joined) => error.hint(format!(
            "a quote in line {} joins it with the lines up to {}: is it closed where it should be?",
            joined.line, joined.last_line
        )),
        None if first.is_some_and(|first| first.starts_with('#')) => {
            error.hint("take comments out from between the rows")
        }
        None if columns == 1 => error.hint(
            "a value with the delimiter in it must be in quotes, and a title above the columns' names taken \
             out",
        ),
        None => error.hint("a value with the delimiter in it must be in quotes"),
    };
    error.at(place(record))
}

/// What errors call the place of a record.
fn place(record: &Record) -> String {
    format!("line {}", record.line)
}

fn is_category(wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Inferred => false,
        Wanted::Declared(kind) => *kind == ColumnType::Category,
        Wanted::Learnt(reading) => reading.kind == ColumnType::Category,
    }
}

fn swallowed(column: &str, joined: Joined) -> Error {
    let Joined { line, last_line, .. } = joined;
    Error::data(format!(
        "column `{column}` opens a quote that closes in line {last_line}; the lines in between look like \
         rows of the table"
    ))
    .at(format!("line {line}"))
    .hint(format!(
        "close it in its own line; if it is one text, declare `--column {column}=category`"
    ))
}

fn trimmed<'a>(text: &Cow<'a, str>) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

fn decimal(sign: char) -> Result<Decimal> {
    match sign {
        '.' => Ok(Decimal::Point),
        ',' => Ok(Decimal::Comma),
        other => {
            Err(Error::value(format!("`{other}` is no decimal separator")).hint("`.` and `,` are"))
        }
    }
}

/// Refuses delimiters that can't be told from the text around them.
fn usable(delimiter: u8) -> Result<u8> {
    match delimiter {
        b'"' | b'\n' | b'\r' | 0 | 0x80.. => {
            Err(Error::value(format!("the byte 0x{delimiter:02X} can't be a delimiter"))
                .hint("`,`, `;`, `|` and tabs are common"))
        }
        usable => Ok(usable),
    }
}
