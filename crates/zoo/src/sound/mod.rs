//! A network with everything that it takes to ask it about a recording.

mod regressor;

use std::path::Path;

use plywood_autodiff::{Pass, Var};
use plywood_datasets::transforms::BandNorm;
use plywood_datasets::{AudioInput, Context, Recording, Transform};
use plywood_layers::{Layer, load};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};
use serde::{Deserialize, Serialize};

use crate::classifier::Prediction;
use crate::described::{self, WEIGHTS};
use crate::melnet;

pub use regressor::SoundRegressor;

/// How a recording becomes a network's input: which part of it as which spectrogram, and how that is normalised.
///
/// ```
/// use plywood_datasets::transforms::BandNorm;
/// use plywood_datasets::{AudioInput, MelSpectrogram, Recording};
/// use plywood_tensor::Tensor;
/// use plywood_zoo::SoundPreprocess;
///
/// let mel = MelSpectrogram::config().n_mels(32);
/// let preprocess = SoundPreprocess { input: AudioInput::new(mel, 0.5), norm: BandNorm::new() };
/// let second = Recording::new(Tensor::full([16_000], 0.5), 16_000)?;
/// assert_eq!(preprocess.input(&second)?.shape(), [1, 1, 32, 41].into()); // N, C, bands, frames
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SoundPreprocess {
    /// The spectrogram of a part of the recording.
    pub input: AudioInput,
    /// What is done to it after that.
    pub norm: BandNorm,
}

impl SoundPreprocess {
    /// The input `[1, 1, n_mels, frames]` for a recording of any rate and length.
    ///
    /// # Errors
    /// When a setting is out of range, the part is too short for the spectrogram, or there is not enough memory.
    pub fn input(&self, recording: &Recording) -> Result<Tensor> {
        let picture = self.input.apply(recording)?;
        self.norm.apply(picture, &mut Context::evaluation())?.unsqueeze(0)
    }

    /// What a network answers to each of the pieces of a recording, `[P, outputs]`.
    fn answers(&self, model: &dyn Layer, recording: &Recording) -> Result<Tensor> {
        let mut outputs = Vec::new();
        for pieces in self.input.pieces(recording)?.chunks(AT_ONCE) {
            let normal = |piece: &Tensor| {
                self.norm.apply(piece.clone(), &mut Context::evaluation())?.unsqueeze(0)
            };
            let pieces = pieces.iter().map(normal).collect::<Result<Vec<_>>>()?;
            let input = Tensor::concat(&pieces.iter().collect::<Vec<_>>(), 0)?;
            let answer = model.forward(&Var::constant(input), &mut Pass::eval(model))?;
            outputs.push(answer.value()?.clone());
        }
        Tensor::concat(&outputs.iter().collect::<Vec<_>>(), 0)
    }
}

/// A classifier of recordings: a [`MelNet`](crate::MelNet), how a recording becomes its input, and what its classes are
/// called.
///
/// ```
/// use plywood_datasets::transforms::BandNorm;
/// use plywood_datasets::{AudioInput, MelSpectrogram, Recording};
/// use plywood_tensor::{Seed, Tensor};
/// use plywood_zoo::{SoundClassifier, SoundPreprocess};
///
/// let mel = MelSpectrogram::config().n_mels(32);
/// let preprocess = SoundPreprocess { input: AudioInput::new(mel, 0.5), norm: BandNorm::new() };
/// // Nothing learnt yet: any class may come out.
/// let classifier = SoundClassifier::new(preprocess, 4, ["yes", "no"], Seed(7))?;
/// let second = Recording::new(Tensor::full([16_000], 0.5), 16_000)?;
/// let prediction = classifier.classify(&second)?;
/// assert!((prediction.probabilities().iter().sum::<f64>() - 1.0).abs() < 1e-5);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct SoundClassifier {
    /// The network, from `[N, 1, n_mels, frames]` to logits `[N, classes]`.
    pub model: Box<dyn Layer>,
    width: usize,
    preprocess: SoundPreprocess,
    class_names: Vec<String>,
}

/// What `sound.json` holds.
#[derive(Serialize, Deserialize)]
struct Description {
    model: String,
    width: usize,
    preprocess: SoundPreprocess,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score: Option<Score>,
}

/// The number that a network gives instead of classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Score {
    name: String,
    mean: f32,
    std: f32,
}

impl Description {
    /// Writes it and the weights into a folder.
    fn write(&self, model: &dyn Layer, folder: &Path) -> Result<()> {
        described::write(folder, DESCRIPTION, self, "classifier", model)
    }

    fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(DESCRIPTION);
        let hint = "a folder that a training run of sound has filled has one";
        let description: Self = described::read(&path, "network of sound", hint)?;
        let model = &description.model;
        match model == MODEL {
            true => Ok(description),
            false => Err(Error::data(format!("`{model}` is no network of sound"))
                .at(path.display())
                .hint("`melnet` is")),
        }
    }
}

/// Whether the network of sound in a folder gives a score, and tells no classes.
pub(crate) fn gives_score(folder: &Path) -> Result<bool> {
    Ok(Description::read(folder)?.score.is_some())
}

/// A network of so many channels in its first convolution, with its first values.
fn network(
    preprocess: &SoundPreprocess,
    width: usize,
    outputs: usize,
    seed: Seed,
) -> Result<Box<dyn Layer>> {
    let shape = preprocess.input.shape()?;
    preprocess.norm.shape(shape)?;
    let config = melnet(shape, outputs).width(width);
    Ok(Box::new(config.init(&mut Rng::new(seed))?))
}

