//! Folders and lists of recordings.

use plywood_tensor::{Seed, threads};

use super::super::mel::MelSpectrogram;
use super::*;
use crate::loader::DataLoader;
use crate::transforms::SpecAugment;

fn input() -> AudioInput {
    let mel = MelSpectrogram::config().sample_rate(8000).n_fft(64).n_mels(8);
    AudioInput::new(mel, 0.05) // 400 samples
}

/// A wave that grows louder, so that its pieces differ.
fn wave(len: usize, rate: u32) -> Recording {
    let samples = Tensor::from_fn([len], |at| {
        let level = at[0] as f32 / len as f32;
        if at[0] % 10 < 5 { level } else { -level }
    });
    Recording::new(samples, rate).unwrap()
}

/// Two classes: one recording as long as the input, and a longer one of another rate; a shorter one.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for class in ["a", "b"] {
        std::fs::create_dir(folder.path().join(class)).unwrap();
    }
    wave(400, 8000).write_wav(folder.path().join("a/1.wav")).unwrap();
    wave(3000, 16_000).write_wav(folder.path().join("a/2.WAV")).unwrap();
    wave(100, 8000).write_wav(folder.path().join("b/1.wav")).unwrap();
    std::fs::write(folder.path().join("b/1.txt"), "words").unwrap();
    folder
}

#[test]
fn recordings_come_at_one_rate_and_length() {
    let folder = folder();
    let files = AudioFolder::open(folder.path(), &input()).unwrap();
    assert_eq!(files.class_names(), ["a", "b"]);
    assert_eq!((files.len(), files.shape()), (3, [1, 8, 13]));
    let batch = files.batch(&[0, 1, 2], &Draw::evaluation()).unwrap();
    assert_eq!(batch.input.shape(), [3, 1, 8, 13].into());
    assert_eq!(batch.target, Tensor::from([0_u32, 0, 1]));

    let config = MelSpectrogram::config().sample_rate(8000).n_fft(64).n_mels(8);
    let mel = config.build().unwrap();
    let middle = super::super::Resample::new(8000).apply(&wave(3000, 16_000)).unwrap();
    let middle = middle.samples().as_slice()[550..950].to_vec();
    let mut padded = wave(100, 8000).samples().to_vec();
    padded.resize(400, 0.0);
    let pieces = [wave(400, 8000).samples().to_vec(), middle, padded];
    for (piece, seen) in pieces.into_iter().zip(batch.input.as_slice().chunks(8 * 13)) {
        let piece = Recording::new(Tensor::from_vec(piece, [400]).unwrap(), 8000).unwrap();
        assert_eq!(mel.apply(&piece).unwrap().as_slice(), seen);
    }
    let path = |file: &str| folder.path().join(file).display().to_string();
    let own = folder.path().display();
    assert_eq!(
        files.notes(),
        [
            format!("{own}: files that aren't read were passed over: 1 .txt (b/1.txt)"),
            format!("{}: it was resampled from 16000 Hz to 8000 Hz", path("a/2.WAV")),
            format!("{}: of its 0.19 s, 0.05 s are used at a time", path("a/2.WAV")),
            format!("{}: its 0.01 s are followed by silence, up to 0.05 s", path("b/1.wav")),
        ],
    );
    assert_eq!(files.sample_name(1), path("a/2.WAV"));
    assert_eq!(files.recording(1).unwrap(), wave(3000, 16_000));
}

#[test]
fn training_sees_another_piece_in_each_epoch() {
    let folder = folder();
    let files = AudioFolder::open(folder.path(), &input()).unwrap();
    let seen = |epoch| files.batch(&[1, 0], &Draw::training(Seed(7), epoch)).unwrap().input;
    let of = |input: &Tensor, sample: usize| input.as_slice()[sample * 104..][..104].to_vec();
    assert_ne!(of(&seen(0), 0), of(&seen(1), 0));
    assert_eq!(of(&seen(0), 1), of(&seen(1), 1), "it has only one piece");
    // What a sample looks like doesn't depend on its batch.
    let alone = files.batch(&[1], &Draw::training(Seed(7), 0)).unwrap().input;
    assert_eq!(alone.as_slice(), of(&seen(0), 0));
}

