//! How good a model is: figures, and for classes the confusion matrix, the class report and curves.

use plywood_tensor::Result;

use super::Report;
use super::figure::Figure;
use super::regression::Numbers;
use super::words::{grouped, number};
use crate::metrics::{ClassReport, ClassScores, ConfusionMatrix, PrecisionRecallCurve, RocCurve};
use crate::plots;
use crate::predictions::Predictions;

/// Classes up to which the confusion matrix is drawn: beyond them its cells can't be read.
const DRAWN: usize = 40;
/// Classes up to which confusions are counted, as an evaluation does: their matrix is their square.
const COUNTED: usize = 1_000;
/// Pairs of classes that are listed in its place.
const PAIRS: usize = 20;
/// Classes that have a row.
const ROWS: usize = 100;
/// Classes up to which each has a curve.
const CURVES: usize = 6;
/// Ranges of confidence.
const BINS: usize = 10;

impl Report<'_> {
    pub(super) fn quality(&self, numbers: Option<&Numbers>) -> Result<Vec<Figure>> {
        let mut figures: Vec<Figure> = self.scores().into_iter().collect();
        if let Some(confusion) = self.confusion() {
            figures.push(confused(&confusion)?);
            figures.push(classes(&confusion));
        }
        if let Some(predictions) = self.predictions.filter(|own| own.target().classes().is_some()) {
            figures.extend(curves(predictions)?);
        }
        if let Some(numbers) = numbers {
            figures.extend(numbers.figures()?);
        }
        Ok(figures)
    }

    /// Which classes were taken for which, of the evaluation or of the predictions.
    pub(super) fn confusion(&self) -> Option<ConfusionMatrix> {
        let evaluated = self.evaluation.and_then(|evaluation| evaluation.confusion.clone());
        let is_small = |own: &&Predictions| own.outputs().shape()[1] <= COUNTED;
        evaluated.or_else(|| self.predictions.filter(is_small)?.confusion().ok())
    }

    /// Loss and metrics beside those of the best epoch.
    fn scores(&self) -> Option<Figure> {
        let evaluation = self.evaluation?;
        let best = self.facts.history.iter().find(|record| record.epoch == self.facts.best_epoch);
        let valid = best.and_then(|record| record.valid.as_ref());
        let display = |name: &str, value: f64| {
            let metric = self.facts.metrics.iter().find(|metric| metric.name() == name);
            metric.map_or_else(|| number(value), |metric| metric.display(value))
        };
        let mut head = vec!["figure", "test"];
        head.extend(valid.map(|_| "validation, best epoch"));
        let mut rows = vec![vec!["loss".to_owned(), number(evaluation.scores.loss)]];
        rows[0].extend(valid.map(|valid| number(valid.loss)));
        for (name, value) in &evaluation.scores.metrics {
            let mut row = vec![name.clone(), display(name, *value)];
            row.extend(valid.map(|valid| display(name, valid.metric(name).unwrap_or(f64::NAN))));
            rows.push(row);
        }
        let caption = "The loss is what training makes small; the others are what people compare. Test figures that \
                       are much worse than those of validation say that the choice of the best epoch was luck.";
        Some(Figure::table("Figures", caption, head, rows))
    }
}

fn confused(confusion: &ConfusionMatrix) -> Result<Figure> {
    if confusion.classes() <= DRAWN {
        let caption = "Each row is what samples are, each column what the model answered. Blue, on the diagonal, is \
                       right; red is wrong, the stronger the more of its row.";
        return Ok(Figure::svg("What is taken for what", caption, plots::confusion(confusion)?));
    }
    let mut pairs: Vec<(u64, usize, usize)> = Vec::new();
    for (truth, row) in confusion.rows().enumerate() {
        let wrong = row.iter().enumerate().filter(|&(answer, &count)| answer != truth && count > 0);
        pairs.extend(wrong.map(|(answer, &count)| (count, truth, answer)));
    }
    pairs.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let rows = pairs.iter().take(PAIRS).map(|&(count, truth, answer)| {
        [confusion.name(truth), confusion.name(answer), grouped(count)]
    });
    let caption = "The classes that are confused most often, of more than a drawing has room for.";
    Ok(Figure::table("What is taken for what", caption, ["is", "answered", "samples"], rows))
}

fn classes(confusion: &ConfusionMatrix) -> Figure {
    let report = ClassReport::new(confusion);
    let row = |class: &ClassScores| {
        let [precision, recall, f1] =
            [class.precision, class.recall, class.f1].map(|x| format!("{x:.3}"));
        [class.name.clone(), precision, recall, f1, grouped(class.support)]
    };
    let shown = report.classes().iter().take(ROWS);
    let means = [report.macro_average(), report.weighted_average()];
    let rows: Vec<[String; 5]> = shown.chain(means).map(row).collect();
    let more = match report.classes().len().saturating_sub(ROWS) {
        0 => String::new(),
        more => format!(" {more} more classes are not shown."),
    };
    let caption = format!(
        "Precision: of the times that the model answers the class, the share that is right. Recall: of the class's \
         samples, the share that it finds. F1 is high only where both are; the last rows are means over the \
         classes.{more}"
    );
    Figure::table(
        "Class by class",
        caption,
        ["class", "precision", "recall", "F1", "samples"],
        rows,
    )
}

/// ROC and precision–recall curves of few classes, and the calibration.
fn curves(predictions: &Predictions) -> Result<Vec<Figure>> {
    let classes = predictions.outputs().shape()[1];
    let names = predictions.class_names();
    let name = |class: usize| names.get(class).cloned().unwrap_or_else(|| format!("class {class}"));
    let mut figures = Vec::new();
    // Of two classes, the second one's curves say all.
    let shown = match classes {
        2 => 1..2,
        3..=CURVES => 0..classes,
        _ => 0..0,
    };
    // A class without samples, or with all of them, has no curve.
    let roc: Vec<(String, RocCurve)> = shown
        .clone()
        .filter_map(|class| Some((name(class), predictions.roc(class).ok()?)))
        .collect();
    if !roc.is_empty() {
        let curves: Vec<(&str, &RocCurve)> = roc.iter().map(|(name, roc)| (&**name, roc)).collect();
        let caption = "How many of a class are found (upward) for how many others that are taken for it (across), as \
                       the threshold is lowered. The nearer to the upper left corner, the better; on the diagonal \
                       it is chance.";
        figures.push(Figure::svg("ROC curve", caption, plots::roc(&curves)?));
    }
    let found: Vec<(String, PrecisionRecallCurve)> = shown
        .filter_map(|class| Some((name(class), predictions.precision_recall(class).ok()?)))
        .collect();
    if !found.is_empty() {
        let curves: Vec<(&str, &PrecisionRecallCurve)> =
            found.iter().map(|(name, curve)| (&**name, curve)).collect();
        let caption = "How many of those that are taken for a class are right (upward), for how many of the class are \
                       found (across). The nearer to the upper right corner, the better; for rare classes it says \
                       more than the ROC curve.";
        figures.push(Figure::svg(
            "Precision and recall",
            caption,
            plots::precision_recall(&curves)?,
        ));
    }
    figures.push(match predictions.calibration(BINS).and_then(|own| plots::calibration(&own)) {
        Ok(svg) => {
            let caption = "Whether the model is as sure as it is right: of all answers that it gives 80 %, 80 % should \
                           be right, which is the diagonal. Below it the model is too sure of itself. The lower \
                           drawing says how many samples each point is made of.";
            Figure::svg("How sure it may be", caption, svg)
        }
        Err(error) => Figure::note("How sure it may be", format!("It can't be drawn: {error}.")),
    });
    Ok(figures)
}
