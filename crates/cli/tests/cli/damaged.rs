//! Folders of runs that are damaged, half-written or of another kind: each command says so.

use std::path::Path;

use crate::{answer, colours, plywood, refusal, tables::houses};

/// A folder with a table, a run of it, images, and a run of those.
fn runs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    houses(here);
    let table = ["train", "mlp", "--csv", "houses.csv", "--target", "big", "--epochs", "1"];
    answer(here, &[&table[..], &["--quiet", "--out", "table"]].concat());
    colours(&here.join("warm"), &[("red", [255, 0, 0]), ("yellow", [255, 255, 0])]);
    let images = ["train", "lenet", "--images", "warm", "--size", "16", "--epochs", "1"];
    answer(here, &[&images[..], &["--quiet", "--out", "images"]].concat());
    folder
}

/// What each command says of a run of tables, its error alone.
#[track_caller]
fn said_of_table(here: &Path, run: &str) -> Vec<String> {
    let commands: [&[&str]; 3] =
        [&["eval", run, "--csv", "houses.csv"], &["predict", run, "houses.csv"], &["summary", run]];
    commands.iter().map(|arguments| refusal(here, arguments)).collect()
}

/// What each command says of a run of images.
#[track_caller]
fn said_of_images(here: &Path, run: &str) -> Vec<String> {
    let commands: [&[&str]; 6] = [
        &["eval", run, "--images", "warm"],
        &["predict", run, "warm/red/1.png"],
        &["classify", "warm/red/1.png", "--model", run],
        &["look", run, "warm/red/1.png"],
        &["finetune", "warm", "--model", run, "--out", "new"],
        &["summary", run],
    ];
    commands.iter().map(|arguments| refusal(here, arguments)).collect()
}

#[test]
fn runs_that_arent_whole_are_named_by_every_command() {
    let folder = runs();
    let here = folder.path();
    let whole = |name: &str| std::fs::read(here.join(name)).unwrap();
    for (run, description, said_of) in [
        ("table", "table.json", said_of_table as fn(&Path, &str) -> Vec<String>),
        ("images", "classifier.json", said_of_images),
    ] {
        let description = format!("{run}/{description}");
        let weights = format!("{run}/model.safetensors");
        for file in [&description, &weights] {
            let bytes = whole(file);
            for damaged in [&b""[..], &bytes[..bytes.len() / 2], b"{}"] {
                std::fs::write(here.join(file), damaged).unwrap();
                for text in said_of(here, run) {
                    assert!(text.starts_with(&format!("{file}: ")), "{file}: {text}");
                }
            }
            std::fs::remove_file(here.join(file)).unwrap();
            for text in said_of(here, run) {
                let place =
                    if file == &description { format!("{run}: ") } else { format!("{file}: ") };
                assert!(text.starts_with(&place), "{file}: {text}");
            }
            std::fs::write(here.join(file), bytes).unwrap();
        }
        // Of a run that was stopped there is its checkpoint alone.
        std::fs::create_dir_all(here.join("stopped")).unwrap();
        std::fs::write(
            here.join("stopped/checkpoint.bin"),
            whole(&format!("{run}/checkpoint.bin")),
        )
        .unwrap();
        for text in said_of(here, "stopped") {
            assert_eq!(
                text,
                "stopped: there is no model in this folder; a finished training run leaves \
                 `classifier.json`, `table.json`, `pixels.json` or `sound.json`",
            );
        }
    }
    assert!(!here.join("new").exists() && !here.join("look.html").exists());
}

#[test]
fn a_run_of_another_kind_is_named() {
    let folder = runs();
    let here = folder.path();
    assert_eq!(
        refusal(here, &["eval", "table", "--images", "warm"]),
        "table: it is a model of tables, and not of images; `plywood predict` and `plywood eval --csv` give \
         it tables",
    );
    for arguments in [
        &["classify", "warm/red/1.png", "--model", "table"][..],
        &["look", "table", "warm/red/1.png"],
        &["finetune", "warm", "--model", "table"],
    ] {
        assert!(refusal(here, arguments).starts_with("table: it is a model of tables, "));
    }
    assert_eq!(
        refusal(here, &["eval", "images", "--csv", "houses.csv"]),
        "images: it is a model of images, and not of tables; give it a folder of images by `--images FOLDER`",
    );
    // Files of another kind than the run's.
    let text = plywood(here, &["predict", "table", "warm/red/1.png"]);
    assert_eq!(text.code, Some(1), "{text:?}");
    assert!(text.err.starts_with("error: warm/red/1.png: "), "{text:?}");
    let text = plywood(here, &["predict", "images", "houses.csv"]);
    assert_eq!(text.code, Some(3), "{text:?}");
    assert!(text.err.starts_with("note: no answer: houses.csv: none of PNG, JPEG"), "{text:?}");
}

#[test]
fn a_checkpoint_that_is_damaged_is_no_run_to_go_on_with() {
    let folder = runs();
    let here = folder.path();
    let checkpoint = here.join("table/checkpoint.bin");
    let bytes = std::fs::read(&checkpoint).unwrap();
    let train = ["train", "mlp", "--csv", "houses.csv", "--target", "big", "--epochs", "2"];
    for damaged in [&b""[..], &bytes[..bytes.len() / 2], b"PLYWOOD of another version"] {
        std::fs::write(&checkpoint, damaged).unwrap();
        let outcome = plywood(here, &[&train[..], &["--quiet", "--out", "table"]].concat());
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let last = outcome.err.lines().find(|line| line.starts_with("error: ")).unwrap();
        assert!(last.starts_with("error: table/checkpoint.bin: "), "{last}");
        assert_eq!(std::fs::read(&checkpoint).unwrap(), damaged, "it is left as it is");
    }
    let again = [&train[..], &["--quiet", "--out", "table", "--overwrite"]].concat();
    assert_eq!(plywood(here, &again).code, Some(0));
}
