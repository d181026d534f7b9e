//! Metrics, the confusion matrix, and the images that are drawn of a training.

use plywood::datasets::Target;
use plywood::tensor::{Result, Tensor};
use plywood::training::plots;
use plywood::training::{
    Accuracy, AveragePrecision, Averaging, BalancedAccuracy, Baseline, BrierScore, Calibration,
    CalibrationError, ClassReport, ConfusionMatrix, EpochRecord, F1, LogLoss, MeanAbsoluteError,
    MeanAbsolutePercentageError, Metric, Precision, PrecisionRecallCurve, RSquared, Recall, RocAuc,
    RocCurve, RootMeanSquaredError, Scores, Spearman, Spread, StepRecord, TemperatureScaling,
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
    ("RootMeanSquaredError", |draw| sees(draw, RootMeanSquaredError::new())),
    ("MeanAbsolutePercentageError", |draw| sees(draw, MeanAbsolutePercentageError::new())),
    ("Spearman", |draw| sees(draw, Spearman::new())),
    ("Precision", |draw| {
        let metric = Precision::new().averaging(averaging(draw));
        sees(draw, metric)
    }),
    ("Recall", |draw| {
        let metric = Recall::new().averaging(averaging(draw));
        sees(draw, metric)
    }),
    ("F1", |draw| {
        let metric = F1::new().averaging(averaging(draw));
        sees(draw, metric)
    }),
    ("BalancedAccuracy", |draw| sees(draw, BalancedAccuracy::new())),
    ("RocAuc", |draw| sees(draw, RocAuc::new())),
    ("AveragePrecision", |draw| sees(draw, AveragePrecision::new())),
    ("BrierScore", |draw| sees(draw, BrierScore::new())),
    ("LogLoss", |draw| sees(draw, LogLoss::new())),
    ("CalibrationError", |draw| {
        let metric = CalibrationError::new().bins(draw.size("bins"));
        sees(draw, metric)
    }),
    ("RocCurve", |draw| {
        let (scores, positive) = scored(draw);
        let roc = RocCurve::new(&scores, &positive)?;
        let _ = (roc.area(), roc.youden(), roc.points().len());
        plots::roc(&[("<small & large>", &roc)][..draw.small("curves", 1)])?;
        let point = roc.at_threshold(draw.number("threshold"))?;
        plots::roc_with_points(&[("", &roc)], &[("<chosen>", point)])?;
        roc.at_specificity(draw.number("specificity")).map(drop)
    }),
    ("PrecisionRecallCurve", |draw| {
        let (scores, positive) = scored(draw);
        let curve = PrecisionRecallCurve::new(&scores, &positive)?;
        let _ = (curve.average_precision(), curve.best_f1(), curve.points().len());
        plots::precision_recall(&[("", &curve)][..draw.small("curves", 1)])?;
        curve.at_recall(draw.number("recall")).map(drop)
    }),
    ("TemperatureScaling", |draw| {
        let (scores, target) = match draw.once_in(4) {
            true => (draw.tensor("scores", 2), target(draw)),
            false => fitting(draw, true),
        };
        let scaling = TemperatureScaling::fit(&scores, &*target)?;
        assert!((0.01..=100.0).contains(&scaling.temperature()), "{scaling:?}");
        let given = TemperatureScaling::new(draw.number("temperature"))?;
        let _ = (scaling.scale(&scores), given.scale(&scores));
        Ok(())
    }),
    ("Calibration", |draw| {
        let (confidence, right) = scored(draw);
        let calibration = Calibration::new(&confidence, &right, draw.size("bins"))?;
        let _ = (calibration.error(), calibration.largest_error(), calibration.bins().len());
        plots::calibration(&calibration).map(drop)
    }),
    ("ConfusionMatrix::at_threshold", |draw| {
        let (scores, positive) = scored(draw);
        let threshold = draw.number("threshold");
        let matrix = ConfusionMatrix::at_threshold(&scores, &positive, threshold)?;
        ClassReport::new(&matrix.named(&["a\nname ".repeat(20)])).to_string();
        Ok(())
    }),
    ("Baseline", |draw| {
        let baseline = Baseline::of(&*target(draw))?;
        let other = target(draw);
        let _ = baseline.accuracy(&*other);
        let _ = baseline.mean_absolute_error(&*other);
        baseline.r_squared(&*other).map(drop)
    }),
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
        let of = averaging(draw);
        let _ = (matrix.recall(of), matrix.precision(of), matrix.f1(of), matrix.support(class));
        let _ = (matrix.balanced_accuracy(), ClassReport::new(&matrix).to_string());
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
    ("plots::steps", |draw| {
        let spread = |draw: &mut Draw| Spread {
            mean: draw.number("mean"),
            min: draw.number("smallest"),
            max: draw.number("largest"),
        };
        let records: Vec<StepRecord> = (0..draw.small("records", 4))
            .map(|_| StepRecord {
                first: draw.word("first"),
                last: draw.word("last"),
                epoch: draw.size("epoch"),
                learning_rate: draw.number("learning rate"),
                loss: spread(draw),
                grad_norm: spread(draw),
            })
            .collect();
        plots::steps(&records).map(drop)
    }),
    ("plots::scatter", |draw| {
        let (actual, predicted) = (draw.numbers("actual", 5), draw.numbers("predicted", 5));
        plots::scatter(&actual, &predicted, "<price & \"value\">").map(drop)
    }),
    ("plots::residuals", |draw| {
        let (predicted, actual) = (draw.numbers("predicted", 5), draw.numbers("actual", 5));
        plots::residuals(&predicted, &actual, "<price & \"value\">").map(drop)
    }),
    ("plots::filters", |draw| {
        let weight = draw.tensor("weight", 4);
        plots::filters(&weight, draw.size("scale")).map(drop)
    }),
];

