//! A run that has finished is only loaded; another run's checkpoint, and a damaged one, are refused
//! and kept.

use std::fs;
use std::path::Path;

use plywood_layers::{Flatten, Linear, Params, Sequential, cross_entropy};
use plywood_optimizers::{AdamW, OneCycle};
use plywood_tensor::{Result, Rng, Seed};

use crate::support::{Outcome, data, net, trainer, weights};

/// The support's run in a folder, with the settings changed by `change`.
fn run(
    folder: &Path,
    change: impl FnOnce(plywood_training::Trainer) -> plywood_training::Trainer,
) -> Result<Outcome> {
    let (train, valid) = data();
    let mut model = net();
    let trainer = change(trainer()).loss(cross_entropy).checkpoint_in(folder);
    let run = trainer.fit(&mut model, &train, &valid)?;
    Ok(Outcome::of(&model, &run))
}

fn text(result: Result<Outcome>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_finished_run_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.bin");
    let first = run(folder.path(), |same| same).unwrap();
    let (bytes, time) = (fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap());
    let again = run(folder.path(), |same| same).unwrap();
    assert_eq!(again, first);
    assert_ne!(again.weights, weights(&net()), "nothing was loaded");
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(path.metadata().unwrap().modified().unwrap(), time);
    // The checkpoint and its lock.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn the_threads_of_the_loader_are_no_setting() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(folder.path(), |trainer| trainer.loader_threads(0)).unwrap();
    assert_eq!(run(folder.path(), |trainer| trainer.loader_threads(3)).unwrap(), first);
}

#[test]
fn other_settings_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.bin");
    run(folder.path(), |same| same).unwrap();
    let bytes = fs::read(&path).unwrap();
    let hint = "give the new run another folder, or begin anew in this one: \
                `overwrite(true)`, in the command `--overwrite`";
    let expected = |differences: &str| {
        format!("{}: this is the run of other settings: {differences}; {hint}", path.display())
    };
    assert_eq!(
        text(run(folder.path(), |trainer| trainer.seed(Seed(4)).epochs(5))),
        expected("epochs was 4, is 5, and the schedule depends on their number; seed was 3, is 4"),
    );
    assert_eq!(
        text(run(folder.path(), |trainer| trainer
            .schedule(OneCycle::new(0.1))
            .clip_grad_value(0.5)
            .monitor("accuracy"))),
        expected(
            "clipping was to a norm of 1, is to values of 0.5; monitor was loss, is accuracy; \
             schedule was OneCycle { max: 0.02, warm_up: 0.3, divisor: 25.0, final_divisor: 10000.0 }, \
             is OneCycle { max: 0.1, warm_up: 0.3, divisor: 25.0, final_divisor: 10000.0 }"
        ),
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_schedule_that_wasnt_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (train, valid) = data();
    let fit = |trainer: plywood_training::Trainer| {
        let trainer = trainer.loss(cross_entropy).epochs(1).quiet(true);
        trainer.checkpoint_in(folder.path()).fit(&mut net(), &train, &valid)
    };
    fit(plywood_training::Trainer::new(AdamW::default())).unwrap();
    let new = plywood_training::Trainer::new(AdamW::default()).schedule(OneCycle::new(0.02));
    let error = fit(new).err().unwrap().to_string();
    assert!(
        error.contains("learning rate was 0.001, is none; schedule was none, is OneCycle {"),
        "{error}"
    );
}

#[test]
fn other_data_is_named() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), |same| same).unwrap();
    let (train, _) = data();
    let trainer = trainer().loss(cross_entropy).checkpoint_in(folder.path());
    let error = trainer.fit(&mut net(), &train, &train).err().unwrap().to_string();
    let said = "validation data was 12 images [2, 8, 8] in 3 classes, is 40 images [2, 8, 8] in 3 classes; ";
    assert!(error.contains(said), "{error}");
}

/// The same network from other first values, or with a layer frozen, comes out otherwise.
#[test]
fn another_beginning_is_named() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), |same| same).unwrap();
    let (train, valid) = data();
    let (mut moved, mut frozen) = (net(), net());
    moved.update_parameters(&mut |_, param| {
        param.value_mut().as_mut_slice()[0] += 1e-3;
    });
    frozen.freeze("conv");
    let others = [
        (moved, "initial weights differ in their contents (287 numbers, 0 frozen); "),
        (frozen, "initial weights was 287 numbers, 0 frozen, is 287 numbers, "),
    ];
    for (mut model, said) in others {
        let before = weights(&model);
        let trainer = trainer().loss(cross_entropy).checkpoint_in(folder.path());
        let error = trainer.fit(&mut model, &train, &valid).err().unwrap().to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!(weights(&model), before);
    }
}

#[test]
fn another_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), |same| same).unwrap();
    let path = folder.path().join("checkpoint.bin");
    let bytes = fs::read(&path).unwrap();
    let (train, valid) = data();
    let mut rng = Rng::new(Seed(1));
    let mut model = Sequential::new()
        .add(Flatten)
        .add(Linear::config(128, 3).bias(false).init(&mut rng).unwrap());
    let before = weights(&model);
    let trainer = trainer().loss(cross_entropy).checkpoint_in(folder.path());
    assert_eq!(
        trainer.fit(&mut model, &train, &valid).err().unwrap().to_string(),
        format!(
            "{}: load: the weights don't fit the model: 1.weight [3, 128] is missing; \
             bn.bias is not in the model; bn.running_mean is not in the model; \
             bn.running_var is not in the model; bn.weight is not in the model; \
             conv.bias is not in the model; conv.weight is not in the model; \
             fc.bias is not in the model; fc.weight is not in the model; \
             is it of another model? Choose another folder for this one, or delete the file",
            path.display()
        ),
    );
    assert_eq!(weights(&model), before);
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_damaged_checkpoint_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), |same| same).unwrap();
    let path = folder.path().join("checkpoint.bin");
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 4;
    let length = whole.len() - 24;
    let damages = [
        (whole[..0].to_vec(), "0 bytes are no checkpoint: its header alone has 24".to_owned()),
        (
            whole[..whole.len() / 2].to_vec(),
            format!(
                "the checkpoint should have {length} bytes after its header, it has {}",
                whole.len() / 2 - 24
            ),
        ),
        (flipped, "the checkpoint is damaged: its checksum doesn't fit".to_owned()),
    ];
    for (bytes, message) in damages {
        fs::write(&path, &bytes).unwrap();
        assert_eq!(
            text(run(folder.path(), |same| same)),
            format!("{}: {message}; delete the file to train from the beginning", path.display()),
        );
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn a_folder_that_cant_be_written_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"here").unwrap();
    let error = text(run(&file.join("run"), |same| same));
    let path = file.join("run");
    assert!(error.starts_with(&format!("{}: can't make it: ", path.display())), "{error}");
    assert_eq!(fs::read(&file).unwrap(), b"here");
}

#[test]
fn a_folder_may_be_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), |same| same).unwrap();
    let anew = run(folder.path(), |trainer| trainer.seed(Seed(4)).overwrite(true)).unwrap();
    // What stands there now is the new run's.
    let again = run(folder.path(), |trainer| trainer.seed(Seed(4))).unwrap();
    assert_eq!(again, anew);
    assert!(run(folder.path(), |same| same).is_err());
}
