//! What a checkpoint compares, and that a change of the vector instructions is said.

use std::path::PathBuf;
use std::process::Stdio;

use plywood_layers::{CrossEntropy, cross_entropy};
use plywood_optimizers::{Average, SGD};
use plywood_tensor::{Instructions, Seed, Tensor, instructions};
use plywood_training::{Accuracy, Trainer};

use crate::processes::{child, told};
use crate::support::{images, linear};

fn sgd() -> Trainer {
    Trainer::new(SGD::new(0.1)).epochs(1).batch_size(8).seed(Seed(3)).quiet(true)
}

#[test]
fn every_setting_that_differs_is_named_with_both_values() {
    let folder = tempfile::tempdir().unwrap();
    let data = images(24);
    let smoothed = |part| CrossEntropy::new().label_smoothing(part);
    let fit = |trainer: Trainer, loss: CrossEntropy| {
        let trainer = trainer.loss(loss).checkpoint_in(folder.path());
        trainer.fit(&mut linear(), &data, None).map(|run| run.history().len())
    };
    let metric = || sgd().metric(Accuracy::top(1));
    fit(metric(), smoothed(0.1)).unwrap();
    assert_eq!(fit(metric(), smoothed(0.1)).unwrap(), 1);
    let weighted = smoothed(0.1).class_weights(Tensor::from([1.0, 2.0, 0.5]));
    let others: [(Trainer, CrossEntropy, &str); 8] = [
        (metric().batch_size(4), smoothed(0.1), "batch size was 8, is 4"),
        (metric().drop_last(true), smoothed(0.1), "drop last was false, is true"),
        (metric().accumulate(2), smoothed(0.1), "batches in a step was 1, is 2"),
        (
            metric().shuffle(false).augment(false),
            smoothed(0.1),
            "augmentation was true, is false; shuffling was true, is false",
        ),
        (sgd().metric(Accuracy::top(2)), smoothed(0.1), "metrics was accuracy, is top-2 accuracy"),
        (
            metric().average(Average::ema(0.5)),
            smoothed(0.1),
            "average was none, is Average { decay: Some(0.5), use_buffers: false }",
        ),
        (
            metric(),
            smoothed(0.2),
            "loss was cross-entropy, label smoothing 0.1, class weights none, \
             is cross-entropy, label smoothing 0.2, class weights none",
        ),
        (
            metric(),
            weighted,
            "loss was cross-entropy, label smoothing 0.1, class weights none, \
             is cross-entropy, label smoothing 0.1, class weights [1.0, 2.0, 0.5]",
        ),
    ];
    for (trainer, loss, differences) in others {
        let error = fit(trainer, loss).unwrap_err().to_string();
        let said = format!(": this is the run of other settings: {differences}; give the new run");
        assert!(error.contains(&said), "{error}");
    }
}

#[test]
fn a_function_is_compared_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = images(24);
    let trainer = || sgd().checkpoint_in(folder.path());
    trainer().loss(cross_entropy).fit(&mut linear(), &data, None).unwrap();
    trainer().loss(cross_entropy).fit(&mut linear(), &data, None).unwrap();
    let error = trainer().loss(CrossEntropy::new()).fit(&mut linear(), &data, None).err().unwrap();
    let was =
        "loss was plywood_layers::losses::cross_entropy::cross_entropy<f32>, is cross-entropy, ";
    assert!(error.to_string().contains(was), "{error}");
}

#[test]
fn without_shuffling_samples_come_in_their_order() {
    let data = images(24);
    let losses = |shuffle, seed| {
        let trainer = sgd().epochs(2).shuffle(shuffle).seed(Seed(seed)).loss(cross_entropy);
        let run = trainer.fit(&mut linear(), &data, None).unwrap();
        run.history().iter().map(|record| record.train.loss).collect::<Vec<_>>()
    };
    assert_eq!(losses(false, 1), losses(false, 2));
    assert_ne!(losses(true, 1), losses(true, 2));
}

const FOLDER: &str = "PLYWOOD_TEST_FOLDER";
const EPOCHS: &str = "PLYWOOD_TEST_EPOCHS";

/// What the processes do: train in a folder, and say what there is to say.
#[test]
#[ignore = "the other test here starts it, in processes of their own"]
fn work() {
    let Some(folder) = told(FOLDER).map(PathBuf::from) else { return };
    let trainer = sgd().epochs(told(EPOCHS).unwrap().parse().unwrap()).quiet(false);
    let trainer = trainer.loss(cross_entropy).checkpoint_in(folder);
    trainer.fit(&mut linear(), &images(24), None).unwrap();
}

#[test]
fn other_vector_instructions_are_said_and_not_refused() {
    if instructions() == Instructions::Portable {
        return; // There are no others to go on with.
    }
    let folder = tempfile::tempdir().unwrap();
    let said = |set: &str, epochs: &str| {
        let mut process = child("settings::work");
        process.env(FOLDER, folder.path()).env(EPOCHS, epochs).env("PLYWOOD_INSTRUCTIONS", set);
        let output = process.arg("--nocapture").stderr(Stdio::piped()).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{text}");
        text
    };
    let (best, line) = (instructions().to_string(), "the run was saved where");
    assert!(!said(&best, "1").contains(line));
    assert!(!said(&best, "2").contains(line));
    let changed = said("portable", "3");
    let expected = format!(
        "the run was saved where the vector instructions were {best}, here they are portable: \
         sums are rounded otherwise from here on (where a machine has both, \
         PLYWOOD_INSTRUCTIONS={best} keeps the bits)\n"
    );
    assert!(changed.contains(&expected), "{changed}");
    // Once: from here on the run is of these.
    assert!(!said("portable", "4").contains(line));
}