#[test]
fn bits_are_the_same_in_memory_and_on_any_threads() {
    let folder = folder();
    let normalize = Normalize::new([1.0], [2.0]).unwrap();
    let files = AudioFolder::open(folder.path(), &input()).unwrap();
    let files = files.transform(SpecAugment::new().time_mask_param(5).freq_mask_param(3)).unwrap();
    let files = files.normalize(&normalize).unwrap();
    let epoch = |files: &AudioFolder, threads| {
        let loader = DataLoader::new(files).batch_size(2).shuffle(Seed(1)).augment(Seed(2));
        let batches = loader.threads(threads).epoch(3).map(|batch| batch.unwrap().input.to_vec());
        batches.collect::<Vec<_>>()
    };
    let one = threads::with(1, || epoch(&files, 1)).unwrap();
    let loaded = threads::with(8, || files.load()).unwrap().unwrap();
    assert_eq!(one, threads::with(2, || epoch(&files, 2)).unwrap());
    assert_eq!(one, threads::with(8, || epoch(&loaded, 8)).unwrap());
    assert_eq!(loaded.fingerprint(), files.fingerprint());
    assert_eq!(loaded.notes(), files.notes());
    std::fs::remove_dir_all(folder.path().join("a")).unwrap();
    assert_eq!(one, epoch(&loaded, 2), "its files are read no more");
}

#[test]
fn unreadable_recordings_are_named_or_left_out() {
    let folder = folder();
    let path = folder.path().join("a/2.WAV");
    std::fs::write(&path, "x").unwrap();
    let files = AudioFolder::open(folder.path(), &input()).unwrap();
    let broken = files.broken();
    assert_eq!(broken.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [1]);
    let text = format!(
        "{}: wav: no WAV: 1 bytes that begin with [78]; \
         save it as WAV, such as by `ffmpeg -i in -c:a pcm_s16le out.wav`",
        path.display()
    );
    assert_eq!(broken[0].1.to_string(), text);
    assert_eq!(files.load().unwrap_err().to_string(), text);
    assert_eq!(files.batch(&[1], &Draw::evaluation()).unwrap_err().to_string(), text);
    let (readable, broken) = files.load_readable().unwrap();
    assert_eq!((readable.len(), broken.len()), (2, 1));
    assert_eq!(readable.targets().unwrap(), Tensor::from([0_u32, 1]));

    std::fs::write(folder.path().join("a/1.wav"), "x").unwrap();
    let text = files.load().unwrap_err().to_string();
    assert!(text.starts_with("2 of 3 recordings can't be read:\n  "), "{text}");
}

#[test]
fn folders_without_recordings_are_refused() {
    let folder = folder();
    let class = folder.path().join("c");
    std::fs::create_dir(&class).unwrap();
    assert_eq!(
        AudioFolder::open(folder.path(), &input()).unwrap_err().to_string(),
        format!(
            "{}: no recording is in this folder of a class; recordings are files that end in .wav, .wave",
            class.display()
        ),
    );
}

#[test]
fn inputs_that_make_no_sense_are_refused() {
    let folder = folder();
    let refused =
        |input: AudioInput| AudioFolder::open(folder.path(), &input).unwrap_err().to_string();
    let mel = MelSpectrogram::config;
    assert_eq!(
        refused(AudioInput::new(mel(), 0.0)),
        "audio input: the length in seconds is 0; it should be more than 0",
    );
    assert_eq!(
        refused(AudioInput::new(mel(), 0.01)),
        "spectrogram: 160 samples are too few for an n_fft of 400, which needs 201; \
         take more seconds, or a smaller n_fft",
    );
    assert_eq!(
        refused(AudioInput::new(mel(), 1e9)),
        "audio input: 1000000000 seconds at 16000 Hz are more than 2^28 samples; \
         take shorter pieces",
    );
    assert_eq!(
        refused(AudioInput::new(mel().n_mels(0), 1.0)),
        "mel_spectrogram: the n_mels is 0; it should be between 1 and 65536",
    );
}

