//! Classes of which some have few samples, weighed in the loss.

use std::fmt::Write;
use std::path::Path;

use crate::{answer, colours, plywood};

/// The error after what is noted about the table.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let outcome = plywood(folder, arguments);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let (_, error) = outcome.err.split_once("error: ").expect("an error says so");
    error.trim_end().to_owned()
}

/// 400 rows, of which one in ten is `yes`.
fn table(folder: &Path) {
    let mut file = "x,kind\n".to_owned();
    for row in 0..400 {
        let kind = if row % 10 == 3 { "yes" } else { "no" };
        writeln!(file, "{},{kind}", (row * 37) % 101).unwrap();
    }
    std::fs::write(folder.join("rare.csv"), file).unwrap();
}

#[test]
fn a_table_s_classes_are_weighed_and_the_run_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    table(here);
    let begin = ["train", "mlp", "--csv", "rare.csv", "--epochs", "1", "--quiet", "--out", "run"];
    let train = |more: &[&'static str]| [&begin[..], &["--target", "kind"], more].concat();
    let weights = "\nweights of the classes in the loss: no 0.5556, yes 5.0000\n";
    let said = answer(here, &train(&["--class-weights", "balanced"]));
    assert!(said.contains(weights), "{said}");
    let metrics = std::fs::read_to_string(here.join("run/metrics.json")).unwrap();
    assert!(metrics.contains("class weights [0.5555"), "{metrics}");
    let page = std::fs::read_to_string(here.join("run/report.html")).unwrap();
    assert!(page.contains("class weights [0.5555"), "the report has the settings");
    assert!(page.contains("always answering the most frequent class, no, w"));
    assert!(page.contains("<h3>Time by layer</h3>"));

    let error = refused(here, &train(&["--class-weights", "yes=3"]));
    assert!(
        error
            .contains("this is the run of other settings: loss was of each network: cross-entropy"),
        "{error}"
    );
    assert_eq!(
        refused(here, &train(&["--class-weights", "yse=3"])),
        "`--class-weights`: no class is called `yse`; did you mean `yes`? the classes are no, yes",
    );
    let outcome = plywood(here, &train(&["--class-weights", "balance"]));
    assert_eq!(outcome.code, Some(2));
    assert!(
        outcome.err.contains("write `balanced`, or weights such as `yes=3,no=1`"),
        "{outcome:?}"
    );
    let numbers = [&begin[..], &["--target", "x", "--class-weights", "balanced"]].concat();
    assert_eq!(
        refused(here, &numbers),
        "rare.csv: `x` is a number, which has no classes to weigh; leave out `--class-weights`, or declare \
         `--column x=category`",
    );
}

#[test]
fn classes_of_images_are_weighed_and_what_is_frozen_is_computed_once() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    colours(&here.join("warm"), &[("red", [255, 0, 0]), ("yellow", [255, 255, 0])]);
    let train = ["train", "lenet", "--images", "warm", "--size", "16", "--epochs", "6"];
    let more = ["--batch-size", "8", "--quiet", "--class-weights", "red=2"];
    let said = answer(here, &[&train[..], &more].concat());
    let weights = "\nweights of the classes in the loss: red 2.0000, yellow 1.0000\n";
    assert!(said.contains(weights), "{said}");

    let finetune = |more: &[&'static str]| {
        let begin = ["finetune", "warm", "--model", "runs/warm-lenet", "--epochs", "3", "--quiet"];
        let fixed = ["--batch-size", "8", "--class-weights", "balanced", "--no-augment"];
        answer(here, &[&begin[..], &fixed, more].concat())
    };
    let said = finetune(&["--out", "once"]);
    // 28 and 4 images, 84 features, 4 bytes.
    let once = "\nthe frozen layers see each of 32 images once; what they make of them takes 10752 bytes\n";
    assert!(said.contains(once), "{said}");
    let weights = "\nweights of the classes in the loss: red 1.0000, yellow 1.0000\n";
    assert!(said.contains(weights), "{said}");
    // The finished run is loaded, and its report is written again.
    std::fs::remove_file(here.join("once/report.html")).unwrap();
    let bytes = || std::fs::read(here.join("once/model.safetensors")).unwrap();
    let before = bytes();
    finetune(&["--out", "once"]);
    assert!(bytes() == before);
    let page = std::fs::read_to_string(here.join("once/report.html")).unwrap();
    assert!(page.contains("<h3>Time by layer</h3>") && page.contains("GFLOP&#x2f;s"));

    let said = finetune(&["--out", "twice", "--unfreeze", "fc2"]);
    assert!(!said.contains("see each of"), "more than the last layer learns: {said}");
}
