//! How much longer an epoch takes than its steps on one batch that is held in memory: what reading, decoding and
//! augmentation cost.
//!
//! Each recipe trains for an epoch as it is, and for one in which every step is given the first batch again, in turns, on
//! one thread. What counts is processor time, from which other programs take nothing; the figures are medians over the
//! rounds. `--data` names the folder with `pneumoniamnist.npz`, `gtsrb` and `ravdess`, if it isn't what `PLYWOOD_DATA` names
//! or `data`; sets that aren't there are left out. Only Linux tells a program its processor time without more ado.
//!
//! Run it with `cargo run --release --example keeps_up -- --data DIR`.

use std::path::{Path, PathBuf};

use plywood::datasets::{Dataset, Draw, Split};
use plywood::prelude::*;
use plywood::training::Objective;
use plywood::zoo::{Recipe, recipes};
use plywood_examples::{finish, is_smoke_run, println};

/// How often both ways take turns.
const ROUNDS: usize = 5;
/// The samples of an epoch here, at most: enough for seconds of steps.
const SAMPLES: usize = 1280;

fn main() -> Result<()> {
    let data = data_folder()?;
    println!("processor time of a step in milliseconds, and the ratio\n");
    println!("recipe       in an epoch   on one batch   ratio");
    let there = |name: &str| data.join(name).exists();
    let of_images = |Recipe { model, train, trainer, .. }: Recipe| (model, train, trainer);
    if there("pneumoniamnist.npz") {
        turns("xray", 64, || recipes::xray(&data, Seed(7)).map(of_images))?;
    }
    if there("gtsrb") {
        turns("signs", 128, || recipes::signs(data.join("gtsrb"), Seed(7)).map(of_images))?;
    }
    if there("ravdess") {
        turns("voice", 32, || {
            let recipe = recipes::voice(data.join("ravdess"), 0, Seed(7))?;
            Ok((recipe.classifier.model, recipe.train, recipe.trainer))
        })?;
    }
    finish()
}

/// Trains both ways in turns, with steps of `batch_size` samples as the recipe has them, and says what they took.
fn turns<D, O>(
    name: &str,
    batch_size: usize,
    make: impl Fn() -> Result<(Box<dyn Layer>, D, Trainer<O>)> + Sync,
) -> Result<()>
where
    D: Dataset + Split,
    D::Batch: Clone + Sync,
    O: Objective<Box<dyn Layer>, D::Batch>,
{
    let (rounds, samples) = if is_smoke_run() { (1, batch_size) } else { (ROUNDS, SAMPLES) };
    let mut all = Vec::new();
    for _ in 0..rounds {
        all.push(threads::with(1, || -> Result<[f64; 2]> {
            let (model, train, trainer) = make()?;
            // All batches are whole.
            let steps = samples.min(train.len()) / batch_size;
            let train = train.take(steps * batch_size)?;
            let first: Vec<usize> = (0..batch_size).collect();
            let held =
                Held { len: train.len(), batch: train.batch(&first, &Draw::training(Seed(7), 0))? };
            let (other, _, other_trainer) = make()?;
            let seconds = [epoch(trainer, model, &train)?, epoch(other_trainer, other, &held)?];
            Ok(seconds.map(|seconds| 1e3 * seconds / steps as f64))
        })??);
    }
    let median = |of: &dyn Fn(&[f64; 2]) -> f64| {
        let mut figures: Vec<f64> = all.iter().map(of).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    println!(
        "{name:<12} {:>11.2} {:>14.2} {:>7.3}",
        median(&|[epoch, _]| *epoch),
        median(&|[_, held]| *held),
        median(&|[epoch, held]| epoch / held),
    );
    Ok(())
}

/// The processor time that an epoch takes, in seconds.
fn epoch<D, O>(trainer: Trainer<O>, mut model: Box<dyn Layer>, train: &D) -> Result<f64>
where
    D: Dataset,
    O: Objective<Box<dyn Layer>, D::Batch>,
{
    let trainer = trainer.epochs(1).loader_threads(0).quiet(true);
    let before = processor_seconds()?;
    trainer.fit(&mut model, train, None)?;
    Ok(processor_seconds()? - before)
}

/// The processor time of this program until now, in seconds.
fn processor_seconds() -> Result<f64> {
    let path = Path::new("/proc/self/stat");
    let stat = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
    // The fields 14 and 15, in hundredths of a second, counted from the parenthesis behind the program's name.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|time| time.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}

/// A data set of as many samples as another, each batch of which is that one's first.
#[derive(Clone)]
struct Held<B> {
    len: usize,
    batch: B,
}

impl<B: plywood::datasets::Batch + Clone + Sync> Dataset for Held<B> {
    type Batch = B;

    fn len(&self) -> usize {
        self.len
    }

    fn batch(&self, _: &[usize], _: &Draw) -> Result<B> {
        Ok(self.batch.clone())
    }

    fn fingerprint(&self) -> String {
        format!("{} samples, one batch", self.len)
    }
}

/// Where the sets are: in a smoke run a folder with a small one.
fn data_folder() -> Result<PathBuf> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = match &arguments[..] {
        [] => None,
        [name, folder] if name == "--data" => Some(PathBuf::from(folder)),
        _ => {
            return Err(Error::value(format!("`{}` isn't understood", arguments.join(" ")))
                .operation("keeps_up")
                .hint("`--data DIR` names the folder of the sets"));
        }
    };
    plywood_examples::xray::data_folder(given)
}
