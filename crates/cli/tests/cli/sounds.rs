//! Recordings: look, train, predict, evaluate, and what is no recording.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use plywood::datasets::Recording;
use plywood::tensor::Tensor;

use crate::{answer, outcome, plywood, refusal};

/// Ten recordings of each of two pitches, a third of a second at 4 kHz.
pub(crate) fn pitches(folder: &Path) {
    for (name, pitch) in [("high", 900.0), ("low", 300.0)] {
        fs::create_dir_all(folder.join(name)).unwrap();
        for number in 0..10 {
            tone(pitch + 10.0 * f64::from(number), 4000, 1300)
                .write_wav(folder.join(name).join(format!("{number}.wav")))
                .unwrap();
        }
    }
}

/// So many samples of a pitch in Hz.
pub(crate) fn tone(pitch: f64, rate: u32, samples: usize) -> Recording {
    let step = std::f64::consts::TAU * pitch / f64::from(rate);
    let wave = Tensor::from_fn([samples], |at| 0.25 * (step * at[0] as f64).sin() as f32);
    Recording::new(wave, rate).unwrap()
}

/// A list of ten recordings with a score each, and the recordings.
fn scored(folder: &Path) {
    let mut list = "clip,who,quality\n".to_owned();
    for number in 0..12 {
        let name = format!("s{number}.wav");
        tone(250.0 + 60.0 * f64::from(number), 4000, 1300).write_wav(folder.join(&name)).unwrap();
        writeln!(list, "{name},a,{}.5", number % 5).unwrap();
    }
    fs::write(folder.join("list.csv"), list).unwrap();
}

const SHORT: [&str; 5] = ["--seconds", "0.3", "--epochs", "2", "--quiet"];

#[test]
fn from_a_folder_to_a_classifier() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    pitches(&here.join("tones"));
    assert_eq!(
        answer(here, &["data", "tones"]),
        "20 recordings in 2 classes
14 to learn from, 2 to validate, 4 to test
recordings   learn  validate    test
        10       7         1       2  high
        10       7         1       2  low
0.33 to 0.33 s long, 0.33 s in the middle, 6.5 s in all
        20 at 4000 Hz
",
    );
    let trained = |more: &[&str]| {
        answer(here, &[&["train", "melnet", "--audio", "tones"][..], &SHORT, more].concat())
    };
    let text = trained(&["--class-weights", "low=2"]);
    assert!(
        text.starts_with(
            "20 recordings, 0.33 to 0.33 s long
the network is given 0.30 s of each, at 4000 Hz
14 to learn from, 2 to validate, 4 to test
melnet has "
        ),
        "{text}"
    );
    assert!(
        text.contains("\nweights of the classes in the loss: high 1.0000, low 2.0000\n"),
        "{text}"
    );
    assert!(text.ends_with(
        "written to runs/tones-melnet: look at runs/tones-melnet/report.html, or try `plywood predict \
         runs/tones-melnet FILE.wav`\n"
    ));
    let run = here.join("runs/tones-melnet");
    let metrics = fs::read_to_string(run.join("metrics.json")).unwrap();
    assert!(
        metrics.contains("label smoothing 0.1") && metrics.contains("class weights [1.0, 2.0]"),
        "{metrics}"
    );
    let report = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(report.len() < 2_000_000, "{}", report.len());
    for part in
        ["data:audio/wav;base64,", "To hear", "What decided", "Low frequencies are at the bottom"]
    {
        assert!(report.contains(part), "{part}");
    }

    // The same bits by one thread; what decides them belongs to the checkpoint.
    let mut again = std::process::Command::new(env!("CARGO_BIN_EXE_plywood"));
    again.args([
        "train",
        "melnet",
        "--audio",
        "tones",
        "--class-weights",
        "low=2",
        "--out",
        "again",
    ]);
    again.args(SHORT).current_dir(here).env("RAYON_NUM_THREADS", "1");
    assert_eq!(outcome(&mut again).code, Some(0));
    let weights = |run: &Path| fs::read(run.join("model.safetensors")).unwrap();
    assert!(weights(&run) == weights(&here.join("again")));
    let other = ["train", "melnet", "--audio", "tones", "--seconds", "0.25", "--out", "again"];
    let text = refusal_after_notes(here, &[&other[..], &SHORT[2..]].concat());
    assert!(text.contains("again"), "{text}");

    tone(320.0, 4000, 4000).write_wav(here.join("long.wav")).unwrap(); // of several pieces
    tone(320.0, 8000, 800).write_wav(here.join("short.wav")).unwrap();
    let asked = plywood(
        here,
        &["predict", "runs/tones-melnet", "long.wav", "short.wav", "nothing-at-all.wav"],
    );
    assert_eq!(asked.code, Some(3), "{asked:?}");
    let lines: Vec<&str> = asked.out.lines().collect();
    assert_eq!(lines[0], "file,prediction,probability_high,probability_low");
    assert!(lines[1].starts_with("long.wav,") && lines[2].starts_with("short.wav,"), "{asked:?}");
    assert_eq!(lines[3], "nothing-at-all.wav,,,");
    assert_eq!(
        asked.err,
        "note: short.wav: it was resampled from 8000 Hz to 4000 Hz
note: no answer: nothing-at-all.wav: can't read it: No such file or directory (os error 2)
",
    );

    let seen = plywood(here, &["eval", "runs/tones-melnet", "--audio", "tones"]);
    assert!(seen.out.starts_with("20 samples  "), "{seen:?}");
    assert!(
        seen.err.starts_with("note: the model learnt from 14 of these 20 recordings, which"),
        "{seen:?}"
    );
    let part = ["eval", "runs/tones-melnet", "--audio", "tones", "--part", "test"];
    assert!(answer(here, &part).starts_with("4 samples  "));
    let looked =
        ["look", "runs/tones-melnet", "--audio", "long.wav", "--steps", "2", "--class", "low"];
    assert_eq!(answer(here, &looked), "written to look.html\n");
    let page = fs::read_to_string(here.join("look.html")).unwrap();
    for part in ["data:audio/wav;base64,", "Grad-CAM", "long.wav, 1.00 s at 4000 Hz"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(answer(here, &["summary", "runs/tones-melnet"]).contains("[1, 2]"));

    let given = |arguments: &[&str]| refusal(here, arguments);
    assert_eq!(
        given(&["classify", "--model", "runs/tones-melnet", "long.wav"]),
        "runs/tones-melnet: it is a model of recordings, and not of images; `plywood predict`, `eval --audio` and \
         `look --audio` give it recordings",
    );
    assert_eq!(
        given(&["eval", "runs/tones-melnet"]),
        "runs/tones-melnet: there is nothing to evaluate on; it is a model of recordings: give it some by `--audio PATH`",
    );
    assert_eq!(
        given(&["predict", "runs/tones-melnet", "tones"]),
        "tones: a folder is no recording; name its recordings, such as tones/*.wav",
    );
}

