//! A network that learns a column of a table from the others.

use std::collections::HashSet;
use std::path::Path;

use plywood::datasets::{ColumnType, Csv, Encoding, Table};
use plywood::layers::{mse_loss, replace_file};
use plywood::tensor::{Error, Result, Rng};
use plywood::training::{Accuracy, RSquared, plots};
use plywood::zoo::{MemberLoss, TableModel};

use super::skewed::{self, Skewed};
use crate::doubts;
use crate::how_good;
use crate::learnt_from::keep_rows;
use crate::missing;
use crate::options::{Pace, Training};
use crate::report::{REPORT, of_table};
use crate::say::Output;
use crate::split::{Parts, Splitting};
use crate::table_file::{Columns, Reading, tell, types};
use crate::target::{LEAST_ROWS, target_rows, test_rows};

#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Options {
    /// The column to learn: a number, or a category
    #[arg(long, value_name = "COLUMN", conflicts_with = "images")]
    pub(super) target: Option<String>,
    /// A column that the network isn't given
    #[arg(long, value_name = "COLUMN", conflicts_with = "images")]
    without: Vec<String>,
    #[command(flatten)]
    pub(super) columns: Columns,
    #[command(flatten)]
    reading: Reading,
    /// Learn the logarithm of the target: for prices and other amounts
    #[arg(long, conflicts_with = "images")]
    log: bool,
    /// How skewed columns are taken, in which a few numbers are far from the others
    #[arg(long, value_name = "HOW", conflicts_with = "images", default_value = "auto")]
    skewed: Skewed,
    /// How many networks learn, each by itself, to answer with their mean
    #[arg(long, value_name = "N", conflicts_with = "images", default_value_t = 4)]
    members: usize,
    /// The sizes of the hidden layers
    #[arg(
        long,
        value_name = "N,N",
        conflicts_with = "images",
        value_delimiter = ',',
        default_value = "64,32"
    )]
    hidden: Vec<usize>,
    /// The share of hidden numbers that are dropped in training
    #[arg(long, value_name = "P", conflicts_with = "images", default_value_t = 0.1)]
    dropout: f64,
}

