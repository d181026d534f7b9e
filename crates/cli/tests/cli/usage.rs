//! Help, completions, lists, and arguments that make no sense.

use std::path::Path;
use std::process::{Command, Stdio};

use plywood::zoo::MODELS;

use crate::{answer, plywood, refusal};

const HERE: &str = ".";

#[test]
fn help_is_an_answer_and_nonsense_an_error_of_usage() {
    let help = answer(Path::new(HERE), &["--help"]);
    let commands =
        ["models", "summary", "classify", "finetune", "train", "eval", "predict", "data", "fetch"];
    for command in commands {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        answer(Path::new(HERE), &[command, "--help"]);
    }
    assert!(answer(Path::new(HERE), &["--version"]).starts_with("plywood "));
    let nonsense: [(&[&str], &str); 9] = [
        (&[], "Usage: plywood <COMMAND>"),
        (&["draw"], "unrecognized subcommand 'draw'"),
        (&["trian"], "some similar subcommands exist: 'translate', 'train'"),
        (&["train", "mlp", "--epoch", "3"], "a similar argument exists: '--epochs'"),
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
    for shell in ["bash", "zsh"] {
        let script = answer(Path::new(HERE), &["completions", shell]);
        for name in ["resnet20", "wide_and_deep", "squeezenet1_1", "emoji-google"] {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
}

#[test]
fn the_models_are_listed() {
    let list = answer(Path::new(HERE), &["models"]);
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    let starts: Vec<&str> = list.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(starts.len(), MODELS.len() + 1);
    let whole = list.split_whitespace().collect::<Vec<_>>().join(" ");
    for (line, entry) in starts.iter().zip(MODELS) {
        assert!(line.starts_with(entry.name), "{line}");
        let row = format!("{} {} ({}", entry.name, entry.about, entry.source);
        assert!(whole.contains(&row), "{row}");
    }
    assert!(starts[MODELS.len()].starts_with("wide_and_deep "), "{list}");
    assert_eq!(whole.matches("; ImageNet weights)").count(), 2);
}

#[test]
fn a_summary_has_the_published_numbers() {
    let text = answer(Path::new(HERE), &["summary", "resnet20"]);
    assert!(text.contains("269,722") || text.contains("269722"), "{text}");
    let text = answer(Path::new(HERE), &["summary", "mlp", "--image", "1x8x8", "--classes", "3"]);
    assert!(text.contains("[1, 3]"), "{text}");
    let text = refusal(Path::new(HERE), &["summary", "resnet19"]);
    assert!(
        text.starts_with(
            "zoo: there is no model `resnet19`; did you mean `resnet18`? there are lenet, mlp, "
        ),
        "{text}"
    );
    assert_eq!(
        refusal(Path::new(HERE), &["summary", "lenet", "--image", "8x8"]),
        "`8x8` is no size of an image; channels, height and width are written as 3x224x224",
    );
}

#[test]
fn a_model_of_tables_has_a_summary_too() {
    let text = answer(Path::new(HERE), &["summary", "wide_and_deep"]);
    assert!(text.contains("parameters") && text.contains("[1, 1]"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    crate::tables::houses(folder.path());
    let arguments = ["train", "mlp", "--csv", "houses.csv", "--target", "big", "--epochs", "1"];
    answer(folder.path(), &[&arguments[..], &["--quiet", "--out", "run"]].concat());
    let text = answer(folder.path(), &["summary", "run"]);
    assert!(text.contains("[1, 64]") && text.contains("[1, 2]"), "{text}");
    assert_eq!(
        refusal(folder.path(), &["summary", "run", "--classes", "3"]),
        "run: `--image` and `--classes` are for models that aren't trained; leave them out: what a trained \
         one is given is in its folder",
    );
    let text = refusal(folder.path(), &["summary", "runn"]);
    assert!(text.starts_with("zoo: there is no model `runn`; did you mean `run`?"), "{text}");
}

/// A terminal's colours are asked for by its user: what is read by a program has none.
#[test]
fn help_and_errors_have_no_colours_in_a_pipe() {
    for arguments in [&["--help"][..], &["train", "--help"], &["trian"]] {
        let outcome = plywood(Path::new(HERE), arguments);
        assert!(!outcome.out.contains('\u{1b}') && !outcome.err.contains('\u{1b}'), "{outcome:?}");
    }
}

#[test]
fn weights_say_where_they_are_or_how_to_get_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = answer(folder.path(), &["data"]);
    assert!(
        text.contains("efficientnet_lite0  `plywood fetch efficientnet-lite0` brings them\n"),
        "{text}"
    );
    let weights = folder.path().join("data/squeezenet1_1");
    std::fs::create_dir_all(&weights).unwrap();
    std::fs::write(weights.join("squeezenet_weights.pkl"), "").unwrap();
    let text = answer(folder.path(), &["data"]);
    assert!(text.contains("squeezenet1_1       here: data/squeezenet1_1/"), "{text}");
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
