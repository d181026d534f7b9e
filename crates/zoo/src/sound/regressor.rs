//! A network that gives each recording a score.

use std::path::Path;

use plywood_datasets::Recording;
use plywood_layers::{Layer, load};
use plywood_tensor::{Error, Result, Seed, Tensor};

use super::{DESCRIPTION, Description, MODEL, Score, SoundPreprocess, network};
use crate::described::WEIGHTS;

/// A network that gives recordings a number: a [`MelNet`](crate::MelNet) of one output, which has learnt the number less
/// its mean, over its standard deviation; how a recording becomes its input, and what the number is called.
///
/// ```
/// use plywood_datasets::transforms::BandNorm;
/// use plywood_datasets::{AudioInput, MelSpectrogram, Recording};
/// use plywood_tensor::{Seed, Tensor};
/// use plywood_zoo::{SoundPreprocess, SoundRegressor};
///
/// let mel = MelSpectrogram::config().n_mels(32);
/// let preprocess = SoundPreprocess { input: AudioInput::new(mel, 0.5), norm: BandNorm::new() };
/// let scores = Tensor::from([[1.0], [4.0], [10.0]]); // of the recordings to learn from
/// // Nothing learnt yet: any score may come out.
/// let regressor = SoundRegressor::new(preprocess, 4, "liveliness", &scores, Seed(7))?;
/// let second = Recording::new(Tensor::full([16_000], 0.5), 16_000)?;
/// assert!(regressor.score(&second)?.is_finite());
/// let learnt = regressor.standardized(&scores); // N, 1
/// assert!(learnt.as_slice().iter().sum::<f32>().abs() < 1e-6);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct SoundRegressor {
    /// The network, from `[N, 1, n_mels, frames]` to standardised scores `[N, 1]`.
    pub model: Box<dyn Layer>,
    width: usize,
    preprocess: SoundPreprocess,
    score: Score,
}

impl SoundRegressor {
    /// A [`MelNet`](crate::MelNet) of so many channels in its first convolution, with its first values, for scores of
    /// this name. `learnt` has those of the recordings that it will learn from, of any shape.
    ///
    /// # Errors
    /// When there are no scores, or they are not finite; when the input's settings are out of range, or the network is
    /// larger than memory.
    pub fn new(
        preprocess: SoundPreprocess,
        width: usize,
        name: impl Into<String>,
        learnt: &Tensor,
        seed: Seed,
    ) -> Result<Self> {
        let count = learnt.numel() as f64;
        let sum = |of: &dyn Fn(f64) -> f64| {
            learnt.as_slice().iter().fold(0.0, |sum, &x| sum + of(f64::from(x)))
        };
        let mean = sum(&|x| x) / count;
        let variance = sum(&|x| (x - mean) * (x - mean)) / count;
        if !variance.is_finite() {
            let scores = learnt.numel();
            return Err(Error::data(format!("{scores} scores have no mean and deviation"))
                .operation(MODEL)
                .hint("there should be one or more, all of them finite"));
        }
        // Scores that are all alike stay as far from their mean as they are.
        let std = if variance > 0.0 { variance.sqrt() as f32 } else { 1.0 };
        Self::of(preprocess, width, Score { name: name.into(), mean: mean as f32, std }, seed)
    }

    fn of(preprocess: SoundPreprocess, width: usize, score: Score, seed: Seed) -> Result<Self> {
        let model = network(&preprocess, width, 1, seed)?;
        Ok(Self { model, width, preprocess, score })
    }

    /// What the score is called.
    pub fn name(&self) -> &str {
        &self.score.name
    }

    /// How a recording becomes its input.
    pub fn preprocess(&self) -> &SoundPreprocess {
        &self.preprocess
    }

