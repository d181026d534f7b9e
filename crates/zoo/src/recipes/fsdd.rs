//! Spoken digits: by a speaker that training never heard.

use std::path::{Path, PathBuf};

use plywood_datasets::transforms::{BandNorm, BandWarp, RandomTimeCrop, SpecAugment};
use plywood_datasets::{AddGaussianSnr, AudioFolder, AudioInput, Decibels, LogScale};
use plywood_layers::CrossEntropy;
use plywood_optimizers::{AdamW, OneCycle};
use plywood_tensor::{Error, Result, Seed, Tensor};
use plywood_training::{Accuracy, Mixup, Trainer};

use super::files;
use super::sound::{SoundRecipe, mel};
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
    // A digit said fast and one said slowly have their sounds at the same places: 48 frames each, without the silence
    // at both ends, of which each speaker has left another length. What is 50 dB below the loudest counts as silent:
    // rooms and microphones differ there.
    let mel = mel().hop_length(64).log(LogScale::Decibels(Decibels::new().top_db(Some(50.0))));
    let input = AudioInput::new(mel, 0.376).stretch(true).trim_db(26.0);
    let preprocess = SoundPreprocess { input, norm: BandNorm::new().together(true) };
    let set = |is_in: &dyn Fn(&Spoken) -> bool| recordings.set(is_in, &preprocess.input);
    let masks = SpecAugment::new().n_time_masks(1).n_freq_masks(1);
    let train = set(&|of| of.speaker != speaker && of.number >= KEPT_OUT)?
        // Where another's microphone hisses, as loud as the voice at times.
        .transform_waveform(AddGaussianSnr::new().min_snr_db(-5.0).max_snr_db(20.0).p(0.3))?
        // Five speakers are few: shorter and longer throats, and each sound a little sooner or later.
        .transform(BandWarp::new(0.85, 1.17))?
        .transform(RandomTimeCrop::new(0.2, 0.1))?
        .transform(preprocess.norm.clone())?
        .transform(masks.time_mask_param(9).freq_mask_param(9))?;
    Ok(SoundRecipe {
        train,
        valid: set(&|of| of.speaker != speaker && of.number < KEPT_OUT)?
            .transform(preprocess.norm.clone())?,
        test: set(&|of| of.speaker == speaker)?.transform(preprocess.norm.clone())?,
        classifier: SoundClassifier::new(preprocess, 16, DIGITS, seed)?,
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