/// As [`refusal`], where notes come first.
fn refusal_after_notes(folder: &Path, arguments: &[&str]) -> String {
    let outcome = plywood(folder, arguments);
    assert_eq!(outcome.code, Some(1), "{arguments:?}: {outcome:?}");
    let error = outcome.err.split_once("error: ").expect("an error says so").1;
    error.trim_end().to_owned()
}

#[test]
fn a_list_with_scores_or_classes() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    scored(here);
    assert_eq!(
        answer(here, &["data", "list.csv", "--audio", "--target", "quality", "--files", "clip"]),
        "12 recordings
8 to learn from, 1 to validate, 3 to test
`quality` is from 0.50000 to 4.5000, with a mean of 2.2500
0.33 to 0.33 s long, 0.33 s in the middle, 3.9 s in all
        12 at 4000 Hz
",
    );
    let train = ["train", "melnet", "--audio", "list.csv", "--target", "quality"];
    let files = ["--files", "clip"];
    let text = answer(here, &[&train[..], &files, &SHORT].concat());
    assert!(
        text.contains("\n`quality`: mean error ") && text.contains("\nbeside it: always the mean"),
        "{text}"
    );
    let json = ["predict", "runs/list-melnet", "s1.wav", "s9.wav", "--format", "json"];
    let text = answer(here, &json);
    assert!(text.starts_with("{\"file\":\"s1.wav\",\"prediction\":"), "{text}");
    let eval = ["eval", "runs/list-melnet", "--audio", "list.csv", "--files", "clip"];
    assert!(answer(here, &eval).contains("`quality`: mean error "));
    let report = fs::read_to_string(here.join("runs/list-melnet/report.html")).unwrap();
    assert!(report.contains("(true: "), "scores to hear");
    assert_eq!(
        answer(here, &["look", "runs/list-melnet", "--audio", "s3.wav", "--steps", "2"]),
        "written to look.html\n",
    );

    // As classes.
    let declared = ["--column", "quality=category", "--out", "classes", "--split", "0.5,0.25,0.25"];
    let text = answer(here, &[&train[..], &files, &declared, &SHORT].concat());
    assert!(text.contains("accuracy"), "{text}");

    assert_eq!(
        refusal(here, &train),
        "list.csv: it isn't known which column has the files; `--files COLUMN` says it; there are clip, who",
    );
    assert_eq!(
        refusal(here, &train[..4]),
        "list.csv: a list of recordings needs to know what is learnt; `--target COLUMN` says it; a folder has a \
         sub-folder for each class",
    );
    assert_eq!(
        refusal(here, &[&train[..], &files, &["--class-weights", "balanced"]].concat()),
        "list.csv: `quality` is a number, which has no classes to weigh; leave out `--class-weights`, or declare \
         `--column quality=category`",
    );
    fs::remove_file(here.join("s4.wav")).unwrap();
    assert_eq!(
        refusal(here, &[&train[..], &files].concat()),
        "list.csv: line 6: there is no file `s4.wav`; paths are relative to the folder of the list",
    );
}