pub(super) fn run(
    model: &str,
    path: &Path,
    options: &Options,
    splitting: &Splitting,
    training: &Training,
    out: &mut Output,
) -> Result<()> {
    TableModel::check_name(model)?;
    let target = options.target.clone().unwrap_or_default();
    if options.without.contains(&target) {
        return Err(Error::value(format!("`{target}` is the target, which can't be left out"))
            .hint("`--without` names what the network isn't given"));
    }
    let csv = options.csv()?;
    let table = csv.read_file(path).map_err(|error| missing::hinted(error, path))?;
    tell(path, table.notes());
    tell(path, [types(&table)?]);
    let counting = doubts::row_numbers(&table, Some(&target))?;
    if !counting.is_empty() {
        let names = counting.join(", ");
        tell(path, [format!("to leave out by `--without`, since it counts the rows: {names}")]);
    }
    let table = target_rows(&table, &target, path)?;
    let at_path = |error: Error| error.at(path.display());
    let numeric = table.is_numeric(&target)?;
    if numeric && training.weighs_classes() {
        return Err(at_path(
            Error::value(format!("`{target}` is a number, which has no classes to weigh")).hint(
                format!("leave out `--class-weights`, or declare `--column {target}=category`"),
            ),
        ));
    }
    if numeric && few_numbers(&table, &target)? {
        let doubt = format!(
            "`{target}` has few different numbers; if they are classes, declare `--column \
             {target}=category`"
        );
        tell(path, [doubt]);
    }
    if table.len() < LEAST_ROWS {
        return Err(at_path(
            Error::data(format!("{} rows are too few to learn from", table.len()))
                .hint(format!("{LEAST_ROWS} are the least, hundreds are better")),
        ));
    }
    let table = if numeric { table } else { of_classes(&table, &target, path)? };
    let test = test_rows(splitting, &csv, &table, &target)?;
    let parts = splitting.parts(&table, test, training.seed()).map_err(at_path)?;
    let Parts { train, valid, test } = &parts;
    let without = doubts::own_texts(train, Some(&target))?;
    if !without.is_empty() {
        let names = without.join(", ");
        tell(path, [format!("left out, because nearly every row has its own text: {names}")]);
    }
    let mut config = Encoding::config(&target).without(without);
    if numeric {
        config = config.standard_target();
    }
    if options.log {
        config = config.log_target();
    }
    let network = |encoding: Encoding| {
        let config = TableModel::config(model, encoding).members(options.members);
        config.hidden(&options.hidden[..]).dropout(options.dropout)
    };
    let folder = training.out(path, model);
    let told = skewed::Told { how: options.skewed, training, path, folder: &folder };
    let encoding = skewed::encoding(&told, config, network, [train, valid])?;
    if !encoding.left_out().is_empty() {
        let names = encoding.left_out().join(", ");
        tell(path, [format!("left out, because every row has the same: {names}")]);
    }
    tell(path, encoding.gaps(&table)?.notes());
    let numbers = encoding.number_names().len();
    let categories = encoding.columns().len() - numbers;
    out.say(format!(
        "{} rows to learn from, {} to validate, {} to test; {numbers} columns of numbers, {categories} \
         of categories",
        train.len(),
        valid.len(),
        test.len()
    ));

    let mut model = network(encoding).init(&mut Rng::new(training.seed()))?.read_as(&csv, &table);
    let keep = || keep_rows(&folder, path, &parts, splitting.test().is_some());
    let report_path = folder.join(REPORT);
    let trainer = training.trainer(Pace::of_rows(train.len()), &folder)?.keep_best(true);
    if model.is_classifier() {
        let [rows, valid, tested] = [train, valid, test].map(|part| model.classes(part));
        let (rows, tested) = (rows?, tested?);
        let loss = training.told_loss(rows.target(), model.encoding().class_names(), out)?;
        let trainer = trainer.objective(MemberLoss(loss)).metric(Accuracy::top(1));
        let run = trainer.fit(&mut model.network, &rows, &valid?)?;
        let (result, predictions) = run.examine(&model.network, &tested)?;
        model.save(&folder)?;
        keep()?;
        run.write(&folder, &model.network, &result)?;
        let report = run.report().evaluation(&result).predictions(&predictions);
        let epochs = run.history().len();
        of_table(report, &model, path, &parts, training.seed(), epochs)?.write_html(report_path)?;
        out.say(&result);
        how_good::classes(&predictions, out)?;
        out.say(how_good::beside_classes(&model, train, test)?);
    } else {
        let [rows, valid, tested] = [train, valid, test].map(|part| model.values(part));
        let trainer = trainer.objective(MemberLoss(mse_loss)).metric(RSquared::new());
        let (run, tested) = (trainer.fit(&mut model.network, &rows?, &valid?)?, tested?);
        let (result, predictions) = run.examine(&model.network, &tested)?;
        model.save(&folder)?;
        keep()?;
        run.write(&folder, &model.network, &result)?;
        let answers = model.predict(test)?;
        let actual = test.numbers(&target)?;
        let predicted = answers.numbers().unwrap_or(&[]).iter().map(|&x| f64::from(x));
        let predicted: Vec<f64> = predicted.collect();
        let scatter = plots::scatter(&actual, &predicted, &target)?;
        replace_file(folder.join("scatter.svg"), scatter.as_bytes())?;
        let report = run.report().evaluation(&result).predictions(&predictions);
        let report = report.numbers(&target, actual, predicted);
        let epochs = run.history().len();
        of_table(report, &model, path, &parts, training.seed(), epochs)?.write_html(report_path)?;
        out.say(&result);
        out.say(how_good::numbers(&target, &answers, test)?);
        out.say(how_good::beside_numbers(&model, train, test)?);
    }
    out.say(format!(
        "\nwritten to {0}: look at {0}/{REPORT}, or try `plywood eval {0} --csv FILE`",
        folder.display()
    ));
    Ok(())
}

impl Options {
    fn csv(&self) -> Result<Csv> {
        let csv = self.columns.declare(self.reading.apply(Csv::new())?)?;
        Ok(self.without.iter().fold(csv, |csv, name| csv.column(name, ColumnType::Ignored)))
    }
}

/// Whether the target looks like classes that are numbered.
fn few_numbers(table: &Table, target: &str) -> Result<bool> {
    let numbers = table.numbers(target)?;
    let different: HashSet<u64> = numbers.iter().map(|x| x.to_bits()).collect();
    Ok(different.len() <= 10 && numbers.iter().all(|x| x.fract() == 0.0))
}

/// The rows, to be split so that each part has its share of every class.
fn of_classes(table: &Table, target: &str, path: &Path) -> Result<Table> {
    let classes = doubts::classes(table, target)?;
    if let [(only, _)] = classes[..] {
        return Err(Error::data(format!("`{target}`, the target, is `{only}` in every row"))
            .at(path.display())
            .hint("there is nothing to tell apart"));
    }
    tell(path, doubts::rare_classes(target, &classes));
    table.stratified_by(target)
}
