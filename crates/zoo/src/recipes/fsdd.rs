//! Spoken digits: by a speaker that training never heard.

use std::path::{Path, PathBuf};

use plywood_datasets::transforms::{BandNorm, BandWarp, SpecAugment};
use plywood_datasets::{AddGaussianSnr, AudioFolder, AudioInput};
use plywood_layers::CrossEntropy;
use plywood_optimizers::{AdamW, OneCycle};
use plywood_tensor::{Error, Result, Seed, Tensor};
use plywood_training::{Accuracy, Mixup, Trainer};

use super::files;
use super::sound::{SoundRecipe, mel, varied};
use crate::sound::{SoundClassifier, SoundPreprocess};

/// The speakers of the set, in alphabetical order.
pub const SPEAKERS: [&str; 6] = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"];

const DIGITS: [&str; 10] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// A small network on the Free Spoken Digit Dataset: 3,000 recordings of six speakers, of whom one is held out for the
/// test and another, the next, is looked at meanwhile. `folder` is the set's own, with `recordings` in it. `speaker` is
/// a place in [`SPEAKERS`].
///
/// # Errors
/// When there is no such speaker, one of the six has no recordings, or a file can't be read.
pub fn spoken_digits(folder: impl AsRef<Path>, speaker: usize, seed: Seed) -> Result<SoundRecipe> {
    let recordings = Recordings::of(&folder.as_ref().join("recordings"))?;
    if speaker >= SPEAKERS.len() {
        return Err(Error::index(format!("there is no speaker {speaker} of {}", SPEAKERS.len()))
            .operation("spoken_digits")
            .hint("they count from 0"));
    }
    let validated = (speaker + 1) % SPEAKERS.len();
    // A digit said fast and one said slowly have their sounds at the same places: 48 frames each.
    let input = AudioInput::new(mel(), 0.752).stretch(true);
    let preprocess = SoundPreprocess { input, norm: BandNorm::new().together(true) };
    let set = |is_in: &dyn Fn(usize) -> bool| recordings.set(is_in, &preprocess.input);
    let masks = SpecAugment::new().time_mask_param(8).freq_mask_param(8);
    let train = set(&|of| of != speaker && of != validated)?
        .transform_waveform(AddGaussianSnr::new().min_snr_db(15.0).p(0.3))?
        // Four speakers are few: higher and lower voices, by pitch and by resonances.
        .transform(BandWarp::new(0.86, 1.16))?;
    Ok(SoundRecipe {
        train: varied(&train, &preprocess.norm, [0.77, 1.3], masks)?,
        valid: set(&|of| of == validated)?.transform(preprocess.norm.clone())?,
        test: set(&|of| of == speaker)?.transform(preprocess.norm.clone())?,
        classifier: SoundClassifier::new(preprocess, 12, DIGITS, seed)?,
        trainer: Trainer::new(AdamW::scheduled().weight_decay(0.05))
            .schedule(OneCycle::new(3e-3))
            .objective(Mixup::new(0.1, CrossEntropy::new().label_smoothing(0.1)))
            .metric(Accuracy::top(1))
            .epochs(25)
            .batch_size(32)
            .seed(seed),
    })
}

/// The files of the set, each with its digit and its speaker.
struct Recordings(Vec<(PathBuf, u32, usize)>);

impl Recordings {
    fn of(folder: &Path) -> Result<Self> {
        let recordings = || {
            let mut all = Vec::new();
            for path in files(folder, 0)? {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let parts: Vec<&str> = stem.split('_').collect();
                let [digit, speaker, _] = parts[..] else { return Err(no_name(&path)) };
                let digit = digit.parse().ok().filter(|&digit: &u32| digit < 10);
                let speaker = SPEAKERS.iter().position(|name| *name == speaker);
                let (Some(digit), Some(speaker)) = (digit, speaker) else {
                    return Err(no_name(&path));
                };
                all.push((path, digit, speaker));
            }
            Ok(all)
        };
        recordings().map(Self).map_err(|error: Error| error.operation("spoken_digits"))
    }

    fn set(&self, is_in: &dyn Fn(usize) -> bool, input: &AudioInput) -> Result<AudioFolder> {
        let kept: Vec<_> = self.0.iter().filter(|(.., speaker)| is_in(*speaker)).collect();
        let labels: Vec<u32> = kept.iter().map(|(_, digit, _)| *digit).collect();
        let paths = kept.iter().map(|(path, ..)| path.clone()).collect();
        AudioFolder::from_files(paths, Tensor::from(labels), DIGITS, input)?.load()
    }
}

fn no_name(path: &Path) -> Error {
    Error::data("its name isn't `DIGIT_SPEAKER_NUMBER.wav`")
        .at(path.display())
        .hint(format!("the speakers are {}", SPEAKERS.join(", ")))
}
