//! Metrics, curves and tables against scikit-learn's numbers in `fixtures/metrics.json`, which
//! `fixtures/metrics.py` computes.

use std::path::Path;
use std::sync::LazyLock;

use plywood_tensor::Tensor;
use plywood_testkit::assert_close;
use plywood_training::{
    Accuracy, AveragePrecision, Averaging, BalancedAccuracy, Baseline, BrierScore, Calibration,
    CalibrationError, ClassReport, ConfusionMatrix, F1, LogLoss, MeanAbsoluteError,
    MeanAbsolutePercentageError, Metric, Precision, PrecisionRecallCurve, RSquared, Recall, RocAuc,
    RocCurve, RootMeanSquaredError, Spearman,
};
use serde_json::Value;

static NUMBERS: LazyLock<Value> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let bytes = std::fs::read(root.join("fixtures/metrics.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
});

/// The cases of a part of the file, by name.
fn cases(part: &str) -> impl Iterator<Item = (&'static String, &'static Value)> {
    let cases = NUMBERS[part].as_object().unwrap();
    assert!(cases.len() > 3, "{part} has {} cases", cases.len());
    cases.iter()
}

fn numbers(list: &Value) -> Vec<f64> {
    let list = list.as_array().unwrap().iter();
    list.flat_map(|value| match value {
        Value::Array(_) => numbers(value),
        _ => vec![value.as_f64().unwrap_or(f64::NAN)],
    })
    .collect()
}

fn labels(list: &Value) -> Vec<u32> {
    numbers(list).into_iter().map(|label| label as u32).collect()
}

/// Compares numbers where none expected is one that is not finite.
#[track_caller]
fn assert_is(what: &str, actual: f64, expected: &Value) {
    match expected.as_f64() {
        None => assert!(expected.is_null() && !actual.is_finite(), "{what}: {actual}"),
        Some(expected) => {
            let distance = (actual - expected).abs();
            assert!(
                distance <= 1e-12 * expected.abs().max(1.0),
                "{what}: {actual}, not {expected}"
            );
        }
    }
}

/// The value of a metric that sees the samples in batches of 7, and is taken up in between.
fn in_batches(
    mut metric: impl Metric + Clone,
    outputs: &Tensor,
    target: impl Fn(usize, usize) -> Box<dyn plywood_datasets::Target>,
) -> f64 {
    let (fresh, samples) = (metric.clone(), outputs.shape()[0]);
    for first in (0..samples).step_by(7) {
        let rows = 7.min(samples - first);
        let batch = outputs.narrow(0, first, rows).unwrap();
        metric.update(&batch, &*target(first, rows)).unwrap();
        let sums = metric.sums();
        metric = fresh.clone();
        metric.restore(&sums);
        assert_eq!(metric.sums(), sums);
    }
    metric.value()
}

#[test]
fn metrics_of_classes() {
    for (name, case) in cases("classification") {
        let labels = labels(&case["labels"]);
        let scores: Vec<f32> =
            numbers(&case["scores"]).into_iter().map(|score| score as f32).collect();
        let classes = scores.len() / labels.len();
        let scores = Tensor::from_vec(scores, [labels.len(), classes]).unwrap();
        let of = |metric: Box<dyn Metric>| -> f64 {
            in_batches(Boxed(metric), &scores, |first, rows| {
                Box::new(Tensor::from(labels[first..first + rows].to_vec()))
            })
        };
        let is = |metric: Box<dyn Metric>, expected: &Value| {
            let what = format!("{name}, {}", metric.name());
            assert_is(&what, of(metric), expected);
        };
        is(Box::new(Accuracy::top(1)), &case["accuracy"]);
        is(Box::new(BalancedAccuracy::new()), &case["balanced_accuracy"]);
        is(Box::new(LogLoss::new()), &case["log_loss"]);
        is(Box::new(BrierScore::new()), &case["brier_score"]);
        is(Box::new(CalibrationError::new()), &case["calibration"]["error"]);
        is(Box::new(RocAuc::new()), &case["roc_auc"]);
        is(Box::new(AveragePrecision::new()), &case["average_precision"]);
        let per_class = &case["per_class"];
        let averaging = |averaging: Averaging, precision: &Value, recall: &Value, f1: &Value| {
            is(Box::new(Precision::new().averaging(averaging)), precision);
            is(Box::new(Recall::new().averaging(averaging)), recall);
            is(Box::new(F1::new().averaging(averaging)), f1);
        };
        let averages = [
            ("macro", Averaging::Macro),
            ("weighted", Averaging::Weighted),
            ("micro", Averaging::Micro),
        ];
        for (average, own) in averages {
            let [precision, recall, f1] = [0, 1, 2].map(|figure| &per_class[average][figure]);
            averaging(own, precision, recall, f1);
        }
        let mut confusion = ConfusionMatrix::new(classes);
        confusion.update(&scores, &Tensor::from(labels.clone())).unwrap();
        for class in 0..classes {
            let [precision, recall, f1, support] =
                [0, 1, 2, 3].map(|figure| &per_class["each"][figure][class]);
            averaging(Averaging::Class(class), precision, recall, f1);
            assert_is(name, confusion.precision(class).unwrap_or(0.0), precision);
            assert_is(name, confusion.recall(class).unwrap_or(0.0), recall);
            assert_is(name, confusion.f1(class).unwrap_or(0.0), f1);
            assert_eq!(Some(confusion.support(class)), support.as_f64().map(|all| all as u64));
            if classes == 2 && class == 1 {
                averaging(Averaging::Binary, precision, recall, f1);
            }
        }
        let counts: Vec<f64> = confusion.rows().flatten().map(|&count| count as f64).collect();
        assert_eq!(counts, numbers(&case["confusion"]));
        assert_is(name, confusion.accuracy().unwrap(), &case["accuracy"]);
        assert_is(name, confusion.balanced_accuracy().unwrap(), &case["balanced_accuracy"]);
        let report = ClassReport::new(&confusion).to_string();
        assert_eq!(Some(&*report), case["report"].as_str().map(str::trim_end), "{name}");
    }
}

