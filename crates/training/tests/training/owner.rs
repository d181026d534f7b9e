//! A checkpoint's folder has one run at a time; the second touches nothing.

use std::fs;

use plywood_autodiff::{Pass, Var};
use plywood_datasets::ImageBatch;
use plywood_layers::{Module, cross_entropy};
use plywood_optimizers::AdamW;
use plywood_tensor::{ErrorKind, Result};
use plywood_training::Trainer;

use crate::support::{Net, data, net};

#[test]
fn a_second_run_is_told_who_has_the_folder_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let trainer = move || Trainer::new(AdamW::default()).epochs(1).checkpoint_in(&path).quiet(true);
    let (train, valid) = data();
    let unfinished = folder.path().join("checkpoint.bin.0123456789abcdef.partial");
    let (second, others) = (trainer.clone(), unfinished.clone());
    let step = move |model: &Net, batch: &ImageBatch, pass: &mut Pass| {
        // What the first run is about to write, while a second one comes, of other settings even.
        fs::write(&others, b"half of a checkp").unwrap();
        let (train, valid) = data();
        let error = second().batch_size(3).loss(cross_entropy).fit(&mut net(), &train, &valid);
        let error = error.err().expect("the folder is taken");
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        assert_eq!(fs::read(&others).unwrap(), b"half of a checkp");
        forward(model, batch, pass)
    };
    trainer().step(step).fit(&mut net(), &train, &valid).unwrap();
    assert!(folder.path().join("checkpoint.bin").exists());
    // The next one clears away what no living process writes, though its loss is another.
    let error = trainer().step(forward).fit(&mut net(), &train, &valid).err().unwrap().to_string();
    assert!(
        error.contains("this is the run of other settings: loss was training::owner"),
        "{error}"
    );
    assert!(!unfinished.exists());
}

fn forward(model: &Net, batch: &ImageBatch, pass: &mut Pass) -> Result<(Var, Var)> {
    let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
    Ok((cross_entropy(&output, &batch.labels)?, output))
}

/// A kill between the two leaves old figures beside new weights at most, which the next run replaces.
#[test]
fn figures_are_written_after_the_weights_that_they_belong_to() {
    let folder = tempfile::tempdir().unwrap();
    let (train, valid) = data();
    let mut model = net();
    let trainer = Trainer::new(AdamW::default()).epochs(1).quiet(true).step(forward);
    let run = trainer.fit(&mut model, &train, &valid).unwrap();
    let result = run.evaluate(&model, &valid).unwrap();
    // The weights can't be written: a folder is in their place.
    fs::create_dir(folder.path().join("model.safetensors")).unwrap();
    assert!(run.write(folder.path(), &model, &result).is_err());
    assert!(!folder.path().join("metrics.json").exists());
    fs::remove_dir(folder.path().join("model.safetensors")).unwrap();
    run.write(folder.path(), &model, &result).unwrap();
    assert!(folder.path().join("metrics.json").exists());
}
