//! What the recipes of sound share: recordings in, a classifier of sound out.

use std::path::Path;

use plywood_datasets::{AudioFolder, LogScale, MelScale, MelSpectrogram, MelSpectrogramConfig};
use plywood_layers::{CrossEntropy, Layer, Summary, summary};
use plywood_tensor::{Result, Shape};
use plywood_training::{Evaluation, Mixup, Predictions, Run, Trainer};

use crate::SoundClassifier;

/// Everything that a training run of a classifier of sound needs.
///
/// ```
/// use plywood_datasets::Dataset;
/// use plywood_tensor::Seed;
/// use plywood_zoo::recipes;
///
/// // The first speaker of data/fsdd/recordings/7_jackson_32.wav and the like is held out.
/// if let Ok(recipe) = recipes::spoken_digits("data/fsdd", 0, Seed(7)) {
///     assert_eq!((recipe.train.class_names().len(), recipe.test.len()), (10, 500));
/// }
/// ```
pub struct SoundRecipe {
    /// The network with its first values, and how a recording becomes its input.
    pub classifier: SoundClassifier,
    /// What it learns from.
    pub train: AudioFolder,
    /// What is looked at after each epoch.
    pub valid: AudioFolder,
    /// What is looked at once, at the end.
    pub test: AudioFolder,
    /// How it is trained.
    pub trainer: Trainer<Mixup<CrossEntropy>>,
}

/// What a [`SoundRecipe`] came to.
///
/// ```
/// use plywood_zoo::recipes::SoundOutcome;
///
/// /// What it was right about, of all that it was tested on.
/// fn of_all(outcome: &SoundOutcome) -> String {
///     format!("{} of {} recordings", outcome.result, outcome.result.samples)
/// }
/// # let _ = of_all;
/// ```
pub struct SoundOutcome {
    /// The trained network.
    pub classifier: SoundClassifier,
    /// The training run.
    pub run: Run<Mixup<CrossEntropy>>,
    /// The network on the test set.
    pub result: Evaluation,
    /// What it answers to each recording of the test set.
    pub predictions: Predictions,
    /// The test set.
    pub test: AudioFolder,
}

impl SoundRecipe {
    /// The model's table of operations.
    ///
    /// # Errors
    /// When the model doesn't fit the pictures.
    pub fn summary(&self) -> Result<Summary> {
        let picture = Shape::new(&[&[1], &self.train.shape()[..]].concat())?;
        summary(&self.classifier.model, picture)
    }

    /// Trains, looks at the test set once, and writes everything into a folder: the checkpoint while it trains, then
    /// metrics, figures, and the classifier, as [`SoundClassifier::load`] reads it.
    ///
    /// # Errors
    /// When training fails, or a file can't be written.
    pub fn run(self, folder: impl AsRef<Path>) -> Result<SoundOutcome> {
        let Self { mut classifier, train, valid, test, trainer } = self;
        let folder = folder.as_ref();
        let model: &mut Box<dyn Layer> = &mut classifier.model;
        let run = trainer.checkpoint_in(folder).fit(model, &train, &valid)?;
        let (result, predictions) = run.examine(&classifier.model, &test)?;
        run.write(folder, &classifier.model, &result)?;
        classifier.save(folder)?;
        Ok(SoundOutcome { classifier, run, result, predictions, test })
    }
}

/// Recordings at 8 kHz in 64 bands and steps of 16 ms.
pub(super) fn mel() -> MelSpectrogramConfig {
    MelSpectrogram::config()
        .sample_rate(8000)
        .n_fft(256)
        .hop_length(128)
        .n_mels(64)
        .mel_scale(MelScale::Slaney)
        .log(LogScale::Natural { floor: 1e-5 })
}
