//! Emotions in voices: by actors that training never heard, and a score from 1 to 10.

use std::path::{Path, PathBuf};

use plywood_datasets::transforms::{BandNorm, SpecAugment};
use plywood_datasets::{AudioFolder, AudioInput, SpeedPerturbation};
use plywood_layers::CrossEntropy;
use plywood_optimizers::{AdamW, OneCycle};
use plywood_tensor::{Error, Result, Seed, Tensor};
use plywood_training::{Accuracy, Mixup, Trainer};

use super::files;
use super::sound::{SoundRecipe, mel};
use crate::sound::{SoundClassifier, SoundPreprocess};

/// The emotions of RAVDESS, in the order of its numbers.
pub const EMOTIONS: [&str; 8] =
    ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgusted", "surprised"];

/// What the network tells apart, emotions in two strengths, and the score of each.
pub const VOICES: [(&str, f64); 15] = [
    ("neutral", 5.0),
    ("calm", 7.0),
    ("calm, strongly", 8.0),
    ("happy", 9.0),
    ("happy, strongly", 10.0),
    ("sad", 4.0),
    ("sad, strongly", 3.0),
    ("angry", 2.0),
    ("angry, strongly", 1.0),
    ("fearful", 3.0),
    ("fearful, strongly", 2.0),
    ("disgusted", 3.0),
    ("disgusted, strongly", 2.0),
    ("surprised", 6.0),
    ("surprised, strongly", 7.0),
];

/// The number of folds: four actors are tested in each.
pub const VOICE_FOLDS: usize = 6;

const ACTORS: usize = 24;

/// What a network hears in a voice.
///
/// ```
/// use plywood_zoo::recipes::{EMOTIONS, Voice};
///
/// let mut logits = [-30.0; 15];
/// logits[3] = 0.0; // happy
/// logits[4] = 0.0; // happy, strongly
/// logits[8] = 0.5; // angry, strongly
/// let voice = Voice::of(&logits);
/// assert_eq!(EMOTIONS[voice.emotion()], "happy"); // of the two together
/// assert_eq!(voice.score(), 9.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    probabilities: [f64; 15],
}

impl Voice {
    /// From the logits of [`VOICES`]. What is missing counts as impossible.
    pub fn of(logits: &[f32]) -> Self {
        let mut probabilities = [0.0; 15];
        let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for (probability, &logit) in probabilities.iter_mut().zip(logits) {
            *probability = f64::from(logit - top).exp();
        }
        let sum: f64 = probabilities.iter().sum();
        Self { probabilities: probabilities.map(|probability| probability / sum) }
    }

    /// The probability of each of the [`EMOTIONS`], the sum of its strengths.
    pub fn emotions(&self) -> [f64; 8] {
        let mut emotions = [0.0; 8];
        for (class, probability) in self.probabilities.iter().enumerate() {
            emotions[emotion_of(class)] += probability;
        }
        emotions
    }

    /// The most probable of the [`EMOTIONS`].
    pub fn emotion(&self) -> usize {
        let emotions = self.emotions();
        (0..8).max_by(|&a, &b| emotions[a].total_cmp(&emotions[b])).unwrap_or(0)
    }

    /// The score from 1 to 10: the median of those of [`VOICES`] under the probabilities, which is the number whose
    /// distance from the true one is expected to be least.
    pub fn score(&self) -> f64 {
        let mut order: Vec<usize> = (0..VOICES.len()).collect();
        order.sort_by(|&a, &b| VOICES[a].1.total_cmp(&VOICES[b].1));
        let mut below = 0.0;
        for class in order {
            below += self.probabilities[class];
            if below >= 0.5 {
                return VOICES[class].1;
            }
        }
        f64::NAN
    }

    /// The mean of the scores of [`VOICES`] under the probabilities.
    pub fn mean_score(&self) -> f64 {
        self.probabilities.iter().zip(VOICES).map(|(p, (_, score))| p * score).sum()
    }
}

/// The emotion, a place in [`EMOTIONS`], of one of [`VOICES`].
pub fn emotion_of(class: usize) -> usize {
    class.div_ceil(2)
}

