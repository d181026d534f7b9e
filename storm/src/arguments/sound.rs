//! Networks that are asked about recordings, the recipes that train them, and sounds in a report.

use std::fs;

use plywood::datasets::transforms::BandNorm;
use plywood::datasets::{AudioInput, Image, MelSpectrogram, Recording};
use plywood::tensor::{Error, Result, Seed, Tensor};
use plywood::training::Sound;
use plywood::zoo::recipes::{SoundRecipe, Voice, spoken_digits, voice};
use plywood::zoo::{SavedModel, SoundClassifier, SoundPreprocess, SoundRegressor};

use super::Call;
use super::damage::damaged;
use super::draw::Draw;
use super::files::Folder;

pub(super) const CALLS: &[Call] = &[
    ("SoundPreprocess::input", |draw| preprocess(draw).input(&recording(draw)?).map(drop)),
    ("SoundClassifier", |draw| {
        let names = ["a", "b"].into_iter().take(draw.small("classes", 2));
        let width = draw.size("width");
        let classifier = SoundClassifier::new(preprocess(draw), width, names, Seed(1))?;
        classifier.classify(&recording(draw)?).map(drop)
    }),
    ("SoundClassifier::save, load", |draw| {
        let folder = Folder::of(draw, &[])?;
        SoundClassifier::new(sensible(), 1, ["a", "b"], Seed(1))?.save(&folder.0)?;
        let name = draw.one_of("file", &["sound.json", "model.safetensors"]);
        let path = folder.0.join(name);
        let bytes = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
        fs::write(&path, damaged(draw, &bytes))
            .map_err(|error| Error::io("write", &path, error))?;
        SoundClassifier::load(&folder.0)?.classify(&recording(draw)?).map(drop)
    }),
    ("SoundRegressor", |draw| {
        let scores = draw.numbers("scores", 4).iter().map(|&x| x as f32).collect::<Vec<_>>();
        let (scores, width) = (Tensor::from(scores), draw.size("width"));
        let regressor = SoundRegressor::new(preprocess(draw), width, "score", &scores, Seed(1))?;
        let _ = regressor.scores(&regressor.standardized(&scores));
        regressor.score(&recording(draw)?).map(drop)
    }),
    ("SoundRegressor::save, load", |draw| {
        let folder = Folder::of(draw, &[])?;
        let scores = Tensor::from([1.0_f32, 2.0]);
        SoundRegressor::new(sensible(), 1, "score", &scores, Seed(1))?.save(&folder.0)?;
        let name = draw.one_of("file", &["sound.json", "model.safetensors"]);
        let path = folder.0.join(name);
        let bytes = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
        fs::write(&path, damaged(draw, &bytes))
            .map_err(|error| Error::io("write", &path, error))?;
        let _ = SavedModel::load(&folder.0);
        SoundRegressor::load(&folder.0)?.score(&recording(draw)?).map(drop)
    }),
    ("AudioInput::pieces, rate", |draw| {
        let SoundPreprocess { input, .. } = preprocess(draw);
        let _ = (input.rate(), input.seconds());
        input.pieces(&recording(draw)?).map(drop)
    }),
    ("recipes::spoken_digits, voice", |draw| {
        let sound = recording(draw)?.encode_wav()?;
        let name = draw.one_of(
            "name",
            &[
                "recordings/1_theo_0.wav",
                "recordings/1_theo.wav",
                "03-01-05-02-01-01-12.wav",
                "1.wav",
            ],
        );
        let folder = Folder::of(draw, &[(name, &sound)])?;
        let (place, seed) = (draw.size("place"), Seed(draw.word("seed")));
        match draw.flag("digits") {
            true => SoundRecipe::summary(&spoken_digits(&folder.0, place, seed)?).map(drop),
            false => SoundRecipe::summary(&voice(&folder.0, place, seed)?).map(drop),
        }
    }),
    ("Voice", |draw| {
        let logits: Vec<f32> = draw.numbers("logits", 20).iter().map(|&x| x as f32).collect();
        let voice = Voice::of(&logits);
        let _ = (voice.emotion(), voice.score(), voice.mean_score());
        Ok(())
    }),
    ("Sound::new", |draw| {
        let wav = recording(draw)?.encode_wav_16()?;
        let image = Image::new(Tensor::full([1, 2, 2], 0_u8))?;
        Sound::new(damaged(draw, &wav), image, "text").map(drop)
    }),
];

fn recording(draw: &mut Draw) -> Result<Recording> {
    let samples = 1 + draw.small("samples", 200);
    Recording::new(Tensor::from_fn([samples], |at| (at[0] % 7) as f32 / 7.0), 8000)
}

fn sensible() -> SoundPreprocess {
    let mel = MelSpectrogram::config().sample_rate(8000).n_fft(16).n_mels(4);
    SoundPreprocess { input: AudioInput::new(mel, 0.01), norm: BandNorm::new() }
}

fn preprocess(draw: &mut Draw) -> SoundPreprocess {
    if draw.flag("sensible") {
        return sensible();
    }
    let mel = MelSpectrogram::config().n_fft(draw.size("n_fft")).n_mels(draw.size("n_mels"));
    let input = AudioInput::new(mel, draw.number("seconds") / 100.0)
        .repeat(draw.flag("repeat"))
        .stretch(draw.flag("stretch"));
    SoundPreprocess { input, norm: BandNorm::new().min_std(draw.number("least deviation")) }
}
