//! The report of a network of recordings: its answers to see and to hear, and where it looks.

use std::path::Path;
use std::time::Instant;

use plywood::datasets::{AudioFolder, Dataset, Draw, RowTarget};
use plywood::layers::{Layer, profile, summary};
use plywood::look::Lens;
use plywood::tensor::{Result, Tensor};
use plywood::training::{Figure, Predictions, Report};

use super::command_line;
use crate::amount::amount;
use crate::sound::heard::{picture, sound, spectrogram, unit, what_decided};

/// Recordings that are shown as they are heard, and of the worst mistakes.
const TYPICAL: usize = 6;
const WORST: usize = 6;
/// Recordings that are asked what decided.
const ASKED: usize = 6;
/// The part of the training's time that asking them may take, and the seconds that it may always take.
const SHARE: f64 = 0.05;
const LEAST_SECONDS: f64 = 0.3;
/// Recordings that the layers' time is taken on, at most.
const TIMED: usize = 32;

/// What is known of a network and its test recordings.
pub(crate) struct Heard<'a, T: RowTarget> {
    /// The folder or list of the recordings.
    pub(crate) source: &'a Path,
    pub(crate) model: &'a dyn Layer,
    /// As the network is given them.
    pub(crate) test: &'a AudioFolder<T>,
    pub(crate) answers: Vec<Answered>,
    /// How many recordings were in which part.
    pub(crate) parts: [usize; 3],
    pub(crate) train_seconds: f64,
    /// Whether it tells classes.
    pub(crate) has_classes: bool,
}

/// What a network says of a test recording.
pub(crate) struct Answered {
    sample: usize,
    /// The class that it tells, or 0.
    class: usize,
    text: String,
    /// How wrong it is.
    error: f64,
    /// What the recordings are sorted by where a few are shown: the true class or score.
    truth: f64,
    is_wrong: bool,
}

/// What a classifier says of each test recording.
pub(crate) fn of_classes(predictions: &Predictions) -> Result<Vec<Answered>> {
    let names = predictions.class_names();
    let name = |class: usize| names.get(class).map_or("", String::as_str);
    let labels = predictions.target().classes().map_or(&[][..], Tensor::as_slice);
    let probabilities = predictions.outputs().softmax(-1)?;
    let rows = probabilities.as_slice().chunks(names.len().max(1)).zip(labels);
    let answered = rows.enumerate().map(|(place, (row, &label))| {
        let truth = label as usize;
        let first = |best: usize, class: usize| if row[class] > row[best] { class } else { best };
        let class = (0..row.len()).fold(0, first);
        let sure = 100.0 * row[class];
        let text = match class == truth {
            true => format!("{}, rightly ({sure:.0} %)", name(class)),
            false => format!("answered {} ({sure:.0} %), is {}", name(class), name(truth)),
        };
        Answered {
            sample: predictions.samples()[place],
            class,
            text: format!("{text}: {}", predictions.names()[place]),
            error: -f64::from(row.get(truth).copied().unwrap_or(0.0)).ln(),
            truth: truth as f64,
            is_wrong: class != truth,
        }
    });
    Ok(answered.collect())
}

/// What scores a network gives to the test recordings, and the true ones.
pub(crate) fn of_scores(
    predictions: &Predictions,
    predicted: &Tensor,
    actual: &Tensor,
) -> Vec<Answered> {
    let pairs = predicted.as_slice().iter().zip(actual.as_slice()).enumerate();
    let answered = pairs.map(|(place, (&predicted, &actual))| {
        let [told, truth] = [predicted, actual].map(f64::from);
        Answered {
            sample: predictions.samples()[place],
            class: 0,
            text: format!(
                "score {} (true: {}): {}",
                amount(told),
                amount(truth),
                predictions.names()[place]
            ),
            error: (told - truth).abs(),
            truth,
            is_wrong: true,
        }
    });
    answered.collect()
}

