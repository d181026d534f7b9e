//! Folders of images: look, train, evaluate, classify, teach other classes.

use crate::{answer, colours, plywood, refusal};

#[test]
fn from_a_folder_to_a_classifier_and_on_to_other_classes() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    colours(&here.join("warm"), &[("red", [255, 0, 0]), ("yellow", [255, 255, 0])]);
    let looked = answer(here, &["data", "warm"]);
    assert_eq!(
        looked,
        "40 images in 2 classes
28 to learn from, 4 to validate, 8 to test
 images   learn  validate    test
     20      14         2       4  red
     20      14         2       4  yellow
12 to 12 pixels high, 15 to 15 wide
",
    );
    let looked = answer(here, &["data", "warm", "--split", "0.8,0.2", "--test", "warm"]);
    assert!(looked.contains("\n32 to learn from, 8 to validate, 40 to test\n"), "{looked}");
    let arguments = [
        "train",
        "lenet",
        "--images",
        "warm",
        "--size",
        "16",
        "--epochs",
        "12",
        "--batch-size",
        "8",
    ];
    let text = answer(here, &arguments);
    assert!(text.starts_with("40 images of 16×16 in 2 classes; lenet has "), "{text}");
    assert!(text.contains("accuracy 1") || text.contains("accuracy 100"), "{text}");
    assert!(text.ends_with(
        "written to runs/warm-lenet: look at runs/warm-lenet/report.html, or try `plywood classify --model \
         runs/warm-lenet PHOTO`\n"
    ));
    for file in ["classifier.json", "model.safetensors", "metrics.json", "curves.svg"] {
        assert!(here.join("runs/warm-lenet").join(file).exists(), "{file}");
    }

    let text = answer(
        here,
        &["classify", "warm/red/3.png", "--model", "runs/warm-lenet", "--true-if", "red"],
    );
    assert!(text.starts_with("TRUE  "), "{text}");
    let outcome = plywood(here, &["eval", "runs/warm-lenet", "--images", "warm"]);
    assert!(outcome.out.starts_with("40 samples  "), "{outcome:?}");
    assert_eq!(
        outcome.err,
        "note: the model learnt from 28 of these 40 images, which flatters it; `--part test` looks at images \
         that it hasn't seen\n",
    );
    let whole = here.join("warm").display().to_string(); // the same files by another way
    let seen = ["eval", "runs/warm-lenet", "--images", &whole, "--part", "test"];
    assert!(answer(here, &seen).starts_with("8 samples  "));
    let split = std::fs::read_to_string(here.join("runs/warm-lenet/split.csv")).unwrap();
    assert!(split.starts_with("sample,part\nwarm/red/"), "{split}");
    assert_eq!(["train", "validation", "test"].map(|part| split.matches(part).count()), [28, 4, 8]);
    assert_eq!(
        refusal(here, &["eval", "runs/warm-lenet"]),
        "runs/warm-lenet: there is nothing to evaluate on; give it a folder of images by `--images FOLDER`",
    );
    let text = answer(here, &["summary", "runs/warm-lenet"]);
    assert!(text.contains("[1, 2]"), "{text}");

    colours(
        &here.join("cold"),
        &[("blue", [0, 0, 255]), ("green", [0, 255, 0]), ("black", [0; 3])],
    );
    let text = answer(
        here,
        &[
            "finetune",
            "cold",
            "--model",
            "runs/warm-lenet",
            "--epochs",
            "20",
            "--batch-size",
            "8",
            "--quiet",
        ],
    );
    assert!(text.starts_with("3 classes; of "), "{text}");
    let text =
        answer(here, &["classify", "cold/blue/1.png", "--model", "runs/cold-lenet", "--top", "1"]);
    assert!(text.ends_with("  blue\n"), "{text}");

    let other = [
        &["train", "lenet", "--images", "warm", "--size", "16", "--epochs", "1", "--quiet"][..],
        &["--test", "cold"],
    ];
    assert_eq!(
        refusal(here, &other.concat()),
        "cold: its classes are black, blue, green, those of the model are red, yellow",
    );
    std::fs::create_dir(here.join("more")).unwrap();
    colours(&here.join("more"), &[("red", [255, 0, 0]), ("yellow", [255, 255, 0])]);
    let other = [other[0], &["--test", "more", "--split", "0.8,0.2", "--out", "b"]].concat();
    assert!(answer(here, &other).contains("40 samples  "));
    let split = std::fs::read_to_string(here.join("b/split.csv")).unwrap();
    assert_eq!(
        ["train", "validation", "more/"].map(|part| split.matches(part).count()),
        [32, 8, 40]
    );

    assert_eq!(
        refusal(here, &["eval", "runs/warm-lenet", "--images", "cold"]),
        "cold: its classes are black, blue, green, those of the model are red, yellow",
    );
    let text =
        refusal(here, &["finetune", "cold", "--model", "runs/warm-lenet", "--unfreeze", "conv9"]);
    assert_eq!(
        text,
        "lenet has no layer `conv9`; did you mean `conv1`? it has conv1, conv2, fc1, fc2, fc3, and layers below them",
    );
}