#[test]
fn bands_without_frequencies_are_noted() {
    let folder = folder();
    let files = AudioFolder::open(folder.path(), &AudioInput::new(MelSpectrogram::config(), 1.0));
    let notes = files.unwrap().notes();
    assert_eq!(
        notes[1],
        "4 of 128 mel bands are always empty; take fewer bands, or a longer n_fft",
    );
}

#[test]
fn a_list_has_classes_or_numbers() {
    let folder = folder();
    let list = folder.path().join("list.csv");
    std::fs::write(&list, "file,class,score\nb/1.wav,2,0.5\na/1.wav,10,-3\na/2.WAV,2,1\n").unwrap();
    let classes = AudioFolder::from_csv(&list, ["file", "class"], &input()).unwrap();
    assert_eq!(classes.class_names(), ["10", "2"]);
    assert_eq!(classes.targets().unwrap(), Tensor::from([1_u32, 0, 1]));
    assert_eq!(classes.sample_name(0), folder.path().join("b/1.wav").display().to_string());
    assert_eq!(classes.strata(), Strata::Classes(vec![1, 0, 1]));

    let scores = AudioFolder::scores_from_csv(&list, ["file", "score"], &input()).unwrap();
    let batch = scores.subset(&[2, 1]).unwrap().batch(&[1, 0], &Draw::evaluation()).unwrap();
    assert_eq!(batch.target, Tensor::from([[-3.0_f32], [1.0]]));
    assert_eq!(batch.input.shape(), [2, 1, 8, 13].into());
    assert_eq!(scores.strata(), Strata::None(3));
}

#[test]
fn lines_that_lack_something_are_named() {
    let folder = folder();
    let list = folder.path().join("list.csv");
    let refused = |text: &str| {
        std::fs::write(&list, text).unwrap();
        AudioFolder::from_csv(&list, ["file", "class"], &input()).unwrap_err().to_string()
    };
    let own = list.display();
    let relative = "paths are relative to the folder of the list";
    assert_eq!(
        refused("file,class\na/1.wav,x\na/9.wav,y\n"),
        format!("{own}: line 3: there is no file `a/9.wav`; {relative}"),
    );
    assert_eq!(
        refused("file,class\na/8.wav,x\na/9.wav,y\n"),
        format!(
            "{own}: line 2: there is no file `a/8.wav`, nor another that the list names; {relative}"
        ),
    );
    let fill = "fill it in, or leave the line out";
    assert_eq!(
        refused("file,class\na/1.wav,x\na/2.WAV,\n"),
        format!("{own}: line 3: column `class` has no value; {fill}"),
    );
    assert_eq!(
        refused("file,class\n,x\na/2.WAV,y\n"),
        format!("{own}: line 2: column `file` has no value; {fill}"),
    );
}

#[test]
fn fingerprints_tell_inputs_and_transforms_apart() {
    let folder = folder();
    let files = AudioFolder::open(folder.path(), &input()).unwrap();
    let mel = MelSpectrogram::config().sample_rate(8000).n_fft(64).n_mels(8).power(1.0);
    let amplitudes = AudioInput::new(mel, 0.05);
    let others = [
        AudioFolder::open(folder.path(), &amplitudes).unwrap().fingerprint(),
        files.transform(SpecAugment::new()).unwrap().fingerprint(),
        files.subset(&[0, 2]).unwrap().fingerprint(),
        AudioFolder::open(folder.path(), &input()).unwrap().fingerprint(),
    ];
    let own = files.fingerprint();
    assert_eq!(others.map(|other| other == own), [false, false, false, true]);
    assert!(own.starts_with("3 recordings [1, 8, 13], crc32 "), "{own}");
}
