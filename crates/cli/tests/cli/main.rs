//! Tests of the `plywood` command as its users run it: exit codes, answers and errors.
#![cfg(test)]

mod class_weights;
mod damaged;
mod fetch;
mod images;
mod photos;
mod pixels;
mod predict;
mod readme;
mod reports;
mod sounds;
mod tables;
mod translations;
mod usage;

use std::path::Path;
use std::process::{Command, Output};

use plywood::datasets::Image;
use plywood::tensor::Tensor;

/// What a run of the command came to.
#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs `plywood` with these arguments in a folder.
fn plywood(folder: &Path, arguments: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plywood"));
    // No data of the user who runs the tests.
    let command = command.args(arguments).current_dir(folder).env("PLYWOOD_DATA", "no-data");
    outcome(command)
}

/// What a command comes to.
fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    let Output { status, stdout, stderr } = output;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// As [`plywood`], for what must succeed: its answer.
#[track_caller]
fn answer(folder: &Path, arguments: &[&str]) -> String {
    let outcome = plywood(folder, arguments);
    assert_eq!(outcome.code, Some(0), "{arguments:?}: {outcome:?}");
    outcome.out
}

/// As [`plywood`], for what can't be done: the error, alone on standard error.
#[track_caller]
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let outcome = plywood(folder, arguments);
    assert_eq!(outcome.code, Some(1), "{arguments:?}: {outcome:?}");
    let text = outcome.err.strip_prefix("error: ").expect("an error says so");
    text.trim_end().to_owned()
}

/// A folder with twenty images of each of these colours, in grey noise.
fn colours(folder: &Path, colours: &[(&str, [u8; 3])]) {
    for (name, colour) in colours {
        let class = folder.join(name);
        std::fs::create_dir_all(&class).unwrap();
        for image in 0..20 {
            let pixels = Tensor::from_fn([3, 12, 15], |at| {
                let noise = (image * 31 + at[1] * 17 + at[2] * 29) % 64;
                colour[at[0]] / 2 + noise as u8
            });
            let file = class.join(format!("{image}.png"));
            Image::new(pixels).unwrap().write_png(file).unwrap();
        }
    }
}