#[test]
fn folders_that_cant_be_learnt_from_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    colours(&here.join("one"), &[("red", [255, 0, 0])]);
    let train =
        |images: &str| refusal(here, &["train", "lenet", "--images", images, "--size", "16"]);
    assert_eq!(
        train("one"),
        "one: all its images are of one class; each class has its images in a sub-folder with its \
         name",
    );
    assert_eq!(train("photos"), "photos: can't list it: No such file or directory (os error 2)");
    assert_eq!(
        train("one/red"),
        "one/red: it has no sub-folders; each class has its images in a sub-folder with its name",
    );
    std::fs::write(here.join("one/red/7.png"), "no image").unwrap();
    let text = train("one");
    let begin = "1 of 20 images can't be read, which `--skip-broken` leaves out:\n  one/red/7.png: none of \
                 PNG, JPEG, WebP";
    assert!(text.starts_with(begin), "{text}");
    let text = refusal(here, &["data", "one"]);
    let begin = "1 can't be read, which `--skip-broken` leaves out in training:\n  one/red/7.png: none of PNG";
    assert!(text.starts_with(begin), "{text}");
    assert_eq!(
        train("onr"),
        "onr: can't list it: No such file or directory (os error 2); did you mean `one`?"
    );
    assert_eq!(
        refusal(here, &["train", "alexnet", "--images", "one", "--size", "0"]),
        "resize: an image [3, 1, 1] (C, H, W) can't become 0×0; sides must be from 1 to 65536",
    );
}

#[test]
fn broken_images_are_named_at_once_or_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    colours(&here.join("warm"), &[("red", [255, 0, 0]), ("yellow", [255, 255, 0])]);
    for image in 0..12 {
        std::fs::write(here.join(format!("warm/red/{image}.png")), "no image").unwrap();
        std::fs::write(here.join(format!("warm/yellow/{image}.png")), "none").unwrap();
    }
    let arguments = ["train", "lenet", "--images", "warm", "--size", "16", "--epochs", "1"];
    let text = refusal(here, &arguments);
    let begin = "24 of 40 images can't be read, which `--skip-broken` leaves out:\n  warm/red/0.png: none of";
    assert!(text.starts_with(begin), "{text}");
    assert_eq!(text.lines().count(), 22);
    assert!(text.ends_with("\n  and 4 more"), "{text}");
    assert!(!here.join("runs").exists(), "nothing is left behind");

    let outcome = plywood(here, &[&arguments[..], &["--skip-broken", "--quiet"]].concat());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.out.starts_with("16 images of 16×16 in 2 classes"), "{}", outcome.out);
    assert_eq!(outcome.err.matches("note: left out: warm/").count(), 20, "{}", outcome.err);
    let more = "note: left out: 4 more images that can't be read\n";
    assert!(outcome.err.contains(more), "{}", outcome.err);
    let evaluate = ["eval", "runs/warm-lenet", "--images", "warm"];
    let outcome = plywood(here, &evaluate);
    assert_eq!((outcome.code, &*outcome.out), (Some(1), ""));
    assert!(outcome.err.contains("\nerror: 24 of 40 images can't be read"), "{}", outcome.err);
    let text = answer(here, &[&evaluate[..], &["--skip-broken"]].concat());
    assert!(text.starts_with("16 samples  "), "{text}");
    let finetune = ["finetune", "warm", "--model", "runs/warm-lenet", "--epochs", "1", "--quiet"];
    let more = ["--skip-broken", "--out", "fine"];
    assert!(refusal(here, &finetune).starts_with("24 of 40 images can't be read"));
    assert!(answer(here, &[&finetune[..], &more].concat()).starts_with("2 classes; of "));
}

