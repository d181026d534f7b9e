//! How somebody sounds: a score from 1 to 10, and the emotion, by actors whom training never heard.
//!
//! Shows six folds of four actors of RAVDESS each, two of them men and two women, and a report in which each answer can
//! be seen and heard. `--data` names the folder with the set's `Actor_01` and so on, if it isn't `data/ravdess`. What
//! comes of it is written to `runs/voice`.
//!
//! Run it with `cargo run --release --example voice -- --data DIR`; `--seed N` takes another seed, `--fold K`
//! trains only one of the six, such as in another process; without it, those that are there are not trained again.

use std::cmp::Reverse;

use plywood::prelude::*;
use plywood::training::{ConfusionMatrix, Figure, MeanAbsoluteError, Spearman, plots};
use plywood::zoo::recipes::{
    EMOTIONS, SoundOutcome, VOICE_FOLDS, VOICES, Voice, emotion_of, voice,
};
use plywood_examples::{SoundChoice, finish, println, progress, sound, write_tones};
use serde_json::json;

/// A test recording's answer, and what is true.
struct Told {
    voice: Voice,
    class: usize,
}

impl Told {
    fn true_score(&self) -> f64 {
        VOICES[self.class].1
    }

    fn is_right(&self) -> bool {
        self.voice.emotion() == emotion_of(self.class)
    }

    /// The probability of the true emotion.
    fn certainty(&self) -> f64 {
        self.voice.emotions()[emotion_of(self.class)]
    }

    /// What is written below the recording.
    fn caption(&self) -> String {
        let emotions = self.voice.emotions();
        let mut order: Vec<usize> = (0..EMOTIONS.len()).collect();
        order.sort_by(|&a, &b| emotions[b].total_cmp(&emotions[a]));
        let told = order
            .iter()
            .take(3)
            // The sign stays beside its number.
            .map(|&at| format!("{} {:.0}\u{a0}%", EMOTIONS[at], 100.0 * emotions[at]));
        format!(
            "Score {} (true: {}). Heard: {}. Played: {}.",
            self.voice.score(),
            self.true_score(),
            told.collect::<Vec<_>>().join(", "),
            VOICES[self.class].0,
        )
    }
}

/// What some answers come to.
struct Figures {
    accuracy: f64,
    spearman: f64,
    mean_absolute_error: f64,
}

impl Figures {
    fn of(told: &[Told]) -> Result<Self> {
        let column = |of: &dyn Fn(&Told) -> f64| -> Tensor {
            told.iter().map(|one| of(one) as f32).collect::<Vec<_>>().into()
        };
        let (scores, truth) = (column(&|one| one.voice.score()), column(&Told::true_score));
        let (mut spearman, mut error) = (Spearman::new(), MeanAbsoluteError::new());
        spearman.update(&scores, &truth)?;
        error.update(&scores, &truth)?;
        let right = told.iter().filter(|one| one.is_right()).count();
        Ok(Self {
            accuracy: right as f64 / told.len() as f64,
            spearman: spearman.value(),
            mean_absolute_error: error.value(),
        })
    }
}

fn main() -> Result<()> {
    threads::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut choice = SoundChoice::parse(&arguments, "voice", "ravdess")?;
    if plywood_examples::is_smoke_run() {
        choice.data = "data/ravdess".into();
        let of = |actor| {
            (2..=8).map(move |emotion| {
                format!("Actor_{actor:02}/03-01-{emotion:02}-01-01-01-{actor:02}.wav")
            })
        };
        write_tones(&choice.data, (1..=24).flat_map(of))?;
    }
    let SoundChoice { data, seed, fold: only } = choice;
    let folder = plywood_examples::folder_of("voice", seed);
    let (mut all, mut by_fold, mut seconds, mut first) = (Vec::new(), Vec::new(), Vec::new(), None);
    for fold in (0..VOICE_FOLDS).filter(|fold| only.is_none_or(|only| only == fold + 1)) {
        let mut recipe = voice(&data, fold, seed)?;
        recipe.trainer = plywood_examples::shortened(recipe.trainer).stop_on_signals(true);
        let outcome = recipe.run(format!("{folder}/fold{}", fold + 1))?;
        let told = told(&outcome);
        let figures = Figures::of(&told)?;
        progress!("fold {}: {} in {:.1} s", fold + 1, figures.line(), outcome.run.train_seconds());
        by_fold.push(figures);
        seconds.push(outcome.run.train_seconds());
        all.extend(told);
        first.get_or_insert(outcome);
    }
    if only.is_some() {
        return finish();
    }
    println!("By actors whom training never heard, four in each fold:\n");
    for (fold, figures) in by_fold.iter().enumerate() {
        println!("fold {}: {}", fold + 1, figures.line());
    }
    let together = Figures::of(&all)?;
    println!("\nall: {}", together.line());
    plywood_examples::write_metrics(
        &folder,
        &json!({
            "emotion_accuracy": together.accuracy,
            "spearman": together.spearman,
            "mean_absolute_error": together.mean_absolute_error,
            "accuracy_by_fold": by_fold.iter().map(|figures| figures.accuracy).collect::<Vec<_>>(),
            "seconds": seconds,
            "seed": seed.0,
        }),
    )?;
    if let Some(outcome) = first {
        report(&outcome, &all, &together, seed, &folder)?;
    }
    println!("written to {folder}: metrics.json, report.html");
    finish()
}

