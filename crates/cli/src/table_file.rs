//! A table's file: how it is to be read, and what is said of how it was.

use std::fmt::Display;
use std::path::Path;

use plywood::datasets::{ColumnType, Csv, Table};
use plywood::tensor::{Error, Result};

use crate::say;

/// How a file is read.
#[derive(Default, PartialEq, clap::Args)]
pub(crate) struct Reading {
    /// What stands between values: a letter, or `tab` [default: found out]
    #[arg(long, value_name = "LETTER")]
    delimiter: Option<String>,
    /// The decimal separator of numbers, `.` or `,` [default: found out]
    #[arg(long, value_name = "SIGN")]
    decimal: Option<char>,
    /// A text that stands for a missing value, besides nothing, NA, NaN and the usual ones of numbers
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    missing: Vec<String>,
}

/// What columns have.
#[derive(Default, PartialEq, clap::Args)]
pub(crate) struct Columns {
    /// What a column has: number, category, date, date-dmy, date-mdy or ignored [default: found out]
    #[arg(long, value_name = "NAME=TYPE")]
    column: Vec<String>,
}

impl Reading {
    /// The reader with these settings besides its own.
    pub(crate) fn apply(&self, csv: Csv) -> Result<Csv> {
        let mut csv = csv.missing(&self.missing);
        if let Some(delimiter) = self.delimiter()? {
            csv = csv.delimiter(delimiter);
        }
        Ok(match self.decimal {
            Some(sign) => csv.decimal(sign),
            None => csv,
        })
    }

    fn delimiter(&self) -> Result<Option<u8>> {
        let letter = match self.delimiter.as_deref() {
            None => return Ok(None),
            Some("tab" | "\\t") => "\t",
            Some(letter) => letter,
        };
        match letter.as_bytes() {
            &[delimiter] => Ok(Some(delimiter)),
            _ => Err(Error::value(format!("the delimiter `{letter}` is not one letter"))
                .hint("`--delimiter ';'` and `--delimiter tab` are common")),
        }
    }
}

impl Columns {
    /// The reader that takes columns for what they are declared to be.
    pub(crate) fn declare(&self, csv: Csv) -> Result<Csv> {
        self.column.iter().try_fold(csv, |csv, declared| {
            let (name, kind) = declared.rsplit_once('=').ok_or_else(|| {
                Error::value(format!("`--column {declared}` declares nothing"))
                    .hint("`--column price=number` declares that the column `price` has numbers")
            })?;
            let kind = kind.parse().map_err(|e: Error| e.at(format!("--column {declared}")))?;
            Ok(csv.column(name, kind))
        })
    }
}

/// Tells of each thing that was found out, or read in another way than it was written.
pub(crate) fn tell<Note: AsRef<str>>(file: &Path, notes: impl IntoIterator<Item = Note>) {
    for note in notes {
        say::note(format!("{}: {}", file.display(), note.as_ref()));
    }
}

/// A line that says which type each column has.
pub(crate) fn types(table: &Table) -> Result<String> {
    let (mut numbers, mut dates, mut categories) = (Vec::new(), Vec::new(), Vec::new());
    for name in table.names() {
        match table.column_type(name)? {
            ColumnType::Number => numbers.push(name),
            ColumnType::Category | ColumnType::Ignored => categories.push(name),
            ColumnType::Date | ColumnType::DateDmy | ColumnType::DateMdy => dates.push(name),
        }
    }
    let kinds = [("numbers", numbers), ("dates", dates), ("categories", categories)];
    let kinds = kinds.iter().filter(|(_, names)| !names.is_empty());
    let listed = kinds.map(|(kind, names)| match names.len().checked_sub(12) {
        None | Some(0) => format!("{kind} are in {}", names.join(", ")),
        Some(more) => format!("{kind} are in {} and {more} more", names[..12].join(", ")),
    });
    Ok(listed.collect::<Vec<_>>().join("; "))
}

/// A value of CSV, in quotes where it needs them.
pub(crate) fn field(text: impl Display) -> String {
    let text = text.to_string();
    let plain = !text.contains(['"', ',', '\n', '\r']) && text.trim() == text;
    if plain { text } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}
