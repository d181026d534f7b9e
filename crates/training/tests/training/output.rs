//! Progress that can't be written ends nothing.
#![cfg(target_os = "linux")]

use std::fs::OpenOptions;
use std::process::{Child, ChildStderr, Stdio};

use crate::processes::{child, told, wait};
use crate::support::{data, net, trainer};

const RUN: &str = "PLYWOOD_TEST_OUTPUT";

#[test]
#[ignore = "the other tests here start it, in processes of their own"]
fn work() {
    if told(RUN).is_none() {
        return;
    }
    let (train, valid) = data();
    let trainer = trainer().loss(plywood_layers::cross_entropy).quiet(false);
    assert_eq!(trainer.fit(&mut net(), &train, &valid).unwrap().history().len(), 4);
}

fn start(stderr: Stdio) -> Child {
    child("output::work").env(RUN, "").stderr(stderr).spawn().unwrap()
}

#[test]
fn a_full_disk() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert!(wait(&mut start(full.into())).success());
}

#[test]
fn a_pipe_that_nobody_reads() {
    let mut process = start(Stdio::piped());
    let reader: Option<ChildStderr> = process.stderr.take();
    drop(reader);
    assert!(wait(&mut process).success());
}
