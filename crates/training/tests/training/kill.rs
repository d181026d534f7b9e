//! A process that is killed, at whatever moment, leaves a whole checkpoint or none.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use plywood_autodiff::{Pass, Var};
use plywood_datasets::ImageBatch;
use plywood_layers::{Module, cross_entropy, save};
use plywood_tensor::{Rng, Seed};

use crate::processes::{child, told, wait};
use crate::support::{Net, data, net, trainer};

const FOLDER: &str = "PLYWOOD_TEST_FOLDER";
const MODEL: &str = "model.safetensors";

/// What the processes do: train in a folder, saving after every step, and write the model.
#[test]
#[ignore = "the other test here starts it, in processes of their own"]
fn work() {
    let Some(folder) = told(FOLDER).map(PathBuf::from) else { return };
    let (train, valid) = data();
    let mut model = net();
    let step = |model: &Net, batch: &ImageBatch, pass: &mut Pass| {
        // Long enough that the kill finds it at work.
        sleep(Duration::from_millis(3));
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        Ok((cross_entropy(&output, &batch.labels)?, output))
    };
    trainer()
        .step(step)
        .epochs(16)
        .early_stopping(16)
        .checkpoint_in(&folder)
        .checkpoint_every(Duration::ZERO)
        .fit(&mut model, &train, &valid)
        .unwrap();
    save(&model, folder.join(MODEL)).unwrap();
}

/// The names of the files that begin like the checkpoint's.
fn checkpoints(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name.starts_with("checkpoint"));
    names.sort();
    names
}

fn start(folder: &Path) -> std::process::Child {
    child("kill::work").env(FOLDER, folder).spawn().unwrap()
}

#[test]
fn a_killed_process_goes_on_to_the_same_bits() {
    let (whole, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut uninterrupted = start(whole.path());

    // What a kill in the middle of writing leaves: rare enough that it is put there by hand.
    let checkpoint = killed.path().join("checkpoint.bin");
    let left = killed.path().join("checkpoint.bin.0123456789abcdef.partial");
    fs::write(left, b"half of a checkp").unwrap();
    let mut rng = Rng::new(Seed(5));
    let mut kills = 0;
    for _ in 0..6 {
        let before = fs::read(&checkpoint).ok();
        let mut process = start(killed.path());
        let patience = Instant::now();
        while fs::read(&checkpoint).ok() == before && process.try_wait().unwrap().is_none() {
            assert!(patience.elapsed() < Duration::from_secs(60), "it saves nothing");
            sleep(Duration::from_micros(500));
        }
        sleep(Duration::from_micros((rng.unit() * 60_000.0) as u64));
        if process.try_wait().unwrap().is_none() {
            process.kill().unwrap();
            kills += 1;
        }
        // Nothing but a kill may end it before its time: least of all a damaged checkpoint.
        let status = wait(&mut process);
        assert!(status.success() || status.code().is_none(), "{status}");
        // One kill leaves one file at most, and each start clears away what was left.
        let files = checkpoints(killed.path());
        assert!(files.len() <= 3 && files[0] == "checkpoint.bin", "{files:?}");
    }
    assert!(kills >= 2, "only {kills} were killed before they had finished");

    assert!(wait(&mut start(killed.path())).success());
    assert!(wait(&mut uninterrupted).success());
    assert_eq!(checkpoints(killed.path()), ["checkpoint.bin", "checkpoint.lock"]);
    let [a, b] = [&whole, &killed].map(|folder| fs::read(folder.path().join(MODEL)).unwrap());
    assert!(a == b, "the models differ");
}
