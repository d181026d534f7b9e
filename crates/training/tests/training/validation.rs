//! Runs without validation data.

use std::fs;

use plywood_layers::cross_entropy;
use plywood_optimizers::{ReduceOnPlateau, SGD};
use plywood_tensor::Seed;
use plywood_training::{Accuracy, Trainer};

use crate::support::{Outcome, images, linear};

fn sgd(rate: f64) -> Trainer {
    Trainer::new(SGD::new(rate)).epochs(4).batch_size(8).seed(Seed(3)).quiet(true)
}

#[test]
fn validation_changes_no_step() {
    let data = images(24);
    let fit = |valid| {
        let mut model = linear();
        let run = sgd(0.05).loss(cross_entropy).fit(&mut model, &data, valid).unwrap();
        let losses: Vec<f64> = run.history().iter().map(|record| record.train.loss).collect();
        (Outcome::of(&model, &run).weights, losses)
    };
    assert_eq!(fit(None), fit(Some(&data)));
}

#[test]
fn a_run_goes_by_the_training_loss_then() {
    let data = images(24);
    let run = sgd(0.0).early_stopping(1).loss(cross_entropy).fit(&mut linear(), &data, None);
    let run = run.unwrap();
    // The sum of the same losses in another order may be a little less.
    assert!(run.stopped().is_some() && run.history().len() < 4, "{:?}", run.history());
    assert!(run.history().iter().all(|record| record.valid.is_none()));
    let plateau = ReduceOnPlateau::new(1e-30).factor(0.5).patience(0);
    let run = sgd(0.0).schedule(plateau).loss(cross_entropy).fit(&mut linear(), &data, None);
    let rates: Vec<f64> =
        run.unwrap().history().iter().map(|record| record.learning_rate / 1e-30).collect();
    assert_eq!(rates, [1.0, 1.0, 0.5, 0.25]);
}

#[test]
fn the_best_weights_cant_be_told() {
    let data = images(24);
    let run = sgd(0.1).keep_best(true).loss(cross_entropy).fit(&mut linear(), &data, None);
    assert_eq!(
        run.err().unwrap().to_string(),
        "trainer: there are no validation data to tell the best epoch's weights by; \
         give `fit` some, or leave out `keep_best`",
    );
}

#[test]
fn what_is_written_has_training_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (mut model, data) = (linear(), images(24));
    let trainer = sgd(0.1).metric(Accuracy::top(1)).loss(cross_entropy);
    let run = trainer.checkpoint_in(folder.path()).fit(&mut model, &data, None).unwrap();
    let result = run.evaluate(&model, &data).unwrap();
    run.write(folder.path(), &model, &result).unwrap();
    let curves = fs::read_to_string(folder.path().join("curves.svg")).unwrap();
    assert!(curves.contains("training") && !curves.contains("validation"));
    let metrics = fs::read(folder.path().join("metrics.json")).unwrap();
    let metrics: serde_json::Value = serde_json::from_slice(&metrics).unwrap();
    assert!(metrics["history"][0]["valid"].is_null());
    assert_eq!(metrics["settings"]["validation data"], "none");
}

/// Data to validate are another run.
#[test]
fn a_checkpoint_knows_whether_there_was_any() {
    let folder = tempfile::tempdir().unwrap();
    let data = images(24);
    let fit = |valid| {
        let trainer = sgd(0.1).loss(cross_entropy).checkpoint_in(folder.path());
        trainer.fit(&mut linear(), &data, valid).map(|run| run.history().len())
    };
    assert_eq!(fit(None).unwrap(), 4);
    let error = fit(Some(&data)).unwrap_err().to_string();
    assert!(error.contains("validation data was none, is 24 images"), "{error}");
}
