//! What the examples share: how they print, and how they are shortened when CI only wants to see that
//! they run.

mod command_line;
mod output;
#[cfg(test)]
mod same_bits;
mod small_sets;
mod sound;
pub mod xray;

pub use command_line::{DataChoice, read_options, sets};
pub use output::{finish, write_line, write_progress};
pub use sound::{SoundChoice, sound, spectrogram, write_tones};

use std::path::{Path, PathBuf};

use plywood::datasets::{Image, chelsea};
use plywood::layers::replace_file;
use plywood::prelude::*;
use serde::Serialize;

/// Whether the examples are only tried: set by `cargo xtask examples`.
pub fn is_smoke_run() -> bool {
    std::env::var_os("PLYWOOD_SMOKE").is_some()
}

/// The trainer, for one epoch only in a smoke run.
pub fn shortened<S>(trainer: Trainer<S>) -> Trainer<S> {
    if is_smoke_run() { trainer.epochs(1) } else { trainer }
}

/// The seed that `--seed N` on the command line asks for, and the [folder](folder_of) of its run.
///
/// # Errors
/// When the command line says something else.
pub fn seed_and_folder(name: &str) -> Result<(Seed, String)> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    parse_seed(&arguments, name)
}

/// The folder of an example's run from a seed: `runs/NAME` for the 7 that is the default,
/// `runs/NAME-N` for others.
pub fn folder_of(name: &str, Seed(seed): Seed) -> String {
    match seed {
        7 => format!("runs/{name}"),
        other => format!("runs/{name}-{other}"),
    }
}

fn parse_seed(arguments: &[String], name: &str) -> Result<(Seed, String)> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let seed = match words[..] {
        [] => Some(7),
        ["--seed", number] => number.parse().ok(),
        _ => None,
    };
    match seed {
        Some(seed) => Ok((Seed(seed), folder_of(name, Seed(seed)))),
        None => Err(Error::value(format!("`{}` isn't understood", words.join(" ")))
            .operation("examples")
            .hint("`--seed N` trains from another seed, a whole number from 0")),
    }
}

/// Writes what an example came to into `metrics.json` in its folder, where it isn't a single run
/// of a trainer that writes its own.
///
/// # Errors
/// When the file can't be written.
pub fn write_metrics(folder: impl AsRef<Path>, metrics: &impl Serialize) -> Result<()> {
    let json = serde_json::to_vec_pretty(metrics)
        .map_err(|error| Error::data(format!("the metrics can't be written: {error}")))?;
    replace_file(folder.as_ref().join("metrics.json"), &json)
}

/// The mean of some numbers, and the sample's standard deviation, which is 0 of a single one.
pub fn mean_and_spread(numbers: &[f64]) -> (f64, f64) {
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let squares = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    (mean, (squares / (numbers.len() as f64 - 1.0).max(1.0)).sqrt())
}

/// Where a data set of IDX files is: `data/NAME`, or in a smoke run a folder with a few small
/// images in the same format, made here.
///
/// # Errors
/// When the folder can't be written.
pub fn idx_folder(name: &str) -> Result<PathBuf> {
    let folder = PathBuf::from("data").join(name);
    if is_smoke_run() {
        write_small_set(&folder)?;
    }
    Ok(folder)
}

/// Where data sets and weights are: `data`. In a smoke run it gets two small sets of drawings in the
/// format of the emoji, parts of the embedded cat.
///
/// # Errors
/// When the folder can't be written.
pub fn emoji_folder() -> Result<PathBuf> {
    let data = PathBuf::from("data");
    if is_smoke_run() {
        for set in ["emoji-google", "emoji-twitter"] {
            write_small_emoji(&data.join(set))?;
        }
    }
    Ok(data)
}

/// Thirty images of two categories.
fn write_small_emoji(folder: &Path) -> Result<()> {
    let cat = chelsea()?;
    let mut entries = Vec::new();
    for place in 0..30 {
        let part = Tensor::from_fn([3, 64, 64], |at| {
            let (row, column) = (at[1] + 5 * place, at[2] + 100 * (place % 2));
            cat.pixels().get(&[at[0], row, column]).unwrap_or(0)
        });
        let image = format!("{place}.png");
        replace_file(folder.join("64").join(&image), &Image::new(part)?.encode_png()?)?;
        let category = ["Animals", "Nature"][place % 2];
        entries.push(serde_json::json!({ "category": category, "image": image }));
    }
    let json = serde_json::Value::from(entries).to_string();
    replace_file(folder.join("emoji.json"), json.as_bytes())
}

