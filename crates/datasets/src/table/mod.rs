//! Tables: rows of typed columns, numbers or categories.

mod calendar;
mod column;
mod csv;
mod csv_stream;
mod date;
mod encoding;
mod foreign;
mod gaps;
mod incoming;
mod known;
mod layout;
mod moments;
mod notation;
mod number;
mod numbers;
mod ranks;
mod records;
mod schema;
mod set;
mod shown;
mod swallowed;
mod tally;
mod text;
mod texts;

pub use self::csv::Csv;
pub use csv_stream::{CsvPart, CsvRow, CsvStream};
pub use encoding::{Encoding, EncodingConfig};
pub use gaps::Gaps;
pub use schema::{ColumnType, Schema};
pub use set::{TableBatch, TableInput, TableSet};
pub(crate) use text::decode as decode_text;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use plywood_tensor::{Error, Result};

use crate::dataset::check_subset;
use crate::sample_names::SampleNames;
use crate::split::{Split, Strata};
use column::{Column, Columns, MISSING, Values, check_range};
use schema::{ColumnSchema, Reading};
use shown::columns_are;

/// A table of named columns, each of numbers or of categories, either of which may be missing.
///
/// A network takes neither text nor numbers of any size: an [`Encoding`], measured on the training
/// rows, turns a table into a data set. Splits and clones share the columns.
///
/// ```
/// use plywood_datasets::{Split, Table};
/// use plywood_tensor::Seed;
///
/// let file = "rooms,town,price\n3,Ames,120\n5,Gilbert,\n4,Ames,150\n2,Ames,90\n";
/// let houses = Table::read(file.as_bytes())?;
/// assert_eq!(houses.names(), ["rooms", "town", "price"]);
/// assert_eq!(houses.numbers("rooms")?, [3.0, 5.0, 4.0, 2.0]);
/// assert_eq!(houses.categories("town")?[1], Some("Gilbert"));
/// assert_eq!(houses.missing("price")?, 1);
/// let [_train, _test] = houses.split([0.75, 0.25], Seed(7))?;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    columns: Arc<Columns>,
    /// Where in its file each row of the columns was.
    lines: Arc<Vec<u64>>,
    /// The rows of the columns that this table has.
    rows: Arc<[usize]>,
    /// The column whose categories splits keep in proportion.
    strata: Option<usize>,
    /// What was read in another way than it was written.
    notes: Arc<[String]>,
    /// The file, as errors name it.
    file: Option<Arc<str>>,
}

impl Table {
    fn new(columns: Vec<Column>, lines: Vec<u64>, notes: Vec<String>) -> Self {
        Self {
            rows: (0..lines.len()).collect(),
            columns: Arc::new(Columns::new(columns)),
            lines: Arc::new(lines),
            strata: None,
            notes: notes.into(),
            file: None,
        }
    }

    fn of_file(self, path: &Path) -> Self {
        Self { file: Some(path.display().to_string().into()), ..self }
    }

    /// Reads CSV with a header line, plain or gzipped, and finds out the columns' types: see
    /// [`Csv`], which has settings too.
    ///
    /// # Errors
    /// As [`Csv::read`].
    pub fn read(reader: impl Read) -> Result<Self> {
        Csv::new().read(reader)
    }

    /// Reads a CSV file with a header line, plain or gzipped: see [`Csv`], which has settings too.
    ///
    /// # Errors
    /// As [`Csv::read_file`].
    pub fn read_file(path: impl AsRef<Path>) -> Result<Self> {
        Csv::new().read_file(path)
    }

    /// The same table, of which splits keep this column's categories in proportion.
    ///
    /// # Errors
    /// When there is no such column, or it has numbers.
    pub fn stratified_by(&self, name: &str) -> Result<Self> {
        let strata = || {
            let place = self.place(name)?;
            self.columns[place].categories()?;
            Ok(place)
        };
        Ok(Self {
            strata: Some(
                strata().map_err(|e: Error| self.name_file(e.operation("stratified_by")))?,
            ),
            ..self.clone()
        })
    }

