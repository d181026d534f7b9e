//! `plywood compare`: runs side by side.

use std::path::{Path, PathBuf};

use plywood::tensor::{Error, Result};
use serde_json::{Map, Value};

use crate::say::Output;
use crate::wrap::{WIDTH, cut};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folders of runs, two or more
    #[arg(value_name = "RUN", required = true, num_args = 2..)]
    runs: Vec<PathBuf>,
}

/// Of a row's name.
const LONGEST_NAME: usize = 26;
/// Of a run, at least; more runs than have that are shown in several tables.
const NARROWEST: usize = 14;
/// Between two columns.
const GAP: usize = 2;

/// A row: its name, and of each run what it has there.
type Row = (String, Vec<String>);

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    let runs: Vec<Map<String, Value>> =
        arguments.runs.iter().map(|folder| read(folder)).collect::<Result<_>>()?;
    let names: Vec<String> =
        arguments.runs.iter().map(|folder| folder.display().to_string()).collect();
    let settings = settings(&runs);
    let same = settings.len() - settings.iter().filter(|(_, own)| differ(own)).count();
    let settings: Vec<Row> = settings.into_iter().filter(|(_, own)| differ(own)).collect();
    let figures = figures(&runs);
    let name_width =
        settings.iter().chain(&figures).map(|(name, _)| length(name)).max().unwrap_or(0);
    let name_width = name_width.min(LONGEST_NAME);
    let at_once = ((WIDTH - name_width) / (NARROWEST + GAP)).max(1);
    for start in (0..runs.len()).step_by(at_once) {
        let end = (start + at_once).min(runs.len());
        let width = (WIDTH - name_width) / (end - start) - GAP;
        let line = |name: &str, cells: &[String]| {
            let cells = cells.iter().map(|cell| format!("{}{cell:>width$}", " ".repeat(GAP)));
            format!("{name:<name_width$}{}", cells.collect::<String>()).trim_end().to_owned()
        };
        let heads: Vec<String> = names[start..end].iter().map(|name| ending(name, width)).collect();
        let mut lines = vec![line("", &heads)];
        for (name, own) in settings.iter().chain(&figures) {
            lines.push(line(&cut(name, name_width), &fitted(own, width)[start..end]));
        }
        if start > 0 {
            out.say("");
        }
        out.say(lines.join("\n"));
    }
    out.say(match same {
        0 => "\nthe runs have no setting in common".to_owned(),
        1 => "\n1 other setting is the same".to_owned(),
        same => format!("\n{same} other settings are the same"),
    });
    Ok(())
}

/// What a run's `metrics.json` holds.
fn read(folder: &Path) -> Result<Map<String, Value>> {
    let path = folder.join("metrics.json");
    let bytes = std::fs::read(&path).map_err(|error| {
        Error::io("read", &path, error).hint("the folder of a finished run has one")
    })?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(run)) if run.get("settings").is_some_and(Value::is_object) => Ok(run),
        Ok(_) => Err(Error::data("these are no metrics of a run").at(path.display())),
        Err(error) => {
            Err(Error::data(format!("these are no metrics of a run: {error}")).at(path.display()))
        }
    }
}

fn differ(cells: &[String]) -> bool {
    cells.windows(2).any(|pair| pair[0] != pair[1])
}

/// All settings of all runs, in the order of their names.
fn settings(runs: &[Map<String, Value>]) -> Vec<Row> {
    let of = |run: &Map<String, Value>| run.get("settings").and_then(Value::as_object).cloned();
    let all: Vec<Map<String, Value>> = runs.iter().map(|run| of(run).unwrap_or_default()).collect();
    names(&all).into_iter().map(|name| row(&name, &name, &all)).collect()
}

/// What the runs came to: the test figures, then what they cost.
fn figures(runs: &[Map<String, Value>]) -> Vec<Row> {
    let tested = names(runs).into_iter().filter(|name| name.starts_with("test_"));
    let mut tested: Vec<String> = tested.collect();
    // Samples after figures.
    tested.sort_by_key(|name| name == "test_samples");
    let others = ["epochs", "best_epoch", "stopped", "parameters", "train_seconds"];
    let all = tested.into_iter().chain(others.map(str::to_owned));
    let shown = |name: &str| match name {
        // The setting is another: a run may end early.
        "epochs" => "epochs done".to_owned(),
        _ => name.replace('_', " "),
    };
    let rows = all.map(|name| row(&shown(&name), &name, runs));
    rows.filter(|(_, cells)| cells.iter().any(|cell| cell != NOTHING)).collect()
}

/// The names that any of them has, each once.
fn names(of: &[Map<String, Value>]) -> Vec<String> {
    let mut names: Vec<String> = of.iter().flat_map(Map::keys).cloned().collect();
    names.sort();
    names.dedup();
    names
}

/// What stands where a run has nothing.
const NOTHING: &str = "–";

fn row(shown: &str, name: &str, of: &[Map<String, Value>]) -> Row {
    let cell = |run: &Map<String, Value>| match run.get(name) {
        None | Some(Value::Null) => NOTHING.to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_f64() => {
            number.as_f64().map_or_else(|| number.to_string(), |x| format!("{x:.4}"))
        }
        Some(other) => other.to_string(),
    };
    (shown.to_owned(), of.iter().map(cell).collect())
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// The cells of a row, none wider than that. Of texts that are, those parts are shown in which they differ.
fn fitted(cells: &[String], width: usize) -> Vec<String> {
    if cells.iter().all(|cell| length(cell) <= width) {
        return cells.to_vec();
    }
    let first: Vec<char> = cells.first().map_or_else(Vec::new, |cell| cell.chars().collect());
    let common = |cell: &String| cell.chars().zip(&first).take_while(|(a, b)| a == *b).count();
    let texts = cells.iter().filter(|cell| *cell != NOTHING);
    let shared = match texts.clone().count() {
        0 | 1 => 0,
        _ => texts.map(common).min().unwrap_or(0),
    };
    // From the beginning of a word.
    let is_break = |c: &char| !c.is_alphanumeric() && *c != '.' && *c != '_';
    let start = first[..shared].iter().rposition(is_break).map_or(0, |place| place + 1);
    let cell = |cell: &String| match start {
        0 => cut(cell, width),
        _ if cell == NOTHING => cell.clone(),
        _ => cut(&format!("…{}", cell.chars().skip(start).collect::<String>()), width),
    };
    cells.iter().map(cell).collect()
}

/// The text, its beginning cut where it is longer than that.
fn ending(text: &str, width: usize) -> String {
    let skipped = (length(text) + 1).saturating_sub(width);
    if length(text) <= width {
        text.to_owned()
    } else {
        format!("…{}", text.chars().skip(skipped).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shown_where_they_differ() {
        let of = |texts: [&str; 2], width| fitted(&texts.map(str::to_owned), width);
        assert_eq!(of(["16", "32"], 14), ["16", "32"]);
        assert_eq!(
            of(
                ["OneCycle { peak: 0.003, warmup: 0.3 }", "OneCycle { peak: 0.01, warmup: 0.3 }"],
                14
            ),
            ["…0.003, warmu…", "…0.01, warmup…"],
        );
        assert_eq!(of(["a long text indeed", "–"], 10), ["a long te…", "–"]);
        assert_eq!(ending("runs/houses-mlp", 10), "…ouses-mlp");
    }
}
