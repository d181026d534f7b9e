//! Predictions for recordings.

use std::path::{Path, PathBuf};

use plywood::datasets::{AudioInput, Recording, RecordingNote};
use plywood::tensor::Result;
use plywood::zoo::{SoundClassifier, SoundRegressor};

use super::answers::{Answer, PROBABILITIES};
use super::{Arguments, files};
use crate::say::{self, Output};
use crate::sound::files::read;

/// A line for each recording: its path, and the probability of each class.
pub(super) fn classes(
    classifier: &SoundClassifier,
    recordings: &[PathBuf],
    arguments: &Arguments,
    out: &mut Output,
) -> Result<()> {
    let asked = |recording: &Recording| {
        classifier.classify(recording).map(|prediction| Answer::most_probable(&prediction))
    };
    let input = &classifier.preprocess().input;
    predict(recordings, arguments, input, classifier.class_names(), asked, out)
}

/// A line for each recording: its path, and its score.
pub(super) fn scores(
    regressor: &SoundRegressor,
    recordings: &[PathBuf],
    arguments: &Arguments,
    out: &mut Output,
) -> Result<()> {
    let asked = |recording: &Recording| regressor.score(recording).map(Answer::Number);
    predict(recordings, arguments, &regressor.preprocess().input, &[], asked, out)
}

fn predict(
    recordings: &[PathBuf],
    arguments: &Arguments,
    input: &AudioInput,
    class_names: &[String],
    asked: impl Fn(&Recording) -> Result<Answer>,
    out: &mut Output,
) -> Result<()> {
    files::check(recordings, "recording", "*.wav")?;
    let rate = input.rate()?;
    let mut resampled = 0_usize;
    let answer = |file: &Path| {
        let recording = read(file)?;
        if recording.rate() != rate {
            resampled += 1;
            // One says it for all.
            if resampled == 1 {
                let note = RecordingNote::Resampled { from: recording.rate(), to: rate };
                say::note(format!("{}: {note}", file.display()));
            }
        }
        asked(&recording).map_err(|error| error.at(file.display()))
    };
    files::predict(recordings, arguments.format, (class_names, PROBABILITIES), out, answer)?;
    match resampled {
        0 | 1 => {}
        2 => say::note(format!("another recording was resampled to {rate} Hz")),
        more => say::note(format!("{} other recordings were resampled to {rate} Hz", more - 1)),
    }
    Ok(())
}
