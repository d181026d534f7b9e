//! What a folder or a list of recordings holds.

use plywood::datasets::{AudioFolder, Dataset, RowTarget};
use plywood::tensor::{Error, Result, Seed, Tensor, visible_line};

use crate::amount::amount;
use crate::image_files::{listed, same_classes};
use crate::say::Output;
use crate::sound::files::{Source, any_input};
use crate::sound::settings::Measured;
use crate::split::{Parts, Splitting};

/// The least recordings of which each part can have some.
const LEAST: usize = 10;

pub(super) fn show(
    source: &Source,
    splitting: &Splitting,
    seed: Seed,
    out: &mut Output,
) -> Result<()> {
    let input = any_input();
    match source.score() {
        None => {
            let recordings = source.classes(&input)?;
            let names = recordings.class_names();
            out.say(format!("{} recordings in {} classes", recordings.len(), names.len()));
            let test = splitting.test().map(|path| -> Result<_> {
                let test = source.like(path).classes(&input)?;
                same_classes(names, &test, path)?;
                Ok(test)
            });
            let parts = parts(&recordings, test.transpose()?, splitting, seed, out)?;
            of_classes(&recordings, parts.as_ref(), out)?;
            measured(&recordings, out)
        }
        Some(name) => {
            let recordings = source.scores(&input)?;
            out.say(format!("{} recordings", recordings.len()));
            let test = splitting.test().map(|path| source.like(path).scores(&input));
            parts(&recordings, test.transpose()?, splitting, seed, out)?;
            out.say(of_scores(name, &recordings.targets()?));
            measured(&recordings, out)
        }
    }
}

/// The parts, if there are enough recordings; says how many are in each.
fn parts<T: RowTarget>(
    recordings: &AudioFolder<T>,
    test: Option<AudioFolder<T>>,
    splitting: &Splitting,
    seed: Seed,
    out: &mut Output,
) -> Result<Option<Parts<AudioFolder<T>>>> {
    if recordings.len() < LEAST {
        return Ok(None);
    }
    let parts = splitting.parts(recordings, test, seed)?;
    let [train, valid, test] = parts.each().map(Dataset::len);
    out.say(format!("{train} to learn from, {valid} to validate, {test} to test"));
    Ok(Some(parts))
}

/// How many recordings of each class there are, and in which part.
fn of_classes(
    recordings: &AudioFolder,
    parts: Option<&Parts<AudioFolder>>,
    out: &mut Output,
) -> Result<()> {
    if parts.is_some() {
        out.say(format!("{:>10}{:>8}{:>10}{:>8}", "recordings", "learn", "validate", "test"));
    }
    let all = recordings.targets()?;
    let of_parts = parts.map(|parts| parts.each().map(AudioFolder::targets));
    let of_parts = match of_parts {
        Some([train, valid, test]) => Some([train?, valid?, test?]),
        None => None,
    };
    for (class, name) in recordings.class_names().iter().enumerate() {
        let count = |labels: &Tensor<u32>| {
            labels.as_slice().iter().filter(|&&label| label as usize == class).count()
        };
        let of_parts = of_parts.as_ref().map_or_else(String::new, |[train, valid, test]| {
            format!("{:>8}{:>10}{:>8}", count(train), count(valid), count(test))
        });
        out.say(format!("{:>10}{of_parts}  {}", count(&all), visible_line(name)));
    }
    Ok(())
}

/// The range of the scores and their mean.
fn of_scores(name: &str, scores: &Tensor) -> String {
    let numbers = scores.as_slice().iter().map(|&x| f64::from(x));
    let mean = numbers.clone().sum::<f64>() / scores.numel().max(1) as f64;
    let [least, most] =
        [numbers.clone().fold(f64::INFINITY, f64::min), numbers.fold(f64::NEG_INFINITY, f64::max)];
    let [least, most, mean] = [least, most, mean].map(amount);
    format!("`{name}` is from {least} to {most}, with a mean of {mean}")
}

/// How long recordings are, and which rates they have; then those that can't be read.
fn measured<T: RowTarget>(recordings: &AudioFolder<T>, out: &mut Output) -> Result<()> {
    let Measured { seconds, rates, broken } = &Measured::of(recordings);
    let total: f64 = seconds.iter().sum();
    if let [least, .., most] = &seconds[..] {
        let middle = seconds[seconds.len() / 2];
        out.say(format!(
            "{least:.2} to {most:.2} s long, {middle:.2} s in the middle, {total:.1} s in all"
        ));
    }
    for (rate, count) in rates {
        out.say(format!("{count:>10} at {rate} Hz"));
    }
    match broken.len() {
        0 => Ok(()),
        count => {
            let errors: Vec<&Error> = broken.iter().map(|(_, error)| error).collect();
            Err(Error::data(format!(
                "{count} can't be read, which `--skip-broken` leaves out in training:{}",
                listed(&errors)
            )))
        }
    }
}