    /// The score of a recording of any rate and length: of one that is longer than the network's input the mean over
    /// [pieces](plywood_datasets::AudioInput::pieces) that cover it.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn score(&self, recording: &Recording) -> Result<f32> {
        let answers = self.preprocess.answers(&*self.model, recording)?;
        let count = answers.numel() as f64;
        let mean = answers.as_slice().iter().fold(0.0, |sum, &x| sum + f64::from(x)) / count;
        Ok(self.score.mean + self.score.std * mean as f32)
    }

    /// What the network learns in place of these scores.
    pub fn standardized(&self, scores: &Tensor) -> Tensor {
        scores.map(|x| (x - self.score.mean) / self.score.std)
    }

    /// The scores that these outputs of the network stand for.
    pub fn scores(&self, outputs: &Tensor) -> Tensor {
        outputs.map(|x| self.score.mean + self.score.std * x)
    }

    /// Writes `sound.json` and `model.safetensors` into a folder, whole or not at all.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let description = Description {
            model: MODEL.to_owned(),
            width: self.width,
            preprocess: self.preprocess.clone(),
            classes: Vec::new(),
            score: Some(self.score.clone()),
        };
        description.write(&*self.model, folder.as_ref())
    }

    /// Reads what [`save`](Self::save) has written.
    ///
    /// # Errors
    /// When a file is missing or damaged, the two don't fit together, or the network tells classes.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let path = folder.join(DESCRIPTION);
        let Description { width, preprocess, score, .. } = Description::read(folder)?;
        let score = score.filter(|own| own.mean.is_finite() && own.std.is_finite());
        let score = score.ok_or_else(|| {
            Error::data("this describes no network that gives scores").at(path.display())
        })?;
        let mut regressor = Self::of(preprocess, width, score, Seed(0))
            .map_err(|error| error.at(path.display()))?;
        load(&mut regressor.model, folder.join(WEIGHTS))?;
        Ok(regressor)
    }
}

#[cfg(test)]
mod tests {
    use plywood_datasets::transforms::BandNorm;
    use plywood_datasets::{AudioInput, MelSpectrogram};

    use super::*;
    use crate::{SavedModel, SoundClassifier};

    fn preprocess() -> SoundPreprocess {
        let mel = MelSpectrogram::config().sample_rate(8000).n_fft(256).n_mels(20);
        SoundPreprocess { input: AudioInput::new(mel, 0.25), norm: BandNorm::new() }
    }

    #[test]
    fn what_is_saved_gives_the_same_score() {
        let folder = tempfile::tempdir().unwrap();
        let scores = Tensor::from([2.0_f32, 4.0, 6.0]);
        let made = SoundRegressor::new(preprocess(), 2, "quality", &scores, Seed(3)).unwrap();
        assert_eq!(made.scores(&made.standardized(&scores)), scores);
        made.save(folder.path()).unwrap();
        let SavedModel::SoundScore(read) = SavedModel::load(folder.path()).unwrap() else {
            panic!("it gives a score");
        };
        assert_eq!((read.name(), read.preprocess()), ("quality", &preprocess()));
        let ramp = Tensor::from_fn([9000], |at| (at[0] % 13) as f32 / 13.0);
        let recording = Recording::new(ramp, 11_025).unwrap();
        assert_eq!(made.score(&recording).unwrap(), read.score(&recording).unwrap());

        SoundClassifier::new(preprocess(), 2, ["a"], Seed(3)).unwrap().save(folder.path()).unwrap();
        assert!(matches!(SavedModel::load(folder.path()), Ok(SavedModel::Sound(_))));
        let refused = SoundRegressor::load(folder.path()).map(drop).unwrap_err().to_string();
        assert!(refused.ends_with("this describes no network that gives scores"), "{refused}");
    }

    #[test]
    fn scores_have_a_mean() {
        let refused = |scores: Tensor| {
            let made = SoundRegressor::new(preprocess(), 2, "quality", &scores, Seed(3));
            made.map(drop).unwrap_err().to_string()
        };
        let text = "melnet: 0 scores have no mean and deviation; there should be one or more, all of them finite";
        assert_eq!(refused(Tensor::zeros([0])), text);
        assert!(refused(Tensor::from([1.0_f32, f32::NAN])).starts_with("melnet: 2 scores"));
        let alike = Tensor::from([3.0_f32, 3.0]);
        let made = SoundRegressor::new(preprocess(), 2, "quality", &alike, Seed(3)).unwrap();
        assert_eq!(made.standardized(&alike), Tensor::zeros([2]));
    }
}
