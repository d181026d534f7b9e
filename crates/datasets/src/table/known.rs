//! What is known of the columns of a file before it is read.

use std::collections::{HashMap, HashSet};

use super::number::Decimal;
use super::schema::{ColumnType, Reading, Schema};
use super::texts::Wanted;

/// Declarations by columns' names: a file may have tens of thousands.
pub(super) struct Known<'a> {
    declared: HashMap<&'a str, ColumnType>,
    learnt: HashMap<&'a str, &'a Reading>,
    only: Option<HashSet<&'a str>>,
    /// The decimal separator that was declared for all columns.
    pub(super) decimal: Option<Decimal>,
}

impl<'a> Known<'a> {
    pub(super) fn new(
        types: &'a [(String, ColumnType)],
        schema: Option<&'a Schema>,
        only: Option<&'a [String]>,
        decimal: Option<Decimal>,
    ) -> Self {
        let learnt = schema.into_iter().flat_map(|schema| &schema.columns);
        Self {
            // The last of several declarations counts.
            declared: types.iter().map(|(name, kind)| (name.as_str(), *kind)).collect(),
            learnt: learnt.map(|column| (column.name.as_str(), &column.reading)).collect(),
            only: only.map(|names| names.iter().map(String::as_str).collect()),
            decimal,
        }
    }

    /// What is known of the column of this name.
    pub(super) fn wanted(&self, name: &str) -> Wanted {
        match (self.declared.get(name), self.learnt.get(name)) {
            (Some(&kind), _) => Wanted::Declared(kind),
            (None, Some(&reading)) => {
                let decimal = self.decimal.unwrap_or(reading.decimal);
                Wanted::Learnt(Reading { decimal, ..reading.clone() })
            }
            (None, None) => Wanted::Inferred,
        }
    }

    /// Whether the column of this name is among those that are asked for, declared as ignored or not.
    pub(super) fn is_needed(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(name))
    }
}
