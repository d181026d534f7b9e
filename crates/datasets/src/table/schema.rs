//! What a column is, and how its texts were read: so that another file can be read alike.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use plywood_tensor::{Error, Result, did_you_mean};

use super::date::{self, Order};
use super::number::Decimal;

/// What a column of a file has.
///
/// ```
/// use plywood_datasets::{ColumnType, Csv};
///
/// let file = "zip,sold\n50010,3/4/2021\n50014,1/2/1970\n";
/// let houses = Csv::new()
///     .column("zip", ColumnType::Category) // digits, but not an amount of anything
///     .column("sold", ColumnType::DateMdy) // no number above 12 tells which is the day
///     .read(file.as_bytes())?;
/// assert_eq!(houses.categories("zip")?[0], Some("50010"));
/// assert_eq!(houses.numbers("sold")?[1], 1.0); // 2 January 1970
/// assert_eq!("date-mdy".parse::<ColumnType>()?, ColumnType::DateMdy);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum ColumnType {
    /// Numbers: `number`.
    Number,
    /// Categories, whatever their texts look like: `category`.
    Category,
    /// Dates such as 2021-03-14, with a time or without, which become days since 1970: `date`.
    Date,
    /// Dates such as 14.03.2021: `date-dmy`.
    DateDmy,
    /// Dates such as 3/14/2021: `date-mdy`.
    DateMdy,
    /// Anything, which isn't read: `ignored`.
    Ignored,
}

impl ColumnType {
    const ALL: [Self; 6] =
        [Self::Number, Self::Category, Self::Date, Self::DateDmy, Self::DateMdy, Self::Ignored];

    /// A number of a column of this type as one would write it: a date without its time.
    ///
    /// ```
    /// use plywood_datasets::ColumnType;
    ///
    /// assert_eq!(ColumnType::Date.text(18_700.5), "2021-03-14");
    /// assert_eq!(ColumnType::Number.text(18_700.5), "18700.5");
    /// ```
    pub fn text(self, number: f64) -> String {
        match self.order() {
            Some(_) => date::text(number),
            None => number.to_string(),
        }
    }

    /// In which order the numbers of its dates are.
    pub(super) fn order(self) -> Option<Order> {
        match self {
            Self::Date => Some(Order::Ymd),
            Self::DateDmy => Some(Order::Dmy),
            Self::DateMdy => Some(Order::Mdy),
            Self::Number | Self::Category | Self::Ignored => None,
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "number",
            Self::Category => "category",
            Self::Date => "date",
            Self::DateDmy => "date-dmy",
            Self::DateMdy => "date-mdy",
            Self::Ignored => "ignored",
        })
    }
}

impl FromStr for ColumnType {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == name).ok_or_else(|| {
            let names = Self::ALL.map(|kind| kind.to_string());
            Error::value(format!("there is no type of columns `{name}`")).hint(format!(
                "{}the types are {}",
                did_you_mean(name, names.iter().map(String::as_str)),
                names.join(", ")
            ))
        })
    }
}

/// How a column was read.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Reading {
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    pub(super) kind: ColumnType,
    /// The decimal separator.
    pub(super) decimal: Decimal,
    /// The currency or percent sign of its numbers.
    pub(super) unit: Option<String>,
    /// Whether texts of another type are missing values, because the type was declared.
    pub(super) others_missing: bool,
}

impl Reading {
    pub(super) fn plain(kind: ColumnType) -> Self {
        Self { kind, decimal: Decimal::Point, unit: None, others_missing: false }
    }
}

/// The columns of a table and how each was read, so that [`Csv::schema`](super::Csv::schema) reads
/// another file with the same types: see [`Table::schema`](super::Table::schema).
///
/// ```
/// use plywood_datasets::{ColumnType, Csv, Table};
///
/// let learnt = Table::read("zip,rooms\nA1,3\nB2,4\n".as_bytes())?;
/// let schema = learnt.schema().only(&["zip"]);
/// assert_eq!(schema.names(), ["zip"]);
/// // Alone, these would be numbers.
/// let others = Csv::new().schema(&schema).read("zip,rooms\n50010,3\n50014,4\n".as_bytes())?;
/// assert_eq!(others.column_type("zip")?, ColumnType::Category);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Schema {
    pub(super) columns: Vec<ColumnSchema>,
}

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct ColumnSchema {
    pub(super) name: String,
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub(super) reading: Reading,
}

impl Schema {
    /// The columns' names.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// The same without the columns whose names aren't among these.
    #[must_use]
    pub fn only(mut self, names: &[&str]) -> Self {
        let names: HashSet<&str> = names.iter().copied().collect();
        self.columns.retain(|column| names.contains(column.name.as_str()));
        self
    }
}
