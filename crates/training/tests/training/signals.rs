//! Ctrl-C and SIGTERM: the step is finished, the run saved, and how to go on is said.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use plywood_autodiff::{Pass, Var};
use plywood_datasets::ImageBatch;
use plywood_layers::{Module, cross_entropy, save};
use plywood_tensor::{ErrorKind, Rng, Seed};

use crate::processes::{PATIENCE, child, send, told, wait};
use crate::support::{Net, data, net, trainer};

const FOLDER: &str = "PLYWOOD_TEST_FOLDER";
const HOW: &str = "PLYWOOD_TEST_HOW";
/// Milliseconds that a step takes at least.
const PACE: &str = "PLYWOOD_TEST_PACE";

/// What the processes do: train, and write what came of it into `said`.
#[test]
#[ignore = "the other tests here start it, in processes of their own"]
fn work() {
    let Some(folder) = told(FOLDER).map(PathBuf::from) else { return };
    let (how, pace) = (told(HOW).unwrap(), told(PACE).unwrap().parse().unwrap());
    let (train, valid) = data();
    let mut model = net();
    let started = folder.join("started");
    let step = move |model: &Net, batch: &ImageBatch, pass: &mut Pass| {
        fs::write(&started, b"").unwrap();
        sleep(Duration::from_millis(pace));
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        Ok((cross_entropy(&output, &batch.labels)?, output))
    };
    let mut trainer = trainer().step(step).stop_on_signals(how != "never");
    if how != "nowhere" {
        trainer = trainer.checkpoint_in(&folder);
    }
    match trainer.fit(&mut model, &train, &valid) {
        Ok(_) => save(&model, folder.join("model.safetensors")).unwrap(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Interrupted);
            fs::write(folder.join("said"), error.to_string()).unwrap();
        }
    }
    if how == "after" {
        fs::write(folder.join("over"), b"").unwrap();
        sleep(PATIENCE);
    }
}

fn start(folder: &Path, how: &str, pace: u64) -> Child {
    let mut command = child("signals::work");
    command.env(FOLDER, folder).env(HOW, how).env(PACE, pace.to_string());
    command.stderr(Stdio::inherit()).spawn().unwrap()
}

#[track_caller]
fn wait_for(path: PathBuf) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < PATIENCE, "{} doesn't come", path.display());
        sleep(Duration::from_millis(1));
    }
}

/// What a run says that got a signal in its first step.
fn said(signal: &str, how: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut process = start(folder.path(), how, 200);
    wait_for(folder.path().join("started"));
    send(signal, &process);
    assert!(wait(&mut process).success());
    let said = fs::read_to_string(folder.path().join("said")).unwrap();
    said.replace(&folder.path().display().to_string(), "FOLDER")
}

#[test]
fn a_run_that_is_stopped_says_how_to_go_on() {
    let hint = "run the same again, and it goes on from FOLDER/checkpoint.bin";
    for (signal, name) in [("INT", "Ctrl-C"), ("TERM", "SIGTERM")] {
        assert_eq!(
            said(signal, "once"),
            format!("stopped by {name} in epoch 1, after 1 of 5 batches; {hint}"),
        );
    }
    assert_eq!(
        said("INT", "nowhere"),
        "stopped by Ctrl-C in epoch 1, after 1 of 5 batches; nothing is saved: with \
         `checkpoint_in` it could go on from there",
    );
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = start(folder.path(), "twice", 60_000);
    wait_for(folder.path().join("started"));
    send("INT", &process);
    sleep(Duration::from_millis(200));
    assert_eq!(process.try_wait().unwrap(), None);
    send("INT", &process);
    assert_eq!(wait(&mut process).signal(), Some(2));
}

#[test]
fn signals_are_nobodys_unless_asked_for_and_after_training() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = start(folder.path(), "never", 60_000);
    wait_for(folder.path().join("started"));
    send("TERM", &process);
    assert_eq!(wait(&mut process).signal(), Some(15));

    let mut process = start(folder.path(), "after", 0);
    wait_for(folder.path().join("over"));
    send("INT", &process);
    assert_eq!(wait(&mut process).signal(), Some(2));
}

/// Wherever the signals come, in a step, while it looks at the validation set, while it saves.
#[test]
fn it_goes_on_to_the_same_bits() {
    let (whole, stopped) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut uninterrupted = start(whole.path(), "never", 0);
    let mut rng = Rng::new(Seed(6));
    let mut stops = 0;
    let model = stopped.path().join("model.safetensors");
    while !model.exists() {
        assert!(stops < 100, "it gets nowhere");
        let mut process = start(stopped.path(), "once", 5);
        wait_for(stopped.path().join("started"));
        fs::remove_file(stopped.path().join("started")).unwrap();
        sleep(Duration::from_micros((rng.unit() * 60_000.0) as u64));
        send("INT", &process);
        // Before and after training, a signal does what it always does.
        let status = wait(&mut process);
        assert!(status.success() || status.signal() == Some(2), "{status}");
        stops += usize::from(stopped.path().join("said").exists());
        let _ = fs::remove_file(stopped.path().join("said"));
    }
    assert!(stops >= 2, "only {stops} were stopped");
    assert!(wait(&mut uninterrupted).success());
    let [a, b] = [&whole, &stopped].map(|folder| fs::read(folder.path().join("model.safetensors")));
    assert!(a.unwrap() == b.unwrap(), "the models differ");
}
