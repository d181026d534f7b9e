//! A network with everything that it takes to ask it about a recording.

use std::path::Path;

use plywood_autodiff::{Pass, Var};
use plywood_datasets::transforms::BandNorm;
use plywood_datasets::{AudioInput, Context, Recording, Transform};
use plywood_layers::{Layer, Module, load, replace_file, save};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};
use serde::{Deserialize, Serialize};

use crate::classifier::Prediction;
use crate::melnet;

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
    classes: Vec<String>,
}

pub(crate) const DESCRIPTION: &str = "sound.json";
const WEIGHTS: &str = "model.safetensors";
const MODEL: &str = "melnet";

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
        let shape = preprocess.input.shape()?;
        preprocess.norm.shape(shape)?;
        let config = melnet(shape, class_names.len()).width(width);
        let model = Box::new(config.init(&mut Rng::new(seed))?);
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

    /// The probability of each class, for a recording of any rate and length.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn classify(&self, recording: &Recording) -> Result<Prediction> {
        let input = Var::constant(self.preprocess.input(recording)?);
        let logits = self.model.forward(&input, &mut Pass::eval(&self.model))?;
        Ok(Prediction::new(self.class_names.clone(), logits.value()?.as_slice()))
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
        };
        let json = serde_json::to_vec_pretty(&description)
            .map_err(|error| Error::data(format!("the classifier can't be written: {error}")))?;
        save(&self.model, folder.as_ref().join(WEIGHTS))?;
        replace_file(folder.as_ref().join(DESCRIPTION), &json)
    }

    /// Reads what [`save`](Self::save) has written.
    ///
    /// # Errors
    /// When a file is missing or damaged, or the two don't fit together.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let path = folder.as_ref().join(DESCRIPTION);
        let json = std::fs::read(&path).map_err(|error| {
            Error::io("read", &path, error)
                .hint("a folder that a recipe of sound has filled has one")
        })?;
        let description: Description = serde_json::from_slice(&json).map_err(|error| {
            Error::data(format!("this describes no classifier of sound: {error}"))
                .at(path.display())
        })?;
        let Description { model, width, preprocess, classes } = description;
        if model != MODEL {
            return Err(Error::data(format!("`{model}` is no network of sound"))
                .at(path.display())
                .hint("`melnet` is"));
        }
        let mut classifier = Self::new(preprocess, width, classes, Seed(0))
            .map_err(|error| error.at(path.display()))?;
        load(&mut classifier.model, folder.as_ref().join(WEIGHTS))?;
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
