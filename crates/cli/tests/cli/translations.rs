//! Pairs of sentences: train, translate, and what is no pair.

use std::fmt::Write;
use std::fs;

use crate::{answer, plywood, refusal};

/// Lines of a sentence, a tab and its translation.
pub(crate) fn sentences(count: usize) -> String {
    let mut text = String::new();
    for place in 0..count {
        let noun = [("dog", "chien"), ("man", "homme"), ("boy", "garçon")][place % 3];
        let verb = [("runs", "court"), ("sleeps", "dort")][place / 3 % 2];
        writeln!(text, "A {} {}.\tUn {} {}.", noun.0, verb.0, noun.1, verb.1).unwrap();
    }
    text
}

#[test]
fn from_pairs_to_translations() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("pairs.tsv"), sentences(20) + "\n").unwrap();
    let short = ["--epochs", "1", "--quiet"];
    let train = |more: &[&str]| {
        plywood(here, &[&["train", "translation", "--pairs"], more, &short].concat())
    };
    let trained = train(&["pairs.tsv"]);
    assert_eq!(trained.code, Some(0), "{trained:?}");
    assert!(
        trained.out.starts_with("14 pairs to learn from, 2 to validate, 4 to test\n"),
        "{trained:?}"
    );
    assert!(trained.out.ends_with(
        "written to runs/pairs-translation: look at runs/pairs-translation/report.html, or try `plywood \
         translate runs/pairs-translation SENTENCE`\n"
    ));
    let report = fs::read_to_string(here.join("runs/pairs-translation/report.html")).unwrap();
    assert!(report.contains("Beside what a person wrote"));

    let run = "runs/pairs-translation";
    assert_eq!(answer(here, &["translate", run, "A dog runs.", "A man."]).lines().count(), 2);
    let drawn =
        |seed| answer(here, &["translate", run, "A dog.", "--temperature", "1", "--seed", seed]);
    assert_eq!(drawn("1"), drawn("1"));
    assert_ne!(drawn("1"), drawn("2"));
    assert_eq!(refusal(here, &["translate", run, " "]), "translator: sentence 1 is empty");
    let other = refusal(here, &["summary", run]);
    assert!(other.contains("it is a network that translates"), "{other}");
    let none = refusal(here, &["translate", "run/pairs-translation", "A dog."]);
    assert!(none.starts_with("run/pairs-translation/translator.json: can't read it: "), "{none}");

    // Two files, of which one is short of a line.
    fs::write(here.join("a.en"), "one\ntwo\n").unwrap();
    fs::write(here.join("a.fr"), "un\n").unwrap();
    let refused = |arguments: &[&str]| train(arguments).err;
    assert_eq!(refused(&["a.en", "a.fr"]), "error: a.en: line 2 has no pair: a.fr has 1 lines\n");
    assert_eq!(
        refused(&["a.en"]),
        "error: a.en: line 1 has 0 tabs; a sentence, a tab and its translation are a line\n"
    );
    let other = plywood(here, &["train", "mlp", "--pairs", "pairs.tsv"]).err;
    assert_eq!(other, "error: `mlp` doesn't learn from pairs of sentences; `translation` does\n");
}