impl Figures {
    fn line(&self) -> String {
        format!(
            "{:.1} % of emotions, score: Spearman {:.3}, mean absolute error {:.2}",
            100.0 * self.accuracy,
            self.spearman,
            self.mean_absolute_error
        )
    }
}

fn told(outcome: &SoundOutcome) -> Vec<Told> {
    let classes = outcome.predictions.target().classes().map_or(&[][..], Tensor::as_slice);
    let rows = outcome.predictions.outputs().as_slice().chunks(VOICES.len()).zip(classes);
    rows.map(|(logits, &class)| Told { voice: Voice::of(logits), class: class as usize }).collect()
}

/// The page: the first fold's run, with the answers of all folds.
fn report(
    outcome: &SoundOutcome,
    all: &[Told],
    together: &Figures,
    seed: Seed,
    folder: &str,
) -> Result<()> {
    let SoundOutcome { classifier, run, result, predictions, test } = outcome;
    let own = told(outcome);
    let mut order: Vec<usize> = (0..own.len()).collect();
    order.sort_by_key(|&at| Reverse((own[at].certainty() * 1e9) as u64));
    let heard = |places: Vec<usize>| {
        places.into_iter().map(|at| sound(test, at, own[at].caption())).collect::<Result<Vec<_>>>()
    };
    // Of each emotion the recording in the middle: neither the surest nor the most mistaken.
    let typical = (0..EMOTIONS.len()).filter_map(|emotion| {
        let of: Vec<usize> =
            order.iter().copied().filter(|&at| emotion_of(own[at].class) == emotion).collect();
        of.get(of.len() / 2).copied()
    });
    let how = "Low frequencies are at the bottom, time runs to the right, what is bright is loud.";
    let one_hot = |place: usize, places: usize| {
        (0..places).map(move |at| if at == place { 1.0 } else { 0.0 })
    };
    let matrix = |names: Vec<String>,
                  told: &dyn Fn(&Told) -> usize,
                  truth: &dyn Fn(&Told) -> usize| {
        let mut matrix = ConfusionMatrix::new(names.len()).named(&names);
        let answers: Vec<f32> =
            all.iter().flat_map(|one| one_hot(told(one), names.len())).collect();
        let labels: Vec<u32> = all.iter().map(|one| truth(one) as u32).collect();
        matrix
            .update(&Tensor::from_vec(answers, [all.len(), names.len()])?, &Tensor::from(labels))?;
        plots::confusion(&matrix)
    };
    let emotions =
        matrix(EMOTIONS.map(str::to_owned).to_vec(), &|one| one.voice.emotion(), &|one| {
            emotion_of(one.class)
        })?;
    let place = |score: f64| (score as usize).clamp(1, 10);
    // The number of a row or column is its score.
    let scores = matrix(
        (0..=10).map(|score| score.to_string()).collect(),
        &|one| place(one.voice.score()),
        &|one| place(one.true_score()),
    )?;
    let table = VOICES.iter().map(|(name, score)| [(*name).to_owned(), score.to_string()]);
    run.report()
        .title("How somebody sounds, from 1 to 10")
        .data(
            "RAVDESS, speech",
            "1,440 recordings of 24 actors at 8 kHz, CC BY-NC-SA 4.0; this run was tested on actors 1 to 4",
        )
        .command(format!("cargo run --release --example voice -- --seed {}", seed.0))
        .model(&classifier.model)
        .evaluation(result)
        .predictions(predictions)
        .figure(Figure::table(
            "The score",
            format!(
                "What was heard decides it: the score is the middle of this table, when each row counts as much as \
                 it is probable. Over all six folds: {}. Chance is 13 % of emotions; people are right about 60 %.",
                together.line()
            ),
            ["played", "score"],
            table,
        ))
        .figure(Figure::sounds("One of each emotion", how, heard(typical.collect())?))
        .figure(Figure::sounds("The worst mistakes, to hear", how, heard(order.iter().rev().take(8).copied().collect())?))
        .figure(Figure::svg(
            "Emotions, all actors",
            "Each row is what was played, each column what was heard, by networks that never heard the actor.",
            emotions,
        ))
        .figure(Figure::svg(
            "True and told score, all actors",
            "Each row is the true score, each column the told one: the nearer to the diagonal, the better. There is no \
             score of 0.",
            scores,
        ))
        .write_html(format!("{folder}/report.html"))
}