#[test]
fn what_is_no_recording_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    pitches(&here.join("tones"));
    let train = ["train", "melnet", "--audio", "tones"];
    let wav = fs::read(here.join("tones/low/3.wav")).unwrap();
    fs::write(here.join("tones/low/cut.wav"), &wav[..wav.len() / 2]).unwrap();
    fs::write(here.join("tones/low/empty.wav"), "").unwrap();
    let text = refusal_after_notes(here, &train);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "2 of 22 recordings can't be read, which `--skip-broken` leaves out:");
    assert!(lines[1].starts_with("  tones/low/cut.wav: wav: "), "{text}");
    assert!(lines[2].starts_with("  tones/low/empty.wav: wav: "), "{text}");
    let text = refusal(here, &["data", "tones"]);
    assert!(
        text.starts_with("2 can't be read, which `--skip-broken` leaves out in training:\n"),
        "{text}"
    );

    // Read in another way than it was written: two channels, 24 bits, and silence.
    let stereo = |bits: u16, samples: &[i32]| {
        let bytes = bits / 8;
        let data: Vec<u8> =
            samples.iter().flat_map(|s| s.to_le_bytes()[..usize::from(bytes)].to_vec()).collect();
        let mut file = b"RIFF".to_vec();
        file.extend((36 + data.len() as u32).to_le_bytes());
        file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
        file.extend(4000_u32.to_le_bytes());
        file.extend((4000 * 2 * u32::from(bytes)).to_le_bytes());
        file.extend((2 * bytes).to_le_bytes());
        file.extend(bits.to_le_bytes());
        file.extend(b"data");
        file.extend((data.len() as u32).to_le_bytes());
        file.extend(data);
        file
    };
    let wave: Vec<i32> = (0..2600).map(|at| (at % 40 - 20) * 100_000).collect();
    fs::write(here.join("tones/high/stereo.wav"), stereo(24, &wave)).unwrap();
    Recording::new(Tensor::zeros([1300]), 4000)
        .unwrap()
        .write_wav(here.join("tones/high/silent.wav"))
        .unwrap();
    let outcome = plywood(here, &[&train[..], &SHORT, &["--skip-broken"]].concat());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for note in [
        "note: tones/high/stereo.wav: the mean of its 2 channels was taken\n",
        "note: tones/high/silent.wav: it is silent\n",
        "note: left out: tones/low/cut.wav: wav: ",
    ] {
        assert!(outcome.err.contains(note), "{note}{}", outcome.err);
    }
    let asked = plywood(here, &["predict", "runs/tones-melnet", "tones/low/cut.wav"]);
    assert_eq!(asked.code, Some(3), "{asked:?}");
    assert!(asked.out.ends_with("tones/low/cut.wav,,,\n"), "{asked:?}");

    let given =
        |more: &[&str]| refusal_after_notes(here, &[&train[..], &["--skip-broken"], more].concat());
    assert_eq!(
        given(&["--rate", "10"]),
        "a rate of 10 Hz; it is from 1000 to 192000; 8000 and 16000 are common for speech",
    );
    assert_eq!(
        given(&["--seconds", "nan"]),
        "NaN seconds for the network; they are from 0.2 to 60; longer recordings are cut into pieces",
    );
    assert_eq!(
        given(&["--target", "x"]),
        "tones: a folder of recordings has no columns; its sub-folders are the classes: leave out `--target`, \
         `--files` and `--column`, or give a list",
    );
    assert_eq!(
        refusal(here, &["train", "resnet20", "--audio", "tones"]),
        "`resnet20` doesn't learn from recordings; `melnet` does",
    );
    assert_eq!(
        refusal(here, &["train", "melnet", "--audio", "tone"]),
        "tone: there is no such folder or file; did you mean `tones`?",
    );
    fs::remove_dir_all(here.join("tones/high")).unwrap();
    assert_eq!(
        given(&[]),
        "tones: all its recordings are of one class; each class has its recordings in a sub-folder with its name",
    );
}
