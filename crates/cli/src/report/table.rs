//! The report of a model of a table: which columns matter, and the rows of its worst mistakes.

use std::path::Path;

use plywood::datasets::{ColumnType, Split, Table, TableInput};
use plywood::layers::{Module, Profile, profile_of};
use plywood::tensor::{Result, Seed};
use plywood::training::{Baseline, Figure, Report};
use plywood::zoo::{Importance, TableModel};

use super::command_line;
use crate::split::Parts;

/// Columns that are ranked, and of those that are shown beside a mistake.
const RANKED: usize = 12;
const BESIDE: usize = 5;
/// Test rows that columns are ranked by, at most and at least: more take long, and change little.
const ASKED: usize = 1_000;
const LEAST_ASKED: usize = 100;
/// Which part of the rows that training has gone through go through the network to rank columns.
const PART: usize = 50;
/// Rows that the layers' time is taken on, at most.
const TIMED: usize = 256;

/// Adds to a report what is known of the table, of `path`, that was gone through `epochs` times.
pub(crate) fn of_table<'a>(
    report: Report<'a>,
    model: &TableModel,
    path: &Path,
    parts: &'a Parts<Table>,
    seed: Seed,
    epochs: usize,
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
        .model(&model.network)
        .baseline(baseline(model, train)?)
        .profile(times(model, test)?);
    if test.len() < 2 {
        return Ok(report);
    }
    let columns = model.encoding().columns().len().max(1);
    let asked = (epochs.saturating_mul(train.len()) / PART / columns).clamp(LEAST_ASKED, ASKED);
    let asked = test.len().min(asked);
    let rows: Vec<usize> = (0..asked).map(|row| row * test.len() / asked).collect();
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

/// What always answers alike, in the target's own unit.
fn baseline(model: &TableModel, train: &Table) -> Result<Baseline> {
    if model.is_classifier() {
        return Baseline::of(model.classes(train)?.target());
    }
    let numbers = train.numbers(model.target())?;
    Ok(Baseline::Mean(numbers.iter().sum::<f64>() / numbers.len().max(1) as f64))
}

/// How long each layer takes on a few rows.
fn times(model: &TableModel, test: &Table) -> Result<Profile> {
    let rows: Vec<usize> = (0..test.len().min(TIMED)).collect();
    let input = model.encoding().input(&test.subset(&rows)?)?;
    profile_of(&model.network, rows.len(), |count, pass| {
        let some = TableInput {
            numbers: input.numbers.narrow(0, 0, count)?,
            categories: input.categories.narrow(0, 0, count)?,
        };
        model.network.forward(&some, pass)
    })
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
