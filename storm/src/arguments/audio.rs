//! Recordings: damaged WAV files, resampling, spectrograms, and folders and lists of them.

use std::fs;

use plywood::datasets::{
    AddGaussianSnr, AudioFolder, AudioInput, DataLoader, Dataset, Decibels, Gain, LogScale,
    MelNorm, MelScale, MelSpectrogram, MelSpectrogramConfig, Normalize, Recording, RecordingLimits,
    Resample, RowTarget, Shift, Spectrogram, SpeedPerturbation, Split, WaveformTransform,
};
use plywood::tensor::{Error, Result, Seed, Tensor};

use super::Call;
use super::damage::{begun, damaged};
use super::draw::Draw;
use super::files::{Folder, name};

pub(super) const CALLS: &[Call] = &[
    ("Recording::decode", |draw| {
        let sound = recording(draw)?.encode_wav()?;
        let file = damaged(draw, &sound);
        let recording = Recording::decode(&file)?;
        let _ = (recording.seconds(), recording.notes().len());
        recording.encode_wav().map(drop)
    }),
    ("Recording::decode of random bytes behind a header", |draw| {
        let file = begun(draw, b"RIFF\xff\xff\0\0WAVEfmt \x10\0\0\0\x01\0");
        Recording::decode(&file).map(drop)
    }),
    ("Recording::decode_within", |draw| {
        let sound = recording(draw)?.encode_wav()?;
        let limits = RecordingLimits::new().max_samples(draw.size("samples"));
        Recording::decode_within(&damaged(draw, &sound), limits).map(drop)
    }),
    ("Recording::new", |draw| {
        let rate = draw.word("rate") as u32;
        Recording::new(draw.tensor("samples", 1), rate)?.encode_wav().map(drop)
    }),
    ("recordings in files", |draw| {
        let sound = recording(draw)?.encode_wav()?;
        let folder = Folder::of(draw, &[("a", &sound)])?;
        let limits = RecordingLimits::new().max_samples(draw.size("samples"));
        let path = folder.0.join(name(draw));
        let _ = Recording::read(&path);
        let recording = Recording::read_within(folder.0.join("a"), limits)?;
        recording.write_wav(path)
    }),
    ("Resample::apply", |draw| {
        let resample = Resample::new(draw.size("rate") as u32)
            .lowpass_filter_width(draw.size("width"))
            .rolloff(draw.number("rolloff"));
        resample.apply(&recording(draw)?).map(drop)
    }),
    ("Spectrogram", |draw| {
        let mut config = Spectrogram::config()
            .n_fft(draw.size("n_fft"))
            .power(draw.number("power"))
            .center(draw.flag("center"));
        if draw.flag("with lengths") {
            config = config.win_length(draw.size("window")).hop_length(draw.size("hop"));
        }
        let spectrogram = config.build()?;
        let _ = spectrogram.frames(draw.size("samples"));
        spectrogram.apply(&recording(draw)?).map(drop)
    }),
    ("MelSpectrogram", |draw| {
        let mel = mel(draw).build()?;
        let _ = (mel.shape(draw.size("samples")), mel.empty_bands());
        mel.apply(&recording(draw)?).map(drop)
    }),
    ("AudioFolder::open", |draw| {
        let sound = recording(draw)?.encode_wav()?;
        let files: [(&str, &[u8]); 3] =
            [("a/1.wav", &sound), ("a/2.wav", &sound), ("b/1.wav", &sound)];
        let folder = Folder::of(draw, &files)?;
        uses(draw, |input| AudioFolder::open(&folder.0, input))
    }),
    ("AudioFolder::from_csv, scores_from_csv", |draw| {
        let sound = recording(draw)?.encode_wav()?;
        let folder = Folder::of(draw, &[("1.wav", &sound), ("2.wav", &sound)])?;
        let list = folder.0.join("list.csv");
        let table = damaged(draw, b"file,class,score\n1.wav,a,1\n2.wav,b,0.5\n");
        fs::write(&list, table).map_err(|error| Error::io("write", &list, error))?;
        match draw.flag("scores") {
            true => {
                uses(draw, |input| AudioFolder::scores_from_csv(&list, ["file", "score"], input))
            }
            false => uses(draw, |input| AudioFolder::from_csv(&list, ["file", "class"], input)),
        }
    }),
    ("AudioFolder::from_files", |draw| {
        let sound = recording(draw)?.encode_wav_16()?;
        let folder = Folder::of(draw, &[("1.wav", &sound), ("2.wav", &sound)])?;
        let paths = ["1.wav", "2.wav", "3.wav"].map(|name| folder.0.join(name));
        let paths = paths[..draw.small("files", 3)].to_vec();
        let targets = Tensor::from(vec![draw.small("class", 3) as u32; draw.small("targets", 3)]);
        uses(draw, |input| {
            AudioFolder::from_files(paths.clone(), targets.clone(), ["a", "b"], input)
        })
    }),
    ("AudioInput::apply, shape", |draw| {
        let mut input = AudioInput::new(mel(draw), draw.number("seconds"))
            .repeat(draw.flag("repeat"))
            .stretch(draw.flag("stretch"));
        if draw.flag("trim") {
            input = input.trim_db(draw.number("decibels"));
        }
        let _ = input.shape();
        input.apply(&recording(draw)?).map(drop)
    }),
    ("waveform transforms", |draw| {
        let transform: Box<dyn WaveformTransform> = match draw.small("transform", 3) {
            0 => Box::new(SpeedPerturbation::new(draw.number("lowest"), draw.number("highest"))),
            1 => Box::new(
                Gain::new().min_gain_in_db(draw.number("min")).max_gain_in_db(draw.number("max")),
            ),
            2 => Box::new(
                AddGaussianSnr::new()
                    .min_snr_db(draw.number("min"))
                    .max_snr_db(draw.number("max"))
                    .p(draw.number("p")),
            ),
            _ => Box::new(
                Shift::new().max_shift(draw.number("shift")).rollover(draw.flag("rollover")),
            ),
        };
        let _ = transform.check();
        let mut context = plywood::datasets::Draw::training(Seed(7), 0).context(0);
        transform.apply(recording(draw)?, &mut context).map(drop)
    }),
];

