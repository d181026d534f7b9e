//! What a run leaves in its folder.

use std::fs;

use plywood_datasets::Image;
use plywood_layers::{cross_entropy, load};
use plywood_testkit::assert_close;
use serde_json::Value;

use crate::support::{EPOCHS, STEPS, data, linear, net, trainer, weights};

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn everything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("a").join("b");
    let (train, valid) = data();
    let mut model = net();
    let run = trainer().loss(cross_entropy).fit(&mut model, &train, &valid).unwrap();
    let result = run.evaluate(&model, &valid).unwrap();
    run.write(&folder, &model, &result).unwrap();
    assert_eq!(
        names(&folder),
        [
            "confusion.svg",
            "curves.svg",
            "events.out.tfevents.plywood",
            "filters.png",
            "metrics.json",
            "model.safetensors",
            "steps.jsonl",
        ],
    );

    let metrics: Value =
        serde_json::from_slice(&fs::read(folder.join("metrics.json")).unwrap()).unwrap();
    // Decimals are read to within one bit.
    let same =
        |value: &Value, expected: f64| assert_close(&[value.as_f64().unwrap()], &[expected], 1e-15);
    same(&metrics["test_accuracy"], result.metric("accuracy").unwrap());
    same(&metrics["test_loss"], result.scores.loss);
    same(&metrics["train_seconds"], run.train_seconds());
    assert!(run.train_seconds() > 0.0);
    assert_eq!(metrics["seed"], 3);
    assert_eq!(metrics["test_samples"], 12);
    assert_eq!(metrics["best_epoch"].as_u64(), Some(run.best_epoch() as u64));
    assert_eq!(metrics["settings"]["batch size"], "8");
    let history = metrics["history"].as_array().unwrap();
    assert_eq!(history.len(), run.history().len());
    assert!(history.len() <= EPOCHS);
    same(&history[0]["valid"]["loss"], run.history()[0].scores().loss);

    // Each step and each epoch once.
    let lines = fs::read_to_string(folder.join("steps.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).collect::<Vec<_>>();
    assert_eq!(of("epoch").len(), history.len());
    let steps: Vec<u64> = of("steps").iter().map(|line| line["first"].as_u64().unwrap()).collect();
    assert_eq!(steps, (1..=(STEPS * history.len()) as u64).collect::<Vec<_>>());

    let mut loaded = net();
    load(&mut loaded, folder.join("model.safetensors")).unwrap();
    assert_eq!(weights(&loaded), weights(&model));
    Image::read(folder.join("filters.png")).unwrap();
}

#[test]
fn what_a_model_has_not_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (train, valid) = data();
    let mut model = linear();
    let run = trainer().loss(cross_entropy).fit(&mut model, &train, &valid).unwrap();
    let result = run.evaluate(&model, &valid).unwrap();
    run.write(folder.path(), &model, &result).unwrap();
    assert!(!folder.path().join("filters.png").exists());
    // Written again, it replaces what was there, and leaves nothing beside it.
    run.write(folder.path(), &model, &result).unwrap();
    assert_eq!(names(folder.path()).len(), 6);
}