pub(crate) const DESCRIPTION: &str = "sound.json";
const MODEL: &str = "melnet";

/// Pieces of a recording that go through a network together.
const AT_ONCE: usize = 16;

impl SoundClassifier {
    /// A [`MelNet`](crate::MelNet) of so many channels in its first convolution, with its first values.
    ///
    /// # Errors
    /// When there are no classes, the input's settings are out of range, or the network is larger than memory.
    pub fn new<Name: Into<String>>(
        preprocess: SoundPreprocess,
        width: usize,
        class_names: impl IntoIterator<Item = Name>,
        seed: Seed,
    ) -> Result<Self> {
        let class_names: Vec<String> = class_names.into_iter().map(Into::into).collect();
        if class_names.is_empty() {
            return Err(Error::value("a classifier needs at least one class").operation(MODEL));
        }
        let model = network(&preprocess, width, class_names.len(), seed)?;
        Ok(Self { model, width, preprocess, class_names })
    }

    /// What its classes are called, in the order of the logits.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// How a recording becomes its input.
    pub fn preprocess(&self) -> &SoundPreprocess {
        &self.preprocess
    }

    /// The probability of each class, for a recording of any rate and length: of one that is longer than the network's
    /// input the mean over [pieces](AudioInput::pieces) that cover it.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn classify(&self, recording: &Recording) -> Result<Prediction> {
        let logits = self.preprocess.answers(&*self.model, recording)?;
        let classes = self.class_names.len();
        Ok(Prediction::mean(self.class_names.clone(), logits.as_slice().chunks(classes)))
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
            classes: self.class_names.clone(),
            score: None,
        };
        description.write(&*self.model, folder.as_ref())
    }

    /// Reads what [`save`](Self::save) has written.
    ///
    /// # Errors
    /// When a file is missing or damaged, or the two don't fit together.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let Description { width, preprocess, classes, .. } = Description::read(folder)?;
        let mut classifier = Self::new(preprocess, width, classes, Seed(0))
            .map_err(|error| error.at(folder.join(DESCRIPTION).display()))?;
        load(&mut classifier.model, folder.join(WEIGHTS))?;
        Ok(classifier)
    }
}

#[cfg(test)]
mod tests {
    use plywood_datasets::{LogScale, MelScale, MelSpectrogram};

    use super::*;

    fn preprocess() -> SoundPreprocess {
        let mel = MelSpectrogram::config().sample_rate(8000).n_fft(256).n_mels(20);
        let mel = mel.mel_scale(MelScale::Slaney).log(LogScale::Natural { floor: 1e-5 });
        let norm = BandNorm::new().together(true);
        SoundPreprocess { input: AudioInput::new(mel, 0.25).repeat(true), norm }
    }

    #[test]
    fn what_is_saved_answers_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let made = SoundClassifier::new(preprocess(), 2, ["a", "b", "c"], Seed(3)).unwrap();
        made.save(folder.path()).unwrap();
        let read = SoundClassifier::load(folder.path()).unwrap();
        assert_eq!((read.preprocess(), read.class_names()), (&preprocess(), made.class_names()));
        let ramp = Tensor::from_fn([700], |at| (at[0] % 13) as f32 / 13.0);
        let recording = Recording::new(ramp, 11_025).unwrap();
        let [a, b] = [&made, &read].map(|one| one.classify(&recording).unwrap());
        assert_eq!(a.probabilities(), b.probabilities());
    }

    #[test]
    fn a_long_recording_has_the_mean_of_its_pieces() {
        let classifier = SoundClassifier::new(preprocess(), 2, ["a", "b"], Seed(3)).unwrap();
        // Forty pieces are more than go through the network at once.
        let samples = Tensor::from_fn([80_000], |at| ((at[0] * at[0]) % 97) as f32 / 97.0 - 0.5);
        let long = classifier.classify(&Recording::new(samples.clone(), 8000).unwrap()).unwrap();
        let mut mean = [0.0; 2];
        for piece in samples.as_slice().chunks(2000) {
            let piece = Recording::new(Tensor::from(piece.to_vec()), 8000).unwrap();
            let own = classifier.classify(&piece).unwrap();
            mean.iter_mut().zip(own.probabilities()).for_each(|(sum, p)| *sum += p / 40.0);
        }
        for (a, b) in long.probabilities().iter().zip(mean) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
    }

    #[test]
    fn what_a_file_may_not_say() {
        let folder = tempfile::tempdir().unwrap();
        SoundClassifier::new(preprocess(), 2, ["a"], Seed(3)).unwrap().save(folder.path()).unwrap();
        let path = folder.path().join(DESCRIPTION);
        let json = std::fs::read_to_string(&path).unwrap();
        let refused = |from: &str, to: &str| {
            std::fs::write(&path, json.replace(from, to)).unwrap();
            SoundClassifier::load(folder.path()).map(|_| ()).unwrap_err().to_string()
        };
        let text = refused("\"melnet\"", "\"lenet\"");
        assert!(text.ends_with("`lenet` is no network of sound; `melnet` is"), "{text}");
        assert!(refused("0.25", "-1.0").contains("length in seconds is -1"));
        assert!(refused("\"n_fft\": 256", "\"n_fft\": 0").contains("the n_fft is 0"));
    }
}
