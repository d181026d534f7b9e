//! `plywood data`: what a file or folder holds, before anything is trained on it.

mod images;
mod recordings;
mod table;

use std::path::{Path, PathBuf};

use plywood::datasets::{AudioFolder, ColumnType, Csv, ImageFolder};
use plywood::tensor::{Error, Result, Seed};
use plywood::zoo::PRETRAINED;

use crate::missing;
use crate::options::Weights;
use crate::say::Output;
use crate::sound::files::{ListOptions, Source, any_input};
use crate::split::Splitting;
use crate::table_file::{Columns, Reading, tell};
use crate::target::{LEAST_ROWS, target_rows, test_rows};
use table::Target;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A CSV file, or a folder with a sub-folder of images or recordings for each class; without one, the
    /// sets inside the library and the weights that can be fetched are listed
    path: Option<PathBuf>,
    /// The CSV file lists recordings, with the class or the number that `--target` names
    #[arg(long, requires = "path", conflicts_with_all = ["Reading", "without", "log"])]
    audio: bool,
    #[command(flatten)]
    list: ListOptions,
    /// The column to be learnt: a number, or a category
    #[arg(long, value_name = "COLUMN", requires = "path")]
    target: Option<String>,
    /// A column that is left out
    #[arg(long, value_name = "COLUMN", requires = "path")]
    without: Vec<String>,
    #[command(flatten)]
    columns: Columns,
    #[command(flatten)]
    reading: Reading,
    /// Look at the logarithm of the target too, which `plywood train --log` learns
    #[arg(long, requires = "target")]
    log: bool,
    #[command(flatten)]
    splitting: Splitting,
    /// What the parts follow from
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    #[command(flatten)]
    weights: Weights,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    match &arguments.path {
        None if arguments.splitting == Splitting::default() => list(&arguments.weights, out),
        None => Err(Error::value("`--split` and `--test` are about a file or folder")
            .hint("name it: `plywood data FILE --split 0.7,0.1,0.2`")),
        Some(path) if arguments.audio || holds_recordings(path) => {
            let Arguments { target, list, columns, splitting, seed, .. } = arguments;
            let plain = arguments.reading == Reading::default()
                && arguments.without.is_empty()
                && !arguments.log;
            if !plain {
                return Err(Error::value(
                    "options of tables don't apply to a folder of recordings",
                )
                .at(path.display())
                .hint("give the table's file, or leave those options out"));
            }
            let source = Source::of(path, target.as_deref(), list, columns)?;
            recordings::show(&source, splitting, Seed(*seed), out)
        }
        Some(path) if path.is_dir() => {
            let plain = arguments.columns == Columns::default()
                && arguments.reading == Reading::default()
                && arguments.target.is_none()
                && arguments.without.is_empty()
                && !arguments.log;
            if !plain {
                return Err(Error::value("options of tables don't apply to a folder of images")
                    .at(path.display())
                    .hint("give the table's file, or leave those options out"));
            }
            images::show(path, &arguments.splitting, Seed(arguments.seed), out)
        }
        Some(path) => of_table(path, arguments, out),
    }
}

/// Whether a folder's sub-folders have recordings, and no images.
fn holds_recordings(path: &Path) -> bool {
    path.is_dir()
        && AudioFolder::open(path, &any_input()).is_ok()
        && ImageFolder::open(path, 8).is_err()
}

fn list(weights: &Weights, out: &mut Output) -> Result<()> {
    let folders = weights.folders();
    out.say("inside the library:");
    out.say("  digits         1,797 handwritten digits, 8×8");
    out.say("  ames           2,930 house sales, 74 columns");
    out.say("  breast_cancer  569 measured samples, 31 columns");
    out.say("published weights:");
    for pretrained in PRETRAINED {
        let path = pretrained.path(folders.with(pretrained.data_set));
        let state = match path.exists() {
            true => format!("here: {}", path.display()),
            false => format!("`plywood fetch {}` brings them", pretrained.data_set),
        };
        out.say(format!("  {:<18}  {state}", pretrained.name));
    }
    out.say("`plywood fetch` lists the sets that can be fetched");
    Ok(())
}

fn of_table(path: &Path, arguments: &Arguments, out: &mut Output) -> Result<()> {
    let csv = arguments.columns.declare(arguments.reading.apply(Csv::new())?)?;
    let without = arguments.without.iter();
    let csv = without.fold(csv, |csv, name| csv.column(name, ColumnType::Ignored));
    let table = csv.read_file(path).map_err(|error| missing::hinted(error, path))?;
    tell(path, table.notes());
    let Some(target) = &arguments.target else {
        if arguments.splitting != Splitting::default() {
            return Err(Error::value("`--split` and `--test` need to know what is learnt")
                .at(path.display())
                .hint("`--target COLUMN` says it: each part gets its share of every class"));
        }
        return table::show(&table, None, out);
    };
    let mut rows = target_rows(&table, target, path)?;
    if !table.is_numeric(target)? {
        rows = rows.stratified_by(target)?;
    }
    let mut parts = None;
    if rows.len() >= LEAST_ROWS {
        let test = test_rows(&arguments.splitting, &csv, &table, target)?;
        let split = arguments.splitting.parts(&rows, test, Seed(arguments.seed));
        parts = Some(split.map_err(|error| error.at(path.display()))?);
    }
    table::show(&table, Some(&Target { name: target, log: arguments.log, parts }), out)
}
