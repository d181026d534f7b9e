//! Metrics in a run: what they refuse, what a checkpoint keeps of them, and values that are undefined.

use std::time::Duration;

use plywood_datasets::{Split, Target};
use plywood_layers::cross_entropy;
use plywood_optimizers::SGD;
use plywood_tensor::{Seed, Tensor};
use plywood_training::{
    AveragePrecision, Averaging, BalancedAccuracy, BrierScore, CalibrationError, F1, LogLoss,
    Metric, Precision, Recall, RocAuc, RootMeanSquaredError, Trainer,
};

use crate::support::{images, linear, train_by, trainer, weights};

fn classification() -> Vec<Box<dyn Metric>> {
    vec![
        Box::new(Precision::new().averaging(Averaging::Macro)),
        Box::new(Recall::new().averaging(2)),
        Box::new(F1::new().averaging(Averaging::Weighted)),
        Box::new(BalancedAccuracy::new()),
        Box::new(RocAuc::new()),
        Box::new(AveragePrecision::new()),
        Box::new(CalibrationError::new()),
        Box::new(BrierScore::new()),
        Box::new(LogLoss::new()),
    ]
}

fn measured() -> Trainer {
    trainer()
        .metric(Precision::new().averaging(Averaging::Macro))
        .metric(F1::new().averaging(Averaging::Weighted))
        .metric(BalancedAccuracy::new())
        .metric(AveragePrecision::new())
        .metric(CalibrationError::new().bins(5))
        .metric(BrierScore::new())
        .metric(LogLoss::new())
        .monitor("average precision")
}

#[test]
fn a_run_that_is_killed_in_an_epoch_has_the_same_metrics() {
    let whole = train_by(measured(), usize::MAX, None, Duration::MAX).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Each time after three more steps, be they in the middle of an epoch or of validation.
    let interrupted = loop {
        match train_by(measured(), 3, Some(folder.path()), Duration::ZERO) {
            Ok(outcome) => break outcome,
            Err(error) => {
                let text = error.to_string();
                assert!(text.ends_with("the power is out"), "{text}");
                // Validation of two batches is one piece.
                if text.contains("validation") || text.contains("epoch 4") {
                    break train_by(measured(), usize::MAX, Some(folder.path()), Duration::ZERO)
                        .unwrap();
                }
            }
        }
    };
    assert_eq!(interrupted, whole);
    assert!(!whole.history.contains("NaN"), "{}", whole.history);
}

#[test]
fn what_metrics_of_classes_refuse() {
    let scores = Tensor::from([[0.5, 0.1, 0.2], [0.1, f32::NAN, 0.3]]);
    for mut metric in classification() {
        let name = metric.name();
        let mut text = |scores: &Tensor, target: &dyn Target| {
            metric.update(scores, target).unwrap_err().to_string()
        };
        assert_eq!(
            text(&scores, &Tensor::zeros([2, 3])),
            format!(
                "{name}: the target is numbers, not classes; \
                 `MeanAbsoluteError` and `RSquared` compare numbers"
            ),
        );
        assert_eq!(
            text(&scores, &Tensor::from([0_u32, 7])),
            format!(
                "row 1 of 2: {name}: label 7 is not a class: there are 3 classes; \
                 labels go from 0 to 2"
            ),
        );
        assert_eq!(
            text(&scores, &Tensor::from([0_u32])),
            format!("{name}: the scores [2, 3] should be (N, C), the labels [1] (N)"),
        );
        let nan = text(&scores, &Tensor::from([0_u32, 1]));
        let of_counts = format!(
            "row 1 of 2: {name}: a score is NaN, which is neither more nor less than others"
        );
        let of_probabilities = format!(
            "row 1 of 2: {name}: scores with NaN or +∞ among them, or all −∞, have no probabilities"
        );
        assert!(nan == of_counts || nan == of_probabilities, "{nan}");
        metric.reset();
        assert!(metric.value().is_nan(), "{name} of no samples is {}", metric.value());
    }
}

#[test]
fn what_averages_and_outputs_refuse() {
    let (three, labels) = (Tensor::zeros([1, 3]), Tensor::from([1_u32]));
    let text = |mut metric: Box<dyn Metric>, scores: &Tensor| {
        metric.update(scores, &labels).unwrap_err().to_string()
    };
    assert_eq!(
        text(Box::new(F1::new()), &three),
        "F1: of 3 classes none is the positive one, as class 1 of two is; \
         `.averaging(Averaging::Macro)` takes the mean of all, `Averaging::Class(1)` one",
    );
    assert_eq!(
        text(Box::new(Recall::new().averaging(3)), &three),
        "recall of class 3: there is no class 3: the scores [1, 3] (N, C) have 3",
    );
    assert_eq!(
        text(Box::new(RocAuc::new()), &Tensor::zeros([1, 1])),
        "row 0 of 1: ROC AUC: label 1 is not a class: there are 1 classes; labels go from 0 to 0",
    );
    let mut auc = RocAuc::new();
    assert_eq!(
        auc.update(&Tensor::zeros([1, 1]), &Tensor::from([0_u32])).unwrap_err().to_string(),
        "ROC AUC: the scores [1, 1] (N, C) should be of two classes at least",
    );
    auc.update(&three, &labels).unwrap();
    assert_eq!(
        auc.update(&Tensor::zeros([1, 2]), &labels).unwrap_err().to_string(),
        "ROC AUC: 2 numbers are kept of each sample, of those before 4: \
         the outputs are of another size",
    );
    let mut balanced = BalancedAccuracy::new();
    balanced.update(&three, &labels).unwrap();
    assert_eq!(
        balanced.update(&Tensor::zeros([1, 2]), &labels).unwrap_err().to_string(),
        "balanced accuracy: the scores [1, 2] (N, C) have 2 classes, those before had 3",
    );
    assert_eq!(
        RootMeanSquaredError::new()
            .update(&Tensor::zeros([2, 1]), &Tensor::zeros([2]))
            .unwrap_err()
            .to_string(),
        "root mean squared error: the predictions are [2, 1], the targets [2]",
    );
}

#[test]
fn an_undefined_metric_is_no_best_epoch() {
    let data = images(24);
    // All of class 0: there is nothing to tell it from.
    let one_class = data.subset(&[0, 3, 6, 9]).unwrap();
    let fit = |keep_best: bool, patience: usize| {
        let mut model = linear();
        let run = Trainer::new(SGD::new(0.1))
            .metric(RocAuc::new())
            .monitor("ROC AUC")
            .keep_best(keep_best)
            .early_stopping(patience)
            .epochs(3)
            .batch_size(8)
            .seed(Seed(3))
            .quiet(true)
            .loss(cross_entropy)
            .fit(&mut model, &data, &one_class)
            .unwrap();
        let stopped = run.stopped().map(str::to_owned);
        (run.best_epoch(), run.history().len(), stopped, weights(&model))
    };
    let (best, epochs, stopped, kept) = fit(true, 10);
    assert_eq!((best, epochs, stopped), (0, 3, None));
    assert!(kept == fit(false, 10).3, "these aren't the last epoch's weights");
    let (_, epochs, stopped, _) = fit(false, 2);
    let why = "EarlyStopping: 2 epochs, and each of them of NaN".to_owned();
    assert_eq!((epochs, stopped), (2, Some(why)));
}
