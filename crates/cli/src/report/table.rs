//! The report of a model of a table: which columns matter, and the rows of its worst mistakes.

use std::path::Path;

use plywood::datasets::{ColumnType, Split, Table};
use plywood::tensor::{Result, Seed};
use plywood::training::{Figure, Report};
use plywood::zoo::{Importance, TableModel};

use super::command_line;
use crate::split::Parts;

/// Columns that are ranked, and of those that are shown beside a mistake.
const RANKED: usize = 12;
const BESIDE: usize = 5;
/// Test rows at most that columns are ranked by: more take long, and change little.
const ASKED: usize = 1_000;

/// Adds to a report what is known of the table, of `path`.
pub(crate) fn of_table<'a>(
    report: Report<'a>,
    model: &TableModel,
    path: &Path,
    parts: &'a Parts<Table>,
    seed: Seed,
) -> Result<Report<'a>> {
    let Parts { train, valid, test } = parts;
    let report = report
        .title(format!("{} predicts {}", model.name(), model.target()))
        .data(
            path.display().to_string(),
            format!(
                "{} rows to learn from, {} to validate, {} to test",
                train.len(),
                valid.len(),
                test.len()
            ),
        )
        .command(command_line())
        .model(&model.network);
    if test.len() < 2 {
        return Ok(report);
    }
    let rows: Vec<usize> = (0..test.len().min(ASKED)).collect();
    let rows: Vec<usize> = rows.iter().map(|row| row * test.len() / rows.len()).collect();
    let ranked = model.importance(&test.subset(&rows)?, seed)?;
    let is_shown = |own: &&Importance| {
        let kind = test.column_type(&own.column);
        matches!(kind, Ok(ColumnType::Number | ColumnType::Category))
    };
    let shown = ranked.iter().filter(is_shown).take(BESIDE).map(|own| own.column.clone());
    let shown: Vec<String> = shown.collect();
    let names = shown.clone();
    let cells = move |row: usize| shown.iter().map(|name| cell(test, name, row)).collect();
    Ok(report.columns(names, cells).figure(important(model, &ranked, rows.len())))
}

fn important(model: &TableModel, ranked: &[Importance], rows: usize) -> Figure {
    let score = if model.is_classifier() { "accuracy" } else { "R²" };
    let shown = ranked.iter().take(RANKED);
    let shown = shown
        .map(|own| (own.column.clone(), own.drop, format!("{:+.3}", -own.drop).replace('-', "−")));
    let more = match ranked.len().saturating_sub(RANKED) {
        0 => String::new(),
        more => format!(" {more} more matter less."),
    };
    let caption = format!(
        "By how much the {score} on {rows} test rows changes when a column's values are dealt out among the rows at \
         random, so that they say nothing any more: the longer the bar, the more the model goes by it. Of columns \
         that say the same, each alone may seem to matter little.{more}"
    );
    Figure::bars("Which columns matter", caption, ["column", "change"], shown)
}

/// What a row has in a column.
fn cell(table: &Table, name: &str, row: usize) -> String {
    let text = || -> Result<Option<String>> {
        let row = table.subset(&[row])?;
        if row.is_numeric(name)? {
            let number = row.numbers(name)?.first().copied().filter(|x| !x.is_nan());
            return Ok(number.map(|x| x.to_string()));
        }
        Ok(row.categories(name)?.first().copied().flatten().map(str::to_owned))
    };
    text().ok().flatten().unwrap_or_else(|| "–".to_owned())
}