#[test]
fn a_turned_image_and_passed_over_files_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    colours(here, &[("red", [255, 0, 0]), ("blue", [0, 0, 255])]);
    let turned = include_bytes!("../../../datasets/src/image/fixtures/exif6_long.jpg");
    std::fs::write(here.join("red/turned.jpg"), turned).unwrap();
    std::fs::write(here.join("blue/scan.tif"), "").unwrap();
    let outcome = plywood(here, &["data", "."]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(
        outcome.err,
        "note: .: files that aren't read were passed over: 1 .tif (blue/scan.tif)\n\
         note: ./red/turned.jpg: turned right by 90°, as its Exif data say (orientation 6)\n"
    );
    let text = refusal(here, &["data", ".", "--column", "price=number"]);
    assert_eq!(
        text,
        ".: options of tables don't apply to a folder of images; \
         give the table's file, or leave those options out"
    );
}

#[test]
fn greys_are_learnt_from_one_channel_all_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    colours(&here.join("xrays"), &[("dark", [0; 3]), ("bright", [255; 3])]);
    let train = ["train", "resnet9", "--images", "xrays", "--size", "16", "--epochs", "3"];
    let train = [&train[..], &["--batch-size", "8", "--quiet"]].concat();
    let outcome = plywood(here, &[&train[..], &["--out", "coloured"]].concat());
    assert_eq!(
        outcome.err.lines().next(),
        Some(
            "note: all images are grey: with `--grey` the network has one channel of them, not three alike"
        ),
    );
    let outcome = plywood(here, &[&train[..], &["--grey", "--out", "grey"]].concat());
    assert_eq!((outcome.code, &*outcome.err), (Some(0), ""), "{outcome:?}");
    let summary = answer(here, &["summary", "grey"]);
    assert!(summary.contains("[1, 1, 16, 16]"), "{summary}");
    let text = answer(here, &["eval", "grey", "--images", "xrays", "--part", "test"]);
    assert!(text.starts_with("8 samples  "), "{text}");
    // A coloured image becomes grey.
    colours(&here.join("photos"), &[("red", [255, 0, 0]), ("blue", [0, 0, 255])]);
    let text = answer(here, &["predict", "grey", "photos/red/1.png", "xrays/dark/1.png"]);
    assert_eq!(text.lines().count(), 3, "{text}");
    let look = ["look", "grey", "xrays/dark/1.png", "--steps", "1", "--channels", "1"];
    answer(here, &[&look[..], &["--images", "xrays"]].concat());
    let finetune = ["finetune", "photos", "--model", "grey", "--epochs", "1", "--quiet"];
    for more in [&["--no-augment", "--out", "fine"][..], &["--out", "finer"]] {
        let text = answer(here, &[&finetune[..], more].concat());
        assert!(text.starts_with("2 classes; of "), "{text}");
        assert!(answer(here, &["summary", more.last().unwrap()]).contains("[1, 1, 16, 16]"));
    }
}
