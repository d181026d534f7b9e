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

/// The recordings of each digit by each speaker that the set itself keeps out of training, as its page says: of those
/// who are learnt from, they are looked at meanwhile.
const KEPT_OUT: u32 = 5;

/// A small network on the Free Spoken Digit Dataset: 3,000 recordings of six speakers, of whom one is held out for the
/// test. The others are learnt from, but for five of the fifty recordings of each digit, which are looked at meanwhile:
/// how well a known voice is understood says little of an unknown one. `folder` is the set's own, with `recordings` in
/// it. `speaker` is a place in [`SPEAKERS`].
///
/// # Errors
/// When there is no such speaker, a part has no recordings, or a file can't be read.
pub fn spoken_digits(folder: impl AsRef<Path>, speaker: usize, seed: Seed) -> Result<SoundRecipe> {
    let recordings = Recordings::of(&folder.as_ref().join("recordings"))?;
    if speaker >= SPEAKERS.len() {
        return Err(Error::index(format!("there is no speaker {speaker} of {}", SPEAKERS.len()))
            .operation("spoken_digits")
            .hint("they count from 0"));
    }
    // A digit said fast and one said slowly have their sounds at the same places: 48 frames each.
    let input = AudioInput::new(mel(), 0.752).stretch(true);
    let preprocess = SoundPreprocess { input, norm: BandNorm::new().together(true) };
    let set = |is_in: &dyn Fn(&Spoken) -> bool| recordings.set(is_in, &preprocess.input);
    let masks = SpecAugment::new().time_mask_param(8).freq_mask_param(8);
    let train = set(&|of| of.speaker != speaker && of.number >= KEPT_OUT)?
        .transform_waveform(AddGaussianSnr::new().min_snr_db(15.0).p(0.3))?
        // Five speakers are few: higher and lower voices, by pitch and by resonances.
        .transform(BandWarp::new(0.86, 1.16))?;
    Ok(SoundRecipe {
        train: varied(&train, &preprocess.norm, [0.77, 1.3], masks)?,
        valid: set(&|of| of.speaker != speaker && of.number < KEPT_OUT)?
            .transform(preprocess.norm.clone())?,
        test: set(&|of| of.speaker == speaker)?.transform(preprocess.norm.clone())?,
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

/// A file of the set, and what its name says.
struct Spoken {
    path: PathBuf,
    digit: u32,
    /// A place in [`SPEAKERS`].
    speaker: usize,
    number: u32,
}

impl Spoken {
    fn of(path: PathBuf) -> Result<Self> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let parts: Vec<&str> = stem.split('_').collect();
        let &[digit, speaker, number] = &parts[..] else { return Err(no_name(&path)) };
        let digit = digit.parse().ok().filter(|&digit: &u32| digit < 10);
        let speaker = SPEAKERS.iter().position(|name| *name == speaker);
        match (digit, speaker, number.parse().ok()) {
            (Some(digit), Some(speaker), Some(number)) => Ok(Self { path, digit, speaker, number }),
            _ => Err(no_name(&path)),
        }
    }
}

struct Recordings(Vec<Spoken>);

impl Recordings {
    fn of(folder: &Path) -> Result<Self> {
        let recordings = || files(folder, 0)?.into_iter().map(Spoken::of).collect();
        let recordings: Result<Vec<Spoken>> = recordings();
        recordings.map(Self).map_err(|error| error.operation("spoken_digits"))
    }

    fn set(&self, is_in: &dyn Fn(&Spoken) -> bool, input: &AudioInput) -> Result<AudioFolder> {
        let kept: Vec<&Spoken> = self.0.iter().filter(|spoken| is_in(spoken)).collect();
        let labels: Vec<u32> = kept.iter().map(|spoken| spoken.digit).collect();
        let paths = kept.iter().map(|spoken| spoken.path.clone()).collect();
        AudioFolder::from_files(paths, Tensor::from(labels), DIGITS, input)?.load()
    }
}

fn no_name(path: &Path) -> Error {
    Error::data("its name isn't `DIGIT_SPEAKER_NUMBER.wav`")
        .at(path.display())
        .hint(format!("the speakers are {}", SPEAKERS.join(", ")))
}
