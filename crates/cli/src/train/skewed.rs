//! Columns in which a few numbers are far from the others: taken as they are, or by their ranks.

use std::path::Path;

use plywood::datasets::{Encoding, EncodingConfig, Table};
use plywood::layers::mse_loss;
use plywood::tensor::{Result, Rng};
use plywood::training::Run;
use plywood::zoo::{MemberLoss, TableModel, TableModelConfig};

use crate::options::{Pace, Training};
use crate::table_file::tell;

/// How skewed columns are taken.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
pub(super) enum Skewed {
    /// As does better on the validation rows, in a training run of one network and a third of the epochs.
    Auto,
    /// By their ranks.
    Ranks,
    /// As they are.
    Values,
}

/// The skewness from which on a column is skewed, and the different numbers that it needs: flags and small
/// counts have no ranks to speak of.
const SKEWNESS: f64 = 1.5;
const LEAST_DIFFERENT: usize = 20;

/// The fewest epochs of a trial.
const LEAST_EPOCHS: usize = 5;

/// What was told, or follows from that.
pub(super) struct Told<'a> {
    pub(super) how: Skewed,
    pub(super) training: &'a Training,
    /// The table's file.
    pub(super) path: &'a Path,
    /// The run's folder.
    pub(super) folder: &'a Path,
}

/// How the columns are encoded: `network` makes a model of an encoding.
pub(super) fn encoding(
    told: &Told<'_>,
    config: EncodingConfig,
    network: impl Fn(Encoding) -> TableModelConfig,
    [train, valid]: [&Table; 2],
) -> Result<Encoding> {
    let &Told { how, training, path, folder } = told;
    let plain = config.clone().measured_on(train)?;
    let skewed = skewed(train, &plain)?;
    if how == Skewed::Values || skewed.is_empty() {
        return Ok(plain);
    }
    let ranked = config.by_rank(&skewed).measured_on(train)?;
    if how == Skewed::Ranks {
        return Ok(ranked);
    }
    if let Some(by_rank) = told.decided(&skewed) {
        if by_rank {
            tell(
                path,
                [format!(
                    "skewed columns are taken by their ranks, as {} has it: {}",
                    folder.display(),
                    skewed.join(", ")
                )],
            );
        }
        return Ok(if by_rank { ranked } else { plain });
    }
    let network = |encoding| network(encoding).members(1);
    let trial = |encoding: &Encoding| trial(network(encoding.clone()), [train, valid], training);
    let (by_value, by_rank) = (trial(&plain)?, trial(&ranked)?);
    if by_rank >= by_value {
        return Ok(plain);
    }
    tell(
        path,
        [format!(
            "skewed columns are taken by their ranks, which did better on the validation rows (loss \
             {by_rank:.4} instead of {by_value:.4}; `--skewed values` doesn't): {}",
            skewed.join(", ")
        )],
    );
    Ok(ranked)
}

impl Told<'_> {
    /// Whether the model of a finished run takes these columns by their ranks; nothing where there is none, or one
    /// of other columns.
    fn decided(&self, skewed: &[String]) -> Option<bool> {
        if self.training.begins_anew() {
            return None;
        }
        let model = TableModel::load(self.folder).ok()?;
        let by_rank = model.encoding().by_rank();
        (by_rank.is_empty() || by_rank == skewed).then_some(!by_rank.is_empty())
    }
}

/// The columns of numbers that are skewed.
fn skewed(train: &Table, encoding: &Encoding) -> Result<Vec<String>> {
    let mut skewed = Vec::new();
    for name in encoding.number_names() {
        let mut numbers = train.numbers(name)?;
        numbers.retain(|x| !x.is_nan());
        if skewness(&numbers).abs() < SKEWNESS {
            continue;
        }
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        if numbers.len() >= LEAST_DIFFERENT {
            skewed.push(name.to_owned());
        }
    }
    Ok(skewed)
}

/// The mean cube of the distances from the mean, in standard deviations.
fn skewness(numbers: &[f64]) -> f64 {
    let n = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let cubes = numbers.iter().map(|x| ((x - mean) / variance.sqrt()).powi(3)).sum::<f64>() / n;
    if cubes.is_nan() { 0.0 } else { cubes }
}

/// The least loss on the validation rows in a short run.
fn trial(
    config: TableModelConfig,
    [train, valid]: [&Table; 2],
    training: &Training,
) -> Result<f64> {
    let mut model = config.init(&mut Rng::new(training.seed()))?;
    let trainer = training.trial(Pace::of_rows(train.len()), LEAST_EPOCHS)?;
    if model.is_classifier() {
        let (train, valid) = (model.classes(train)?, model.classes(valid)?);
        let loss = training.loss(train.target(), model.encoding().class_names())?;
        let trainer = trainer.objective(MemberLoss(loss));
        return trainer.fit(&mut model.network, &train, &valid).map(|run| least(&run));
    }
    let (train, valid) = (model.values(train)?, model.values(valid)?);
    let trainer = trainer.objective(MemberLoss(mse_loss));
    trainer.fit(&mut model.network, &train, &valid).map(|run| least(&run))
}

fn least<S>(run: &Run<S>) -> f64 {
    let losses = run.history().iter().map(|record| record.scores().loss);
    losses.fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skewness_of_known_numbers() {
        assert_eq!(skewness(&[]), 0.0);
        assert_eq!(skewness(&[3.0, 3.0]), 0.0);
        assert_eq!(skewness(&[-1.0, 0.0, 1.0]), 0.0);
        // Of one in four 1, the others 0: (1 − 2p) / √(p(1 − p)).
        assert!((skewness(&[0.0, 0.0, 0.0, 1.0]) - 0.5 / (0.1875_f64).sqrt()).abs() < 1e-12);
    }
}
