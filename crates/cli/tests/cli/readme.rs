//! Each sentence of README about the command, on small data.

use std::path::Path;

use plywood::datasets::chelsea;
use plywood::tensor::Seed;
use plywood::zoo::{Classifier, Preprocess};

use crate::{
    answer, colours, pixels::halves, plywood, sounds, tables::houses, translations::sentences,
};

/// The section about the command.
fn section() -> &'static str {
    let readme = include_str!("../../../../README.md");
    let (_, rest) = readme.split_once("## Without writing anything\n").unwrap();
    rest.split("\n## ").next().unwrap()
}

/// The data of README's commands.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    houses(here);
    let rows = std::fs::read_to_string(here.join("houses.csv")).unwrap();
    let some = |rows: &mut dyn Iterator<Item = &str>| rows.collect::<Vec<_>>().join("\n");
    std::fs::write(here.join("sold.csv"), some(&mut rows.lines().take(50))).unwrap();
    let unsold = rows.lines().take(9).map(|row| {
        let columns: Vec<&str> = row.split(',').collect();
        [&columns[..5], &columns[6..]].concat().join(",")
    });
    std::fs::write(here.join("unsold.csv"), unsold.collect::<Vec<_>>().join("\n")).unwrap();
    for photos in ["photos", "more_photos", "flowers", "xrays"] {
        colours(&here.join(photos), &[("red", [255, 0, 0]), ("yellow", [255, 255, 0])]);
    }
    for photo in ["photo.jpg", "one.jpg", "two.jpg"] {
        // What a file is called doesn't matter.
        chelsea().unwrap().write_png(here.join(photo)).unwrap();
    }
    halves(here, ["streets", "masks"], 10);
    sounds::pitches(&here.join("words"));
    std::fs::write(here.join("sentences.tsv"), sentences(40)).unwrap();
    let mut voices = "file,score\n".to_owned();
    for (number, word) in ["one", "two", "yes"].iter().cycle().take(12).enumerate() {
        voices += &format!("{word}.wav,{number}.5\n");
    }
    std::fs::write(here.join("voices.csv"), voices).unwrap();
    for word in ["one", "two", "yes"] {
        sounds::tone(500.0, 8000, 2600).write_wav(here.join(word).with_extension("wav")).unwrap();
    }
    let names = ["sports car, car", "tabby"];
    let untrained = Classifier::new("lenet", Preprocess::fitted(16), names, Seed(7)).unwrap();
    untrained.save(here.join("untrained")).unwrap();
    folder
}

/// The commands of the section, each a list of words.
fn commands() -> Vec<Vec<&'static str>> {
    let block = section().split("```").filter_map(|block| block.strip_prefix("sh\n"));
    let lines = block.flat_map(str::lines).map(|line| line.split(" #").next().unwrap_or(line));
    let lines = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.filter(|words| !words.is_empty()).collect()
}

#[test]
fn the_commands_run_as_they_stand() {
    let folder = folder();
    let here = folder.path();
    let mut done = 0;
    for words in commands() {
        let [program, arguments @ ..] = &words[..] else { unreachable!() };
        assert_eq!(*program, "plywood", "{words:?}");
        let shorter: &[&str] = match arguments {
            ["train", "resnet20", ..] => &["--epochs", "1", "--quiet", "--size", "8"],
            ["train", ..] => &["--epochs", "1", "--quiet"],
            ["look", _, "--audio", ..] => &["--steps", "2", "--channels", "1"],
            _ => &[],
        };
        // What needs the published weights says where to get them, and does it with others.
        let others: &[&str] = match arguments {
            ["classify", ..] => &["--model", "untrained"],
            ["finetune", ..] => &["--model", "untrained", "--epochs", "1", "--quiet"],
            ["look", _, "--audio", ..] => &[],
            ["look", ..] => {
                let look = ["look", "untrained", "photo.jpg", "--steps", "2", "--channels", "1"];
                weights_are_asked_for(here, arguments);
                assert_eq!(answer(here, &look), "written to look.html\n");
                done += 1;
                continue;
            }
            ["fetch", name] => {
                let list = answer(here, &["fetch"]);
                assert!(list.contains(&format!("{name}\n")), "{list}");
                done += 1;
                continue;
            }
            _ => &[],
        };
        if !others.is_empty() {
            weights_are_asked_for(here, arguments);
        }
        let text = answer(here, &[arguments, shorter, others].concat());
        match arguments {
            ["train", ..] => assert!(text.contains("\nwritten to runs/"), "{text}"),
            ["eval", "runs/houses-mlp", ..] => assert!(text.starts_with("49 samples  "), "{text}"),
            ["eval", ..] => assert!(text.starts_with("40 samples  "), "{text}"),
            ["compare", ..] => {
                assert!(text.contains("runs/houses-mlp") && text.contains("settings"), "{text}");
            }
            ["predict", "runs/houses-mlp", ..] => {
                assert!(
                    text.starts_with("name,country,sold,rooms,town,big,prediction\n"),
                    "{text}"
                );
                assert_eq!(text.lines().count(), 9);
            }
            ["predict", "runs/voices-melnet", ..] => {
                assert!(text.starts_with("file,prediction\none.wav,"), "{text}");
            }
            ["look", _, "--audio", ..] => assert_eq!(text, "written to look.html\n"),
            ["predict", "runs/streets-unet", ..] => {
                assert!(text.starts_with("file,prediction,part_0,part_1\none.jpg,"), "{text}");
            }
            // A shell takes what is in quotes for one sentence, this test for three.
            ["translate", ..] => assert_eq!(text.lines().count(), 3, "{text}"),
            ["predict", ..] => {
                let names = "file,prediction,probability_red,probability_yellow\none.jpg,";
                assert!(text.starts_with(names) && text.contains("\ntwo.jpg,"), "{text}");
            }
            ["classify", _, "--true-if", _] => {
                assert!(text.starts_with("TRUE  0.") || text.starts_with("FALSE  0."), "{text}");
            }
            ["classify", ..] => assert_eq!(text.lines().count(), 2, "{text}"),
            ["finetune", ..] => assert!(text.starts_with("2 classes; of "), "{text}"),
            other => panic!("README has a command that no test knows: {other:?}"),
        }
        done += 1;
    }
    assert_eq!(done, 22, "README's commands are all run");
}