/// A folder of CIFAR-10's binary files for a smoke run: `data/cifar10`, with 20 records in each of the
/// six, of a label and as many pixels as real ones.
///
/// # Errors
/// When the folder can't be written.
pub fn cifar10_folder() -> Result<PathBuf> {
    let folder = PathBuf::from("data/cifar10");
    let files = (1..=5).map(|part| format!("data_batch_{part}.bin"));
    for name in files.chain(["test_batch.bin".to_owned()]) {
        let record = |label: u8| [vec![label], vec![25 * label; 3 * 32 * 32]].concat();
        let records: Vec<u8> = (0..10).chain(0..10).flat_map(record).collect();
        replace_file(folder.join(name), &records)?;
    }
    Ok(folder)
}

/// A folder of GTSRB's for a smoke run: `data/gtsrb`, with a frame of each of two tracks of every class, and a test
/// image of each, in colours of their own.
///
/// # Errors
/// When the folder can't be written.
pub fn gtsrb_folder() -> Result<PathBuf> {
    let folder = PathBuf::from("data/gtsrb");
    small_sets::gtsrb(&folder)?;
    Ok(folder)
}

/// The folder of the folder `austen` with texts to learn from: what `PLYWOOD_DATA` names, or `data`; in a smoke run with
/// two small texts, made here.
///
/// # Errors
/// When the folder can't be written.
pub fn austen_folder() -> Result<PathBuf> {
    if !is_smoke_run() {
        return Ok(sets());
    }
    let text = "It is a truth that a dog of good fortune must be in want of a bone.\n";
    for (name, times) in [("1.txt", 60), ("2.txt", 5)] {
        replace_file(Path::new("data/austen").join(name), text.repeat(times).as_bytes())?;
    }
    Ok("data".into())
}

/// A small set in CamVid's folders, where an example would have it: a smoke run needs no download.
///
/// # Errors
/// When the folder can't be written.
pub fn camvid_folder() -> Result<PathBuf> {
    let folder = PathBuf::from("data/camvid");
    small_sets::camvid(&folder)?;
    Ok(folder)
}

/// Four IDX files in MNIST's names, of the embedded digits in the middle of 28×28 pixels.
fn write_small_set(folder: &Path) -> Result<()> {
    let digits = Digits::embedded()?;
    let labels = digits.labels();
    for (name, samples) in [("train", 0..240), ("t10k", 240..300)] {
        let count = (samples.len() as u32).to_be_bytes();
        let mut images = [&[0, 0, 8, 3][..], &count, &[0, 0, 0, 28], &[0, 0, 0, 28]].concat();
        for index in samples.clone() {
            let digit = digits.image(index)?;
            let inside = |place: usize| (10..18).contains(&place).then(|| place - 10);
            for (row, column) in (0..28).flat_map(|row| (0..28).map(move |column| (row, column))) {
                let pixel = inside(row)
                    .zip(inside(column))
                    .map_or(0, |(row, column)| digit.as_slice()[row * 8 + column]);
                images.push(pixel);
            }
        }
        let classes = labels[samples].iter().map(|&label| label as u8);
        let labels: Vec<u8> = [0, 0, 8, 1].into_iter().chain(count).chain(classes).collect();
        replace_file(folder.join(format!("{name}-images-idx3-ubyte")), &images)?;
        replace_file(folder.join(format!("{name}-labels-idx1-ubyte")), &labels)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_seed_has_its_folder() {
        let parse = |line: &str| {
            parse_seed(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), "mnist")
        };
        assert_eq!(parse("").unwrap(), (Seed(7), "runs/mnist".to_owned()));
        assert_eq!(parse("--seed 7").unwrap(), (Seed(7), "runs/mnist".to_owned()));
        assert_eq!(parse("--seed 8").unwrap(), (Seed(8), "runs/mnist-8".to_owned()));
        assert_eq!(
            parse("--seed x").unwrap_err().to_string(),
            "examples: `--seed x` isn't understood; `--seed N` trains from another seed, a whole \
             number from 0",
        );
    }
}