fn averaging(draw: &mut Draw) -> Averaging {
    let class = Averaging::Class(draw.size("class"));
    let averages = [Averaging::Binary, Averaging::Macro, Averaging::Weighted, Averaging::Micro];
    let own = draw.one_of("averaging", &averages);
    if draw.flag("of a class") { class } else { own }
}

/// Scores, and which samples are positive: mostly as many.
fn scored(draw: &mut Draw) -> (Vec<f64>, Vec<bool>) {
    let scores = draw.numbers("scores", 12);
    let other = draw.once_in(6).then(|| draw.small("samples", 12));
    let positive = (0..other.unwrap_or(scores.len())).map(|_| draw.once_in(2)).collect();
    let positive = draw.note("positive", positive);
    (scores, positive)
}

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

/// Outputs and labels or values of one shape.
fn fitting(draw: &mut Draw, of_classes: bool) -> (Tensor, Box<dyn Target>) {
    let samples = 1 + draw.small("samples but one", 4);
    let width = draw.one_of("outputs", if of_classes { &[2, 2, 2, 3] } else { &[1, 1, 1, 3] });
    let output = draw.tensor_of("output", &[samples, width]);
    let target: Box<dyn Target> = match of_classes {
        true => Box::new(draw.indices("labels", &[samples], width)),
        false => Box::new(draw.tensor_of("target", &[samples, width])),
    };
    (output, target)
}

/// Some batches, also from a state that makes no sense.
fn sees(draw: &mut Draw, mut metric: impl Metric) -> Result<()> {
    let _ = (metric.name(), metric.larger_is_better(), metric.display(draw.number("shown")));
    let of_classes = draw.flag("classes");
    for _ in 0..2 {
        let (output, target) = match draw.once_in(6) {
            true => (draw.tensor("output", 2), target(draw)),
            false => fitting(draw, of_classes),
        };
        let updated = metric.update(&output, &*target);
        let _ = (metric.value(), metric.sums());
        updated?;
    }
    metric.restore(&draw.numbers("sums", 6));
    let _ = (metric.value(), metric.sums());
    metric.reset();
    Ok(())
}