    /// The same table with one more column of numbers, such as one that is computed from others;
    /// NaN is missing.
    ///
    /// ```
    /// use plywood_datasets::Ames;
    ///
    /// let houses = Ames::embedded()?;
    /// let areas = houses.numbers("Lot_Area")?;
    /// let houses = houses.with_numbers("Log_Lot_Area", areas.iter().map(|x| x.ln()).collect())?;
    /// assert_eq!(houses.names().len(), 75);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is such a column already, not a number for each row, or one beyond single precision.
    pub fn with_numbers(&self, name: &str, numbers: Vec<f64>) -> Result<Self> {
        let refuse =
            |message: String| Err(self.name_file(Error::value(message).operation("with_numbers")));
        if self.place(name).is_ok() {
            return refuse(format!("there is a column `{name}` already"));
        }
        if numbers.len() != self.len() {
            return refuse(format!("{} numbers for {} rows", numbers.len(), self.len()));
        }
        for (row, &number) in numbers.iter().enumerate() {
            check_range(number, number, name, || self.line(row))
                .map_err(|e| self.name_file(e.operation("with_numbers")))?;
        }
        // Rows that only other splits have are missing here.
        let mut values = vec![f64::NAN; self.lines.len()];
        for (&row, number) in self.rows.iter().zip(numbers) {
            values[row] = number;
        }
        let mut columns = Columns::clone(&self.columns);
        columns.push(Column {
            name: name.to_owned(),
            values: Values::Numbers(values),
            reading: Reading::plain(ColumnType::Number),
            declared: true,
        });
        Ok(Self { columns: Arc::new(columns), ..self.clone() })
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|c| c.name.as_str()).collect()
    }

    /// Where in its file each row begins, counted from 1: blank lines and values of several lines make it
    /// another number than the row's place.
    pub fn lines(&self) -> Vec<u64> {
        self.rows.iter().map(|&row| self.lines[row]).collect()
    }

    /// What was found out of the file, or read in another way than it was written, each in a line: a
    /// delimiter that is no comma, lines that were skipped, numbers with separators, texts that count as
    /// missing. Programs should show it.
    ///
    /// ```
    /// use plywood_datasets::Table;
    ///
    /// let houses = Table::read(&b"price,rooms\n\"1,200\",3\n\"1,350.50\",n/a\n"[..])?;
    /// assert_eq!(
    ///     houses.notes(),
    ///     [
    ///         "column `price`: numbers with `,` between thousands: `1,200` is 1200",
    ///         "column `rooms`: `n/a` (line 3) is counted as missing, in 1 row",
    ///     ],
    /// );
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What each column is and how it was read, to [read](Csv::schema) other files alike.
    pub fn schema(&self) -> Schema {
        let column = |column: &Column| ColumnSchema {
            name: column.name.clone(),
            reading: column.reading.clone(),
        };
        Schema { columns: self.columns.iter().map(column).collect() }
    }

    /// What a column has.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn column_type(&self, name: &str) -> Result<ColumnType> {
        self.column(name).map(|column| column.reading.kind).map_err(|e| self.name_file(e))
    }

    /// Whether a column has numbers, which dates are, too; else it has categories.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn is_numeric(&self, name: &str) -> Result<bool> {
        let column = self.column(name).map_err(|e| self.name_file(e))?;
        Ok(matches!(column.values, Values::Numbers(_)))
    }

    /// The numbers of a column, NaN where one is missing.
    ///
    /// # Errors
    /// When there is no such column, or it has categories.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        self.own_numbers(name).map_err(|e| self.name_file(e))
    }

    /// The categories of a column.
    ///
    /// # Errors
    /// When there is no such column, or it has numbers.
    pub fn categories(&self, name: &str) -> Result<Vec<Option<&str>>> {
        self.own_categories(name).map_err(|e| self.name_file(e))
    }

    /// How many values of a column are missing.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn missing(&self, name: &str) -> Result<usize> {
        let column = self.column(name).map_err(|e| self.name_file(e))?;
        let missing = |&&row: &&usize| match &column.values {
            Values::Numbers(numbers) => numbers[row].is_nan(),
            Values::Categories { codes, .. } => codes[row] == MISSING,
        };
        Ok(self.rows.iter().filter(missing).count())
    }

    /// Gives a column's categories other names, in the order of the old ones.
    pub(crate) fn rename_categories(mut self, name: &str, names: &[&str]) -> Result<Self> {
        let place = self.place(name)?;
        let mut columns = Columns::clone(&self.columns);
        columns[place].rename(names)?;
        self.columns = Arc::new(columns);
        Ok(self)
    }

    /// As [`numbers`](Self::numbers), with errors that don't name the file yet.
    fn own_numbers(&self, name: &str) -> Result<Vec<f64>> {
        let numbers = self.column(name)?.numbers()?;
        Ok(self.rows.iter().map(|&row| numbers[row]).collect())
    }

    /// As [`categories`](Self::categories), with errors that don't name the file yet.
    fn own_categories(&self, name: &str) -> Result<Vec<Option<&str>>> {
        let (codes, names) = self.column(name)?.categories()?;
        let name = |&row: &usize| names.get(codes[row] as usize).map(String::as_str);
        Ok(self.rows.iter().map(name).collect())
    }

    /// Says in which file it happened, if this table is from one.
    fn name_file(&self, error: Error) -> Error {
        match &self.file {
            Some(file) => error.at(file),
            None => error,
        }
    }

    fn column(&self, name: &str) -> Result<&Column> {
        Ok(&self.columns[self.place(name)?])
    }

    fn place(&self, name: &str) -> Result<usize> {
        self.columns.place(name).ok_or_else(|| {
            Error::value(format!("there is no column `{name}`"))
                .hint(columns_are(name, &self.names()))
        })
    }

    /// What errors call the rows of this table.
    fn sample_names(&self) -> SampleNames {
        SampleNames::lines(self.file.clone(), self.lines().into())
    }

    /// Where in its file a row of this table was.
    fn line(&self, row: usize) -> String {
        format!("line {}", self.lines[self.rows[row]])
    }
}

impl Split for Table {
    fn strata(&self) -> Strata {
        let column = self.strata.map(|place| &self.columns[place].values);
        match column {
            Some(Values::Categories { codes, .. }) => {
                Strata::Classes(self.rows.iter().map(|&row| codes[row]).collect())
            }
            _ => Strata::None(self.len()),
        }
    }

    fn subset(&self, indices: &[usize]) -> Result<Self> {
        check_subset(indices, self.len())?;
        Ok(Self { rows: indices.iter().map(|&index| self.rows[index]).collect(), ..self.clone() })
    }
}

#[cfg(test)]
mod tests;
