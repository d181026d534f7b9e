//! Which digit was said, by a speaker whom training never heard.
//!
//! Shows recordings as a data set, and a score that can be trusted: each of the six speakers of the Free Spoken Digit
//! Dataset is held out in turn. `--data` names the set's folder, with `recordings` in it, if it isn't `data/fsdd`.
//! What comes of it is written to `runs/spoken_digits`, with a report of the first speaker's test to look at and to
//! listen to.
//!
//! Run it with `cargo run --release --example spoken_digits -- --data DIR`; `--seed N` takes another seed,
//! `--fold K` holds out only the speaker K of six.

use plywood::prelude::*;
use plywood::training::Figure;
use plywood::zoo::recipes::{SPEAKERS, SoundOutcome, spoken_digits};
use plywood_examples::{SoundChoice, finish, println, progress, sound, write_tones};
use serde_json::json;

fn main() -> Result<()> {
    threads::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut choice = SoundChoice::parse(&arguments, "spoken_digits", "fsdd")?;
    if plywood_examples::is_smoke_run() {
        choice.data = "data/fsdd".into();
        // One to look at meanwhile, and one to learn from.
        for number in [0, 5] {
            let of = |speaker| (0..10).map(move |digit| format!("{digit}_{speaker}_{number}.wav"));
            write_tones(&choice.data.join("recordings"), SPEAKERS.into_iter().flat_map(of))?;
        }
    }
    let SoundChoice { data, seed, fold: only } = choice;
    let folder = plywood_examples::folder_of("spoken_digits", seed);
    let (mut accuracies, mut seconds) = (Vec::new(), Vec::new());
    for (place, speaker) in SPEAKERS.into_iter().enumerate() {
        if only.is_some_and(|only| only != place + 1) {
            continue;
        }
        let mut recipe = spoken_digits(&data, place, seed)?;
        recipe.trainer = plywood_examples::shortened(recipe.trainer).stop_on_signals(true);
        let outcome = recipe.run(format!("{folder}/{speaker}"))?;
        let accuracy = outcome.result.metric("accuracy").unwrap_or(f64::NAN);
        progress!("{speaker}: {accuracy:.4} in {:.1} s", outcome.run.train_seconds());
        accuracies.push(accuracy);
        seconds.push(outcome.run.train_seconds());
        if place == 0 {
            report(&outcome, &format!("{folder}/report.html"))?;
        }
    }
    if only.is_some() {
        return finish();
    }
    let (mean, spread) = plywood_examples::mean_and_spread(&accuracies);
    println!("Accuracy on each speaker, by a network that learnt from others:\n");
    for (speaker, accuracy) in SPEAKERS.iter().zip(&accuracies) {
        println!("{speaker:<10}{accuracy:>8.4}");
    }
    println!("\n{mean:.4}, ±{spread:.4} over speakers");
    let worst = accuracies.iter().copied().fold(f64::INFINITY, f64::min);
    plywood_examples::write_metrics(
        &folder,
        &json!({
            "test_accuracy": mean,
            "worst_speaker": worst,
            "accuracy_by_speaker": accuracies,
            "speakers": SPEAKERS,
            "seconds": seconds,
            "seed": seed.0,
        }),
    )?;
    println!("written to {folder}: metrics.json, report.html");
    finish()
}

/// The page of one speaker's test.
fn report(outcome: &SoundOutcome, path: &str) -> Result<()> {
    let SoundOutcome { classifier, run, result, predictions, test } = outcome;
    let listen = (0..test.len()).step_by(test.len().div_ceil(10)).map(|place| {
        let prediction = classifier.classify(&test.recording(place)?)?;
        let told: Vec<String> = prediction
            .top(2)
            .into_iter()
            .map(|(name, p)| format!("{name} {:.0} %", 100.0 * p))
            .collect();
        sound(test, place, told.join(", "))
    });
    let worst = predictions.worst(6)?.into_iter().map(|mistake| {
        let class =
            predictions.target().classes().map_or(0, |classes| classes.as_slice()[mistake.place]);
        let name = &classifier.class_names()[class as usize];
        sound(
            test,
            mistake.sample,
            format!("a {name}, to which it gave {:.1} %", 100.0 * (-mistake.error).exp()),
        )
    });
    let how = "Low frequencies are at the bottom, time runs to the right, what is bright is loud.";
    run.report()
        .title(format!("Digits spoken by {}, whom training never heard", SPEAKERS[0]))
        .data(
            "Free Spoken Digit Dataset",
            "3,000 recordings at 8 kHz of six speakers, CC BY-SA 4.0",
        )
        .command("cargo run --release --example spoken_digits")
        .model(&classifier.model)
        .evaluation(result)
        .predictions(predictions)
        .figure(Figure::sounds("One of each digit", how, listen.collect::<Result<Vec<_>>>()?))
        .figure(Figure::sounds(
            "The worst mistakes, to hear",
            how,
            worst.collect::<Result<Vec<_>>>()?,
        ))
        .write_html(path)
}