/// A metric in a box is a metric.
#[derive(Clone)]
struct Boxed(Box<dyn Metric>);

impl Metric for Boxed {
    fn name(&self) -> String {
        self.0.name()
    }

    fn update(
        &mut self,
        output: &Tensor,
        target: &dyn plywood_datasets::Target,
    ) -> plywood_tensor::Result<()> {
        self.0.update(output, target)
    }

    fn value(&self) -> f64 {
        self.0.value()
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn larger_is_better(&self) -> bool {
        self.0.larger_is_better()
    }

    fn sums(&self) -> Vec<f64> {
        self.0.sums()
    }

    fn restore(&mut self, sums: &[f64]) {
        self.0.restore(sums);
    }
}

#[test]
fn metrics_of_numbers() {
    for (name, case) in cases("regression") {
        let tensor = |name: &str| -> Tensor {
            Tensor::from(numbers(&case[name]).into_iter().map(|x| x as f32).collect::<Vec<f32>>())
        };
        let (predictions, targets) = (tensor("predictions"), tensor("targets"));
        let is = |metric: Box<dyn Metric>, expected: &str| {
            let what = format!("{name}, {}", metric.name());
            let value = in_batches(Boxed(metric), &predictions, |first, rows| {
                Box::new(targets.narrow(0, first, rows).unwrap())
            });
            assert_is(&what, value, &case[expected]);
        };
        is(Box::new(MeanAbsoluteError::new()), "mean_absolute_error");
        is(Box::new(RootMeanSquaredError::new()), "root_mean_squared_error");
        is(Box::new(MeanAbsolutePercentageError::new()), "mean_absolute_percentage_error");
        is(Box::new(RSquared::new()), "r_squared");
        is(Box::new(Spearman::new()), "spearman");
        let baseline = Baseline::of(&targets).unwrap();
        let Baseline::Mean(mean) = baseline else { panic!("{baseline:?}") };
        assert_is(name, mean, &case["baseline_mean"]);
        assert_is(name, baseline.mean_absolute_error(&targets).unwrap(), &case["baseline_error"]);
        assert_eq!(baseline.r_squared(&targets).unwrap(), 0.0);
    }
    let labels = Tensor::from(labels(&NUMBERS["classification"]["several"]["labels"]));
    let most = NUMBERS["most frequent"].as_u64().unwrap() as u32;
    assert_eq!(Baseline::of(&labels).unwrap(), Baseline::Class(most));
}

#[test]
fn curves() {
    for (name, case) in cases("curves") {
        let scores = numbers(&case["scores"]);
        let positive: Vec<bool> = labels(&case["labels"]).iter().map(|&label| label == 1).collect();
        let roc = RocCurve::new(&scores, &positive).unwrap();
        let points = roc.points();
        let [across, upward] = [
            points.iter().map(|point| point.false_positive_rate).collect::<Vec<f64>>(),
            points.iter().map(|point| point.true_positive_rate).collect(),
        ];
        assert_close(&across, &numbers(&case["false_positive_rate"]), 1e-12);
        assert_close(&upward, &numbers(&case["true_positive_rate"]), 1e-12);
        let thresholds: Vec<f64> = points[1..].iter().map(|point| point.threshold).collect();
        assert_eq!(thresholds, numbers(&case["roc_thresholds"]), "{name}");
        assert_eq!(points[0].threshold, f64::INFINITY);
        assert_is(name, roc.area(), &case["area"]);
        assert_is(name, roc.youden().threshold, &case["youden"]);
        let sensitivity = roc.at_specificity(0.95).unwrap().true_positive_rate;
        assert_is(name, sensitivity, &case["sensitivity_at_95"]);

        let curve = PrecisionRecallCurve::new(&scores, &positive).unwrap();
        let points = curve.points();
        let [precision, recall] = [
            points.iter().map(|point| point.precision).collect::<Vec<f64>>(),
            points.iter().map(|point| point.recall).collect(),
        ];
        assert_close(&precision, &numbers(&case["precision"]), 1e-12);
        assert_close(&recall, &numbers(&case["recall"]), 1e-12);
        let thresholds: Vec<f64> = points[1..].iter().map(|point| point.threshold).collect();
        assert_eq!(thresholds, numbers(&case["precision_recall_thresholds"]), "{name}");
        assert_is(name, curve.average_precision(), &case["average_precision"]);

        let confusion = ConfusionMatrix::at_threshold(&scores, &positive, 0.5).unwrap();
        let counts: Vec<f64> = confusion.rows().flatten().map(|&count| count as f64).collect();
        assert_eq!(counts, numbers(&case["confusion_at_half"]), "{name}");

        let calibration = Calibration::new(&scores, &positive, 15).unwrap();
        let expected = &case["calibration"];
        let bins = calibration.bins();
        let counts: Vec<f64> = bins.iter().map(|bin| bin.count as f64).collect();
        assert_eq!(counts, numbers(&expected["counts"]), "{name}");
        let full = || bins.iter().filter(|bin| bin.count > 0);
        let accuracy: Vec<f64> = full().map(|bin| bin.accuracy).collect();
        assert_close(&accuracy, &numbers(&expected["accuracy"]), 1e-12);
        let confidence: Vec<f64> = full().map(|bin| bin.confidence).collect();
        assert_close(&confidence, &numbers(&expected["confidence"]), 1e-12);
        assert_is(name, calibration.error(), &expected["error"]);
    }
}