/// Without the published weights a command names the one that brings them.
fn weights_are_asked_for(here: &Path, arguments: &[&str]) {
    let outcome = plywood(here, arguments);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let hint = "`plywood fetch efficientnet-lite0` brings it";
    assert!(outcome.err.contains(hint), "{}", outcome.err);
}

#[test]
fn a_table_is_read_as_a_spreadsheet_has_saved_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = "when;price;share;id\n\
                14.03.2021;1.200,50 €;0,5;12345678901234567\n\
                15.03.2021;900,00 €;0,25;12345678901234568\n";
    std::fs::write(folder.path().join("a.csv"), file).unwrap();
    let outcome = plywood(folder.path(), &["data", "a.csv"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let said = [
        "the delimiter is `;`",
        "a decimal comma",
        "`.` between thousands",
        "`€`",
        "column `when`: ",
        "column `id`: ",
    ];
    for said in said {
        assert!(outcome.err.contains(said), "{said}: {}", outcome.err);
    }
    assert!(outcome.out.contains("dates from 2021-03-14 to 2021-03-15\n"), "{}", outcome.out);
    // What can't be told is an error with its line, and declared.
    std::fs::write(folder.path().join("b.csv"), "price\n1,200\n300\nmany\n4\n5\n").unwrap();
    let refused = plywood(folder.path(), &["data", "b.csv", "--delimiter", "tab"]).err;
    assert!(refused.starts_with("error: b.csv: line 4: csv: column `price`: "), "{refused}");
    let declared = ["--column", "price=number", "--delimiter", "tab", "--decimal", ","];
    let text = answer(folder.path(), &[&["data", "b.csv"], &declared[..]].concat());
    assert!(text.contains("price  numbers from 1.2 to 300"), "{text}");
}

#[test]
fn the_section_says_what_other_tests_show() {
    // The sentences after the commands; a changed one is to be looked at here, and at the test that shows it.
    for (sentence, shown_by) in [
        ("the delimiter, decimal commas, thousands, currencies and dates", "this file"),
        ("What can't be told is\nan error with its line", "this file"),
        ("`plywood fetch` lists what can be fetched, each with its licence", "fetch.rs"),
        ("says how\nelse to get the files where one is missing", "fetch.rs"),
        ("where every command finds them from any folder", "fetch.rs"),
        ("`plywood data PATH` shows what a file or folder holds", "tables.rs, images.rs"),
        ("columns that count the rows", "tables.rs"),
        ("Images and recordings that can't be read are named\nall at once", "images.rs, sounds.rs"),
        ("`predict` gives the mean over pieces", "the tests of `SoundClassifier`"),
        ("which follow from what most of them have", "`sound/settings.rs`"),
        ("a line without its translation is refused with its number", "translations.rs"),
        ("`plywood models` and `plywood summary NAME`", "usage.rs"),
        ("`plywood completions SHELL`", "usage.rs"),
        ("a name that is mistyped gets the nearest", "usage.rs, tables.rs"),
    ] {
        assert!(section().contains(sentence), "{sentence}: shown by {shown_by}");
    }
}
