//! How good a model is, beside what is to be had without one.

use plywood::datasets::{Encoding, Table, Target};
use plywood::tensor::{Result, Tensor};
use plywood::training::{
    Accuracy, Baseline, ClassReport, MeanAbsoluteError, Metric, Predictions, RSquared, RocAuc,
    RootMeanSquaredError,
};
use plywood::zoo::{LinearTableModel, TableModel, TablePrediction};

use crate::amount::amount;
use crate::say::{self, Output};

/// More classes make a table that nobody reads.
const MOST_CLASSES: usize = 50;

/// The most multiplications that a linear model may take: a minute and less.
const MOST_WORK: f64 = 1e11;

/// What classes came to, one by one and over all.
pub(crate) fn classes(predictions: &Predictions, out: &mut Output) -> Result<()> {
    let matrix = predictions.confusion()?;
    if matrix.classes() <= MOST_CLASSES {
        out.say(format!("\n{}", ClassReport::new(&matrix)));
    }
    let area = predictions.measure(RocAuc::new())?;
    let of = if matrix.classes() == 2 { "" } else { ", each class against the rest" };
    match area.is_nan() {
        true => out.say("\nROC AUC –: a class has no samples"),
        false => out.say(format!("\nROC AUC {area:.4}{of}")),
    }
    Ok(())
}

/// What always answering the most frequent of these labels comes to.
pub(crate) fn most_frequent(
    learnt: &Tensor<u32>,
    tested: &dyn Target,
    class_names: &[String],
) -> Result<String> {
    let baseline = Baseline::of(learnt)?;
    let share = Accuracy::top(1).display(baseline.accuracy(tested)?);
    let class = match baseline {
        Baseline::Class(class) => class_names.get(class as usize).map_or("", String::as_str),
        Baseline::Mean(_) => "",
    };
    Ok(format!("always `{class}` {share}"))
}

/// What a table's classes are told by without a network, in one line.
pub(crate) fn beside_classes(model: &TableModel, train: &Table, test: &Table) -> Result<String> {
    let (learnt, tested) = (model.classes(train)?, model.classes(test)?);
    let names = model.encoding().class_names();
    let mut line =
        format!("beside it: {}", most_frequent(learnt.target(), tested.target(), names)?);
    if let Some(predicted) = linear(model.encoding(), train, test)?
        && let Some(probabilities) = predicted.probabilities()
    {
        let scores = probabilities.map(f32::ln);
        let measure = |metric: &mut dyn Metric| -> Result<String> {
            metric.update(&scores, tested.target())?;
            Ok(metric.display(metric.value()))
        };
        let (share, area) = (measure(&mut Accuracy::top(1))?, measure(&mut RocAuc::new())?);
        line += &format!("; logistic regression {share}, ROC AUC {area}");
    }
    Ok(line)
}

/// How far predictions are from the truth, in the target's own unit.
pub(crate) fn numbers(target: &str, predicted: &TablePrediction, table: &Table) -> Result<String> {
    scores(target, &column(predicted)?, &truth(target, table)?)
}

/// How far predictions `[N, 1]` are from the truth.
pub(crate) fn scores(target: &str, predicted: &Tensor, truth: &Tensor) -> Result<String> {
    let Errors { mean, root_mean_square, r_squared } = Errors::of(predicted, truth)?;
    let (mean, root) = (amount(mean), amount(root_mean_square));
    Ok(format!("`{target}`: mean error {mean}, root mean square error {root}, R² {r_squared:.4}"))
}

/// What scores are told by without a network, in one line.
pub(crate) fn beside_scores(learnt: &Tensor, truth: &Tensor) -> Result<String> {
    let error = amount(Baseline::of(learnt)?.mean_absolute_error(truth)?);
    Ok(format!("beside it: always the mean, error {error}"))
}

/// What a table's numbers are told by without a network, in one line.
pub(crate) fn beside_numbers(model: &TableModel, train: &Table, test: &Table) -> Result<String> {
    let truth = truth(model.target(), test)?;
    let learnt = Tensor::from(single(train.numbers(model.target())?));
    let error = amount(Baseline::of(&learnt)?.mean_absolute_error(&truth)?);
    let mut line = format!("beside it: always the mean, error {error}");
    if let Some(predicted) = linear(model.encoding(), train, test)? {
        let Errors { mean, r_squared, .. } = Errors::of(&column(&predicted)?, &truth)?;
        line += &format!("; ridge regression {}, R² {r_squared:.4}", amount(mean));
    }
    Ok(line)
}

fn truth(target: &str, table: &Table) -> Result<Tensor> {
    let numbers = single(table.numbers(target)?);
    let rows = numbers.len();
    Tensor::from_vec(numbers, [rows, 1])
}

/// The predicted numbers, `[N, 1]`.
fn column(predicted: &TablePrediction) -> Result<Tensor> {
    let numbers = predicted.numbers().unwrap_or(&[]).to_vec();
    let rows = numbers.len();
    Tensor::from_vec(numbers, [rows, 1])
}

fn single(numbers: Vec<f64>) -> Vec<f32> {
    numbers.into_iter().map(|x| x as f32).collect()
}

/// How far predictions are from the truth.
struct Errors {
    mean: f64,
    root_mean_square: f64,
    r_squared: f64,
}

impl Errors {
    fn of(predicted: &Tensor, truth: &Tensor) -> Result<Self> {
        let measure = |mut metric: Box<dyn Metric>| -> Result<f64> {
            metric.update(predicted, truth)?;
            Ok(metric.value())
        };
        Ok(Self {
            mean: measure(Box::new(MeanAbsoluteError::new()))?,
            root_mean_square: measure(Box::new(RootMeanSquaredError::new()))?,
            r_squared: measure(Box::new(RSquared::new()))?,
        })
    }
}

/// What a linear model says of rows, if it isn't too much to compute.
fn linear(encoding: &Encoding, train: &Table, test: &Table) -> Result<Option<TablePrediction>> {
    let columns = encoding.vocabularies().iter().map(|&(_, size)| size).sum::<usize>();
    let columns = (1 + encoding.number_names().len() + columns) as f64;
    let (rows, classes) = (train.len() as f64, encoding.class_names().len().max(1) as f64);
    // Newton's method takes about ten steps.
    let steps = if encoding.class_names().is_empty() { 1.0 } else { 10.0 };
    if (rows * columns * columns + columns.powi(3)) * classes * steps > MOST_WORK {
        say::note(
            "the linear model to compare with is left out: it would take longer than a minute",
        );
        return Ok(None);
    }
    LinearTableModel::fit(encoding, train)?.predict(test).map(Some)
}