/// A small network on the speech of RAVDESS, 1,440 recordings of 24 actors, that tells the 15 [`VOICES`] apart. Of the
/// actors four are held out for the test, 1 to 4 in fold 0, and the next two, a man and a woman, are looked at
/// meanwhile. `folder` is the set's own, with the recordings in `Actor_01` and so on, or in it.
///
/// # Errors
/// When there is no such fold, a part of the actors has no recordings, or a file can't be read.
pub fn voice(folder: impl AsRef<Path>, fold: usize, seed: Seed) -> Result<SoundRecipe> {
    let recordings = Recordings::of(folder.as_ref())?;
    if fold >= VOICE_FOLDS {
        return Err(Error::index(format!("there is no fold {fold} of {VOICE_FOLDS}"))
            .operation("voice")
            .hint("they count from 0"));
    }
    let tested = |actor: usize| actor / 4 == fold;
    let validated = |actor: usize| actor / 2 == (2 * fold + 2) % (ACTORS / 2);
    // All of the loudness at once: how loud the speaker is goes, how loud a band is beside another stays.
    let norm = BandNorm::new().together(true);
    let pictures = |seconds: f64| AudioInput::new(mel(), seconds).repeat(true);
    let preprocess = SoundPreprocess { input: pictures(3.072), norm };
    let masks = SpecAugment::new().time_mask_param(16).freq_mask_param(8);
    let train = recordings
        .set(&|of| !tested(of) && !validated(of), &pictures(2.048))?
        .transform_waveform(SpeedPerturbation::new(1.0 / 1.2, 1.2))?
        .transform(preprocess.norm.clone())?
        .transform(masks)?;
    let set = |is_in: &dyn Fn(usize) -> bool| recordings.set(is_in, &preprocess.input);
    Ok(SoundRecipe {
        train,
        valid: set(&validated)?.transform(preprocess.norm.clone())?,
        test: set(&tested)?.transform(preprocess.norm.clone())?,
        classifier: SoundClassifier::new(preprocess, 12, VOICES.map(|(name, _)| name), seed)?,
        trainer: Trainer::new(AdamW::scheduled().weight_decay(0.05))
            .schedule(OneCycle::new(3e-3))
            .objective(Mixup::new(0.2, CrossEntropy::new().label_smoothing(0.1)))
            .metric(Accuracy::top(1))
            .epochs(40)
            .batch_size(32)
            .seed(seed),
    })
}

/// The files of the set, each with its class and its actor, counted from 0.
struct Recordings(Vec<(PathBuf, u32, usize)>);

impl Recordings {
    fn of(folder: &Path) -> Result<Self> {
        let recordings = || {
            let mut all = Vec::new();
            for path in files(folder, 1)? {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let numbers: Option<Vec<u32>> =
                    stem.split('-').map(|part| part.parse().ok()).collect();
                let (class, actor) = numbers.as_deref().and_then(class_and_actor).ok_or_else(|| {
                    Error::data("its name isn't that of a recording of speech")
                        .at(path.display())
                        .hint("as in `03-01-05-02-01-01-12.wav`: emotion 1 to 8, intensity 1 or 2, actor 1 to 24")
                })?;
                all.push((path, class, actor));
            }
            Ok(all)
        };
        recordings().map(Self).map_err(|error: Error| error.operation("voice"))
    }

    fn set(&self, is_in: &dyn Fn(usize) -> bool, input: &AudioInput) -> Result<AudioFolder> {
        let kept: Vec<_> = self.0.iter().filter(|(.., actor)| is_in(*actor)).collect();
        let labels: Vec<u32> = kept.iter().map(|(_, class, _)| *class).collect();
        let paths = kept.iter().map(|(path, ..)| path.clone()).collect();
        let names = VOICES.map(|(name, _)| name);
        AudioFolder::from_files(paths, Tensor::from(labels), names, input)?.load()
    }
}

/// The class and the actor of the seven numbers of a name.
fn class_and_actor(numbers: &[u32]) -> Option<(u32, usize)> {
    let &[_, _, emotion, intensity, _, _, actor] = numbers else { return None };
    let class = match (emotion, intensity) {
        (1, 1) => 0,
        (2..=8, 1..=2) => 2 * (emotion - 2) + intensity,
        _ => return None,
    };
    (1..=ACTORS as u32).contains(&actor).then(|| (class, actor as usize - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_class_and_actor() {
        let of = |name: &str| {
            class_and_actor(&name.split('-').map(|x| x.parse().unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(of("03-01-01-01-01-02-24"), Some((0, 23)));
        for (name, class) in [("03-01-02-02-01-01-01", 2), ("03-01-08-02-01-01-01", 14)] {
            assert_eq!(of(name), Some((class, 0)));
        }
        for name in ["03-01-01-02-01-01-01", "03-01-09-01-01-01-01", "03-01-03-01-01-01-25", "1"] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn each_class_is_of_its_emotion() {
        for (class, (name, _)) in VOICES.iter().enumerate() {
            assert!(name.starts_with(EMOTIONS[emotion_of(class)]), "{name}");
        }
    }
}
