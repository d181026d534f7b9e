//! Metrics, the confusion matrix, and the images that are drawn of a training.

use plywood::datasets::Target;
use plywood::tensor::Result;
use plywood::training::plots;
use plywood::training::{
    Accuracy, ConfusionMatrix, EpochRecord, MeanAbsoluteError, Metric, RSquared, Scores,
};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("Accuracy", |draw| {
        let metric = Accuracy::top(draw.size("k"));
        sees(draw, metric)
    }),
    ("MeanAbsoluteError", |draw| sees(draw, MeanAbsoluteError::new())),
    ("RSquared", |draw| sees(draw, RSquared::new())),
    ("ConfusionMatrix", |draw| {
        let mut matrix = ConfusionMatrix::new(draw.small("classes", 5));
        if draw.flag("named") {
            let names: Vec<String> =
                (0..draw.small("names", 6)).map(|name| name.to_string()).collect();
            matrix = matrix.named(&names);
        }
        let target = target(draw);
        let updated = matrix.update(&draw.tensor("scores", 2), &*target);
        let class = draw.size("class");
        let _ = (matrix.recall(class), matrix.precision(class), matrix.label(class));
        let _ = (matrix.to_string(), matrix.rows().count(), matrix.count(class, class));
        plots::confusion(&matrix)?;
        updated
    }),
    ("plots::curves", |draw| {
        let records: Vec<EpochRecord> = (0..draw.small("epochs", 4))
            .map(|_| EpochRecord {
                epoch: draw.size("epoch"),
                learning_rate: draw.number("learning rate"),
                train: scores(draw),
                valid: draw.flag("validated").then(|| scores(draw)),
                grad_norm: draw.number("norm"),
                clipped: draw.word("clipped"),
            })
            .collect();
        plots::curves(&records).map(drop)
    }),
    ("plots::scatter", |draw| {
        let (actual, predicted) = (draw.numbers("actual", 5), draw.numbers("predicted", 5));
        plots::scatter(&actual, &predicted, "<price & \"value\">").map(drop)
    }),
    ("plots::filters", |draw| {
        let weight = draw.tensor("weight", 4);
        plots::filters(&weight, draw.size("scale")).map(drop)
    }),
];

fn scores(draw: &mut Draw) -> Scores {
    let metrics = draw.numbers("metrics", 2).into_iter();
    let metrics = metrics.enumerate().map(|(place, value)| (format!("metric {place}"), value));
    Scores { loss: draw.number("loss"), metrics: metrics.collect() }
}

/// Labels or values.
fn target(draw: &mut Draw) -> Box<dyn Target> {
    match draw.flag("labels") {
        true => {
            let dims = draw.dims("shape of the labels", 1);
            Box::new(draw.indices("labels", &dims, 4))
        }
        false => Box::new(draw.tensor("target", 2)),
    }
}

/// Some batches, also from a state that makes no sense.
fn sees(draw: &mut Draw, mut metric: impl Metric) -> Result<()> {
    let _ = (metric.name(), metric.larger_is_better(), metric.display(draw.number("shown")));
    for _ in 0..2 {
        let target = target(draw);
        let updated = metric.update(&draw.tensor("output", 2), &*target);
        let _ = (metric.value(), metric.sums());
        updated?;
    }
    metric.restore(&draw.numbers("sums", 6));
    let _ = (metric.value(), metric.sums());
    metric.reset();
    Ok(())
}
