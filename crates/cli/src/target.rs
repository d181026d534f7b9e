//! The column of a table that is learnt.

use std::path::Path;

use plywood::datasets::{Csv, Split, Table};
use plywood::tensor::{Error, Result};

use crate::split::Splitting;
use crate::table_file::tell;

/// Fewer rows leave a part without any.
pub(crate) const LEAST_ROWS: usize = 10;

/// The rows of a file that have a target.
pub(crate) fn target_rows(table: &Table, target: &str, path: &Path) -> Result<Table> {
    let there: Vec<bool> = match table.is_numeric(target)? {
        true => table.numbers(target)?.iter().map(|x| !x.is_nan()).collect(),
        false => table.categories(target)?.iter().map(Option::is_some).collect(),
    };
    let rows: Vec<usize> = (0..table.len()).filter(|&row| there[row]).collect();
    if rows.is_empty() {
        return Err(Error::data(format!("`{target}`, the target, is missing in every row"))
            .at(path.display()));
    }
    match table.len() - rows.len() {
        0 => {}
        1 => tell(path, [format!("1 row is left out: `{target}` is missing in it")]),
        many => tell(path, [format!("{many} rows are left out: `{target}` is missing in them")]),
    }
    table.subset(&rows)
}

/// The rows of the file that was told to test on, if one was: read as the table was.
pub(crate) fn test_rows(
    splitting: &Splitting,
    csv: &Csv,
    table: &Table,
    target: &str,
) -> Result<Option<Table>> {
    let Some(path) = splitting.test() else { return Ok(None) };
    let test = csv.clone().schema(&table.schema()).read_file(path)?;
    tell(path, test.notes());
    target_rows(&test, target, path).map(Some)
}
