//! What was measured: read from the runs' `metrics.json`, and kept in `results.json`.

use super::row::Row;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The rows that were measured, by name.
#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Records(BTreeMap<String, Record>);

/// What one row came to.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// The figure from each seed.
    pub(super) values: Vec<f64>,
    /// The time that all of them took, seconds.
    pub(super) seconds: f64,
    pub(super) seeds: Vec<u64>,
}

impl Records {
    /// What is kept in a file; nothing if there is none.
    pub(super) fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        serde_json::from_value(json(path)?).with_context(|| format!("{} is broken", path.display()))
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(path, text).with_context(|| format!("can't write {}", path.display()))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Record> {
        self.0.get(name)
    }

    pub(super) fn set(&mut self, name: &str, record: Record) {
        self.0.insert(name.to_owned(), record);
    }
}

impl Record {
    /// The mean of the seeds, with the sample's standard deviation where there are several.
    pub(super) fn describe(&self, decimals: usize) -> String {
        let mean = mean(&self.values);
        if self.values.len() < 2 {
            return format!("{mean:.decimals$}");
        }
        let squares: f64 = self.values.iter().map(|value| (value - mean).powi(2)).sum();
        let spread = (squares / (self.values.len() as f64 - 1.0)).sqrt();
        format!("{mean:.decimals$} ± {spread:.decimals$}")
    }

    /// Minutes from one seed.
    pub(super) fn minutes(&self) -> f64 {
        self.seconds / 60.0 / self.values.len().max(1) as f64
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What a row's runs came to, as far as they are in a folder; none if no run is.
pub(super) fn collected(row: &Row, runs: &Path, seeds: &[u64]) -> Result<Option<Record>> {
    let metrics = |folder: &str| {
        let path = runs.join(folder).join("metrics.json");
        path.exists().then(|| json(&path).map(|metrics| (path, metrics))).transpose()
    };
    let mut record = Record { values: Vec::new(), seconds: 0.0, seeds: Vec::new() };
    let folders = match row.each_seed {
        // The example's own seed has the folder without a number.
        true => seeds
            .iter()
            .map(|seed| match seed {
                &super::FIRST_SEED => row.example.to_owned(),
                _ => format!("{}-{seed}", row.example),
            })
            .collect(),
        false => vec![row.example.to_owned()],
    };
    for folder in folders {
        let Some((path, metrics)) = metrics(&folder)? else { continue };
        let mut add = || {
            record.values.extend(each_seed(at(&metrics, row.values)?)?);
            record.seconds += numbers(at(&metrics, row.seconds)?)?.iter().sum::<f64>();
            let seeds = if row.each_seed { "/seed" } else { "/seeds" };
            record.seeds.extend(numbers(at(&metrics, seeds)?)?.iter().map(|&seed| seed as u64));
            Ok(())
        };
        let added: Result<()> = add();
        added.with_context(|| format!("{} isn't what {} writes", path.display(), row.example))?;
    }
    if record.values.len() != record.seeds.len() {
        bail!(
            "{}: {} figures from {} seeds; was a run cut short?",
            row.name,
            record.values.len(),
            record.seeds.len()
        );
    }
    Ok((!record.values.is_empty()).then_some(record))
}

fn json(path: &Path) -> Result<Value> {
    let text =
        fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is broken", path.display()))
}

fn at<'v>(metrics: &'v Value, pointer: &str) -> Result<&'v Value> {
    metrics.pointer(pointer).with_context(|| format!("{pointer} is missing"))
}

/// A number, or several.
fn numbers(value: &Value) -> Result<Vec<f64>> {
    let number = |value: &Value| value.as_f64().with_context(|| format!("{value} is no number"));
    match value {
        Value::Array(values) => values.iter().map(number).collect(),
        value => Ok(vec![number(value)?]),
    }
}

/// One number for each seed, the mean where a seed has several.
fn each_seed(value: &Value) -> Result<Vec<f64>> {
    match value {
        Value::Array(seeds) => seeds.iter().map(|seed| Ok(mean(&numbers(seed)?))).collect(),
        value => numbers(value),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::row::ROWS;
    use super::*;

    pub(in super::super) fn record(values: &[f64]) -> Record {
        let seeds = (7..7 + values.len() as u64).collect();
        Record { values: values.to_vec(), seconds: 60.0, seeds }
    }

    fn row(name: &str) -> &'static Row {
        ROWS.iter().find(|row| row.name == name).unwrap()
    }

    fn write(runs: &Path, folder: &str, metrics: &str) {
        fs::create_dir_all(runs.join(folder)).unwrap();
        fs::write(runs.join(folder).join("metrics.json"), metrics).unwrap();
    }

    #[test]
    fn runs_of_each_seed_are_put_together() {
        let runs = tempfile::tempdir().unwrap();
        let runs = runs.path();
        assert_eq!(collected(row("mnist"), runs, &[7, 8, 9]).unwrap(), None);
        write(runs, "mnist", r#"{"test_accuracy": 0.995, "train_seconds": 90.0, "seed": 7}"#);
        write(runs, "mnist-9", r#"{"test_accuracy": 0.997, "train_seconds": 30.0, "seed": 9}"#);
        let record = collected(row("mnist"), runs, &[7, 8, 9]).unwrap().unwrap();
        assert_eq!(
            record,
            Record { values: vec![0.995, 0.997], seconds: 120.0, seeds: vec![7, 9] }
        );
        assert_eq!((record.describe(4).as_str(), record.minutes()), ("0.9960 ± 0.0014", 1.0));
    }

    #[test]
    fn folds_of_a_seed_are_averaged() {
        let runs = tempfile::tempdir().unwrap();
        let metrics = r#"{"accuracies": [[0.5, 1.0], [1.0, 1.0]], "seconds": 5, "seeds": [7, 8]}"#;
        write(runs.path(), "digits_folds", metrics);
        let record = collected(row("digits"), runs.path(), &[7]).unwrap().unwrap();
        assert_eq!(record, Record { values: vec![0.75, 1.0], seconds: 5.0, seeds: vec![7, 8] });
    }

    #[test]
    fn what_is_missing_is_named() {
        let runs = tempfile::tempdir().unwrap();
        write(runs.path(), "mnist", r#"{"train_seconds": 90.0, "seed": 7}"#);
        let error = collected(row("mnist"), runs.path(), &[7]).unwrap_err();
        assert_eq!(error.root_cause().to_string(), "/test_accuracy is missing");
    }

    #[test]
    fn a_single_seed_has_no_spread() {
        assert_eq!(record(&[0.93456]).describe(4), "0.9346");
    }
}
