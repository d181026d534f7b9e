//! A network that learns a column of a table from the others.

use std::collections::HashSet;
use std::path::Path;

use plywood::datasets::{Csv, Encoding, Split, Table};
use plywood::tensor::{Error, Result};
use plywood::training::{Accuracy, RSquared};

use crate::options::Training;
use crate::saved::{TableModel, class_step, value_step};
use crate::say::Output;
use crate::table_network::check_name;

#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Options {
    /// The column to learn: a number, or a category
    #[arg(long, value_name = "COLUMN", conflicts_with = "images")]
    target: Option<String>,
    /// A column that the network isn't given
    #[arg(long, value_name = "COLUMN", conflicts_with = "images")]
    without: Vec<String>,
    /// A column whose numbers are names, such as postcodes or classes
    #[arg(long, value_name = "COLUMN", conflicts_with = "images")]
    categorical: Vec<String>,
    /// A text that stands for a missing value, besides nothing, NA and NaN
    #[arg(long, value_name = "TEXT", conflicts_with = "images", allow_hyphen_values = true)]
    missing: Vec<String>,
    /// What stands between values
    #[arg(long, value_name = "LETTER", default_value = ",", conflicts_with = "images")]
    delimiter: String,
    /// Learn the logarithm of the target: for prices and other amounts
    #[arg(long, conflicts_with = "images")]
    log: bool,
}

/// Fewer leave a part without any.
const LEAST_ROWS: usize = 10;

pub(super) fn run(
    model: &str,
    path: &Path,
    options: &Options,
    training: &Training,
    out: &mut Output,
) -> Result<()> {
    check_name(model)?;
    let target = options.target.clone().unwrap_or_default();
    let table = options.read(path)?;
    let table = with_target(&table, &target, out).map_err(|error| error.at(path.display()))?;
    if table.is_numeric(&target)? && few_numbers(&table, &target)? {
        out.say(format!(
            "`{target}` has few different numbers; if they are classes, say `--categorical {target}`"
        ));
    }
    let mut parts = || {
        if table.len() < LEAST_ROWS {
            return Err(Error::data(format!("{} rows are too few to learn from", table.len()))
                .hint(format!("{LEAST_ROWS} are the least, hundreds are better")));
        }
        let numeric = table.is_numeric(&target)?;
        let table = if numeric { table.clone() } else { table.stratified_by(&target)? };
        let [train, valid, test] = table.split([0.7, 0.1, 0.2], training.seed())?;
        let without = names_without_meaning(&train, &target, &options.without)?;
        if !without.is_empty() {
            let names = without.join(", ");
            out.say(format!("left out, because nearly every row has its own text: {names}"));
        }
        let mut config = Encoding::config(&target).without(&options.without).without(without);
        if numeric {
            config = config.standard_target();
        }
        if options.log {
            config = config.log_target();
        }
        Ok((config.measured_on(&train)?, [train, valid, test]))
    };
    let (encoding, [train, valid, test]) =
        parts().map_err(|error: Error| error.at(path.display()))?;
    if !encoding.left_out().is_empty() {
        let names = encoding.left_out().join(", ");
        out.say(format!("left out, because every row has the same: {names}"));
    }
    let (numbers, categories) = (encoding.number_names().len(), encoding.vocabularies().len());
    out.say(format!(
        "{} rows to learn from, {} to validate, {} to test; {numbers} columns of numbers, {categories} \
         of categories",
        train.len(),
        valid.len(),
        test.len()
    ));

    let saved = TableModel::new(model, options.separator()?, &options.missing, encoding);
    let folder = training.out(path);
    let mut network = saved.network(training.seed())?;
    let trainer = training.trainer(60, 3e-3, &folder)?.keep_best(true);
    if saved.is_classifier() {
        let parts = [&train, &valid, &test].map(|part| saved.classes(part));
        let [train, valid, test] = parts;
        let trainer = trainer.step(class_step).metric(Accuracy::top(1));
        let run = trainer.fit(&mut network, &train?, &valid?)?;
        let result = run.evaluate(&network, &test?)?;
        saved.save(&network, &folder)?;
        run.write(&folder, &network, &result)?;
        out.say(&result);
    } else {
        let parts = [&train, &valid, &test].map(|part| saved.values(part));
        let [train, valid, rows] = parts;
        let trainer = trainer.step(value_step).metric(RSquared::new());
        let run = trainer.fit(&mut network, &train?, &valid?)?;
        let result = run.evaluate(&network, &rows?)?;
        saved.save(&network, &folder)?;
        run.write(&folder, &network, &result)?;
        out.say(&result);
        out.say(saved.mean_error(&network, &test)?);
    }
    out.say(format!("\nwritten to {0}; try `plywood eval {0} --csv FILE`", folder.display()));
    Ok(())
}

impl Options {
    fn separator(&self) -> Result<u8> {
        let &[delimiter] = self.delimiter.replace("\\t", "\t").as_bytes() else {
            return Err(Error::value(format!(
                "the delimiter `{}` is not one letter",
                self.delimiter
            ))
            .hint("`--delimiter ';'` and `--delimiter '\\t'` are common"));
        };
        Ok(delimiter)
    }

    fn read(&self, path: &Path) -> Result<Table> {
        // What is left out need not be understood.
        let names = self.categorical.iter().chain(&self.without);
        let csv = Csv::new().delimiter(self.separator()?).missing(&self.missing).categorical(names);
        csv.read_file(path)
    }
}

/// The rows that have a target.
fn with_target(table: &Table, target: &str, out: &mut Output) -> Result<Table> {
    let there: Vec<bool> = match table.is_numeric(target)? {
        true => table.numbers(target)?.iter().map(|x| !x.is_nan()).collect(),
        false => table.categories(target)?.iter().map(Option::is_some).collect(),
    };
    let rows: Vec<usize> = (0..table.len()).filter(|&row| there[row]).collect();
    if rows.is_empty() {
        return Err(Error::data(format!("`{target}`, the target, is missing in every row")));
    }
    let missing = table.len() - rows.len();
    if missing > 0 {
        out.say(format!("{missing} rows are left out: `{target}` is missing in them"));
    }
    table.subset(&rows)
}

/// Whether the target looks like classes that are numbered.
fn few_numbers(table: &Table, target: &str) -> Result<bool> {
    let numbers = table.numbers(target)?;
    let different: HashSet<u64> = numbers.iter().map(|x| x.to_bits()).collect();
    Ok(different.len() <= 10 && numbers.iter().all(|x| x.fract() == 0.0))
}

/// The columns of texts that are names of the rows, or sentences: a network would learn them by
/// heart.
fn names_without_meaning(train: &Table, target: &str, without: &[String]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for name in train.names() {
        if name == target || without.iter().any(|other| other == name) || train.is_numeric(name)? {
            continue;
        }
        let texts: Vec<&str> = train.categories(name)?.into_iter().flatten().collect();
        let different: HashSet<&str> = texts.iter().copied().collect();
        if different.len() > 20 && 2 * different.len() > texts.len() {
            found.push(name.to_owned());
        }
    }
    Ok(found)
}