/// Adds to a report what is known of a network that learnt from recordings.
pub(crate) fn of_recordings<'a, T: RowTarget + 'static>(
    report: Report<'a>,
    heard: &Heard<'a, T>,
) -> Result<Report<'a>> {
    let Heard { test, model, source, .. } = heard;
    let [train, valid, tested] = heard.parts;
    let [channels, bands, frames] = test.shape();
    let places: Vec<usize> = (0..test.len().min(TIMED)).collect();
    let batch = test.batch(&places, &Draw::evaluation())?;
    let test = *test;
    let mut report = report
        .data(
            source.display().to_string(),
            format!("{train} recordings to learn from, {valid} to validate, {tested} to test"),
        )
        .command(command_line())
        .model(*model)
        .summary(summary(*model, [1, channels, bands, frames])?)
        .profile(profile(*model, &batch.input)?);
    if heard.has_classes {
        report = report.images(|sample| spectrogram(&picture(test, sample)?));
    }
    let how = "Low frequencies are at the bottom, time runs to the right, what is bright is loud.";
    report = report.figure(Figure::sounds("To hear", how, played(test, typical(&heard.answers))?));
    let worst = worst(&heard.answers);
    if !worst.is_empty() {
        report =
            report.figure(Figure::sounds("The worst mistakes, to hear", how, played(test, worst)?));
    }
    Ok(match decided(heard)? {
        Some(figure) => report.figure(figure),
        None => report,
    })
}

/// A few recordings from all classes, or from the lowest to the highest score, that are neither the surest nor the most
/// mistaken of theirs.
fn typical(answers: &[Answered]) -> Vec<&Answered> {
    let mut order: Vec<&Answered> = answers.iter().collect();
    order.sort_by(|a, b| a.truth.total_cmp(&b.truth).then(a.error.total_cmp(&b.error)));
    let shown = order.len().min(TYPICAL);
    (0..shown).map(|number| order[(2 * number + 1) * order.len() / (2 * shown)]).collect()
}

fn worst(answers: &[Answered]) -> Vec<&Answered> {
    let mut wrong: Vec<&Answered> = answers.iter().filter(|own| own.is_wrong).collect();
    wrong.sort_by(|a, b| b.error.total_cmp(&a.error));
    wrong.truncate(WORST);
    wrong
}

fn played<T: RowTarget>(
    test: &AudioFolder<T>,
    answers: Vec<&Answered>,
) -> Result<Vec<plywood::training::Sound>> {
    answers.into_iter().map(|own| sound(test, own.sample, own.text.clone())).collect()
}

/// Grad-CAM of a few recordings: of one, then of others as long as there are seconds.
fn decided<T: RowTarget>(heard: &Heard<'_, T>) -> Result<Option<Figure>> {
    let begun = Instant::now();
    let seconds = (SHARE * heard.train_seconds).max(LEAST_SECONDS);
    let mut images = Vec::new();
    for (number, own) in typical(&heard.answers).into_iter().take(ASKED).enumerate() {
        if number > 0 && begun.elapsed().as_secs_f64() >= seconds {
            break;
        }
        let (unit, normalize) = unit(&picture(heard.test, own.sample)?)?;
        let lens = Lens::new(heard.model).normalize(normalize);
        let Some(image) = what_decided(&lens, &unit, own.class)? else { return Ok(None) };
        images.push((image, own.text.clone()));
    }
    let what = if heard.has_classes { "its answer" } else { "a high score" };
    let caption = format!(
        "Where in the spectrogram the last layer that tells frequencies and times apart finds what speaks for {what} \
         (Grad-CAM): bright is where it looks. Where that is silence or noise, the model may have learnt the room or the microphone instead."
    );
    Ok((!images.is_empty()).then(|| Figure::images("What decided", caption, images)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(sample: usize, truth: f64, error: f64) -> Answered {
        Answered { sample, class: 0, text: String::new(), error, truth, is_wrong: error > 1.0 }
    }

    #[test]
    fn a_few_of_each_class_are_shown_and_the_worst() {
        let all: Vec<Answered> = (0..60)
            .map(|sample| answered(sample, (sample % 3) as f64, f64::from(sample as u8) / 30.0))
            .collect();
        let shown: Vec<f64> = typical(&all).iter().map(|own| own.truth).collect();
        assert_eq!(shown, [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]);
        let samples: Vec<usize> = worst(&all).iter().map(|own| own.sample).collect();
        assert_eq!(samples, [59, 58, 57, 56, 55, 54]);
        assert!(worst(&all[..10]).is_empty() && typical(&[]).is_empty());
        // What is no number comes anywhere, and ends nothing.
        assert_eq!(typical(&[answered(0, f64::NAN, f64::NAN), answered(1, 1.0, 0.0)]).len(), 2);
    }
}