/// A few samples at any rate.
fn recording(draw: &mut Draw) -> Result<Recording> {
    let samples = 1 + draw.small("samples", 200);
    let rate = draw.one_of("rate of the recording", &[1, 7, 8000, 16_000, 44_100, u32::MAX]);
    Recording::new(Tensor::from_fn([samples], |at| (at[0] % 7) as f32 / 7.0), rate)
}

fn mel(draw: &mut Draw) -> MelSpectrogramConfig {
    let log = match draw.small("scale", 2) {
        0 => LogScale::Linear,
        1 => LogScale::Natural { floor: draw.number("floor") },
        _ => LogScale::Decibels(
            Decibels::new()
                .reference(draw.number("reference"))
                .amin(draw.number("amin"))
                .top_db(draw.flag("with top").then(|| draw.number("top"))),
        ),
    };
    let mut config = MelSpectrogram::config()
        .sample_rate(draw.one_of("rate", &[0, 1, 8000, 16_000, u32::MAX]))
        .n_fft(draw.size("n_fft"))
        .n_mels(draw.size("n_mels"))
        .f_min(1000.0 * draw.number("f_min"))
        .power(draw.number("power"))
        .center(draw.flag("center"))
        .mel_scale(draw.one_of("mel scale", &[MelScale::Htk, MelScale::Slaney]))
        .norm(draw.one_of("norm", &[MelNorm::None, MelNorm::Slaney]))
        .log(log);
    if draw.flag("with lengths") {
        config = config.win_length(draw.size("window")).hop_length(draw.size("hop"));
    }
    if draw.flag("with f_max") {
        config = config.f_max(4000.0 * draw.number("f_max"));
    }
    config
}

/// All that can be done with a data set of recordings.
fn uses<T: RowTarget>(
    draw: &mut Draw,
    open: impl Fn(&AudioInput) -> Result<AudioFolder<T>>,
) -> Result<()> {
    // A few samples, as the recordings have.
    let seconds = draw.number("seconds") / 100.0;
    let input = match draw.flag("sensible") {
        true => AudioInput::new(MelSpectrogram::config().sample_rate(8000).n_fft(16), 0.01),
        false => AudioInput::new(mel(draw), seconds),
    };
    let files = open(&input)?;
    let files = files.limits(RecordingLimits::new().max_samples(draw.size("samples")));
    let _ = (files.fingerprint(), files.notes(), files.broken().len(), files.targets()?);
    let _ = files.recording(draw.size("index"));
    let files = files.transform_waveform(Gain::new().max_gain_in_db(draw.number("gain")))?;
    let files = files.transform(plywood::datasets::transforms::SpecAugment::new())?;
    let files = files.normalize(&Normalize::new([0.5], [draw.number("deviation") as f32])?)?;
    for batch in DataLoader::new(&files).augment(Seed(1)).epoch(draw.size("epoch")) {
        let _ = batch;
    }
    files.subset(&[0])?;
    files.load_readable()?;
    files.load().map(drop)
}
