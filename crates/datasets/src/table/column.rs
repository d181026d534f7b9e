//! A column of a table: numbers or categories.

use std::collections::HashMap;
use std::fmt::Display;
use std::ops::{Deref, DerefMut};

use plywood_tensor::{Error, Result};

use super::schema::Reading;

/// The code of a category that is missing.
pub(super) const MISSING: u32 = u32::MAX;

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Values,
    pub(super) reading: Reading,
    /// Whether its type was said, not found out.
    pub(super) declared: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Values {
    /// NaN where one is missing.
    Numbers(Vec<f64>),
    /// Places in `names`, or [`MISSING`].
    Categories { codes: Vec<u32>, names: Vec<String> },
}

impl Column {
    pub(super) fn numbers(&self) -> Result<&[f64]> {
        match &self.values {
            Values::Numbers(numbers) => Ok(numbers),
            Values::Categories { .. } => Err(Error::value(format!(
                "column `{}` has categories, numbers are expected",
                self.name
            ))),
        }
    }

    pub(super) fn categories(&self) -> Result<(&[u32], &[String])> {
        match &self.values {
            Values::Categories { codes, names } => Ok((codes, names)),
            Values::Numbers(_) => Err(Error::value(format!(
                "column `{}` has numbers, categories are expected",
                self.name
            ))
            .hint(format!("declare it: Csv::column(\"{}\", ColumnType::Category)", self.name))),
        }
    }

    /// Gives the categories other names, in order.
    pub(super) fn rename(&mut self, new: &[&str]) -> Result<()> {
        match &mut self.values {
            Values::Categories { names, .. } if names.len() == new.len() => {
                *names = new.iter().map(|&name| name.to_owned()).collect();
                Ok(())
            }
            _ => Err(Error::data(format!(
                "column `{}` should have {} categories",
                self.name,
                new.len()
            ))),
        }
    }
}

/// The columns of a table, found by their names: there may be tens of thousands.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    all: Vec<Column>,
    places: HashMap<String, usize>,
}

impl Columns {
    /// Columns of which no two have one name.
    pub(super) fn new(all: Vec<Column>) -> Self {
        let names = all.iter().map(|column| column.name.clone());
        Self { places: names.zip(0..).collect(), all }
    }

    pub(super) fn push(&mut self, column: Column) {
        self.places.insert(column.name.clone(), self.all.len());
        self.all.push(column);
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }
}

impl Deref for Columns {
    type Target = [Column];

    fn deref(&self) -> &[Column] {
        &self.all
    }
}

impl DerefMut for Columns {
    fn deref_mut(&mut self) -> &mut [Column] {
        &mut self.all
    }
}

/// Refuses a number, which is written as `text`, that the single precision of tensors doesn't hold.
pub(super) fn check_range(
    number: f64,
    text: impl Display,
    column: &str,
    place: impl FnOnce() -> String,
) -> Result<()> {
    if number.abs() <= f64::from(f32::MAX) || number.is_nan() {
        return Ok(());
    }
    Err(Error::data(format!("column `{column}`: {text} is beyond single precision"))
        .at(place())
        .hint("it ends at 3.4e38; measure in a larger unit, or leave the column out"))
}
