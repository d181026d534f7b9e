//! WAV files, sound and damaged.

use proptest::prelude::*;

use super::*;

/// A file of this format: `[tag, channels, bits]`, and the bytes of its samples.
fn wav([tag, channels, bits]: [u16; 3], rate: u32, data: &[u8]) -> Vec<u8> {
    let block = channels * (bits / 8);
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0");
    file.extend(tag.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate.wrapping_mul(u32::from(block))).to_le_bytes());
    file.extend(block.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

fn floats(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|x| x.to_le_bytes()).collect()
}

#[track_caller]
fn decoded(file: &[u8]) -> (Vec<f32>, Vec<RecordingNote>) {
    let recording = Recording::decode(file).unwrap();
    assert_eq!(recording.rate(), 8000);
    (recording.samples().to_vec(), recording.notes().to_vec())
}

#[test]
fn samples_of_all_depths_are_between_minus_1_and_1() {
    let none = Vec::new();
    assert_eq!(
        decoded(&wav([1, 1, 8], 8000, &[128, 255, 0, 192])),
        (vec![0.0, 127.0 / 128.0, -1.0, 0.5], none.clone()),
    );
    assert_eq!(
        decoded(&wav([1, 1, 16], 8000, &[0, 0x40, 0, 0x80, 0xFF, 0xFF])),
        (vec![0.5, -1.0, -1.0 / 32768.0], none.clone()),
    );
    assert_eq!(
        decoded(&wav([1, 1, 24], 8000, &[0, 0, 0x40, 0, 0, 0x80, 1, 0, 0])),
        (vec![0.5, -1.0, 1.0 / 8_388_608.0], none.clone()),
    );
    assert_eq!(
        decoded(&wav([1, 1, 32], 8000, &[0, 0, 0, 0x40, 0, 0, 0, 0x80])),
        (vec![0.5, -1.0], vec![RecordingNote::Rounded]),
    );
    assert_eq!(decoded(&wav([3, 1, 32], 8000, &floats(&[0.5, -0.1]))), (vec![0.5, -0.1], none));
}

#[test]
fn what_is_read_in_another_way_is_noted() {
    let (samples, notes) = decoded(&wav([1, 2, 16], 8000, &[0, 0x40, 0, 0, 0, 0x20, 0, 0x40]));
    assert_eq!((samples, notes), (vec![0.25, 0.375], vec![RecordingNote::Averaged(2)]));

    let (samples, notes) = decoded(&wav([3, 1, 32], 8000, &floats(&[0.5, -1.5, 1.25])));
    assert_eq!(samples, [0.5, -1.0, 1.0]);
    assert_eq!(notes, [RecordingNote::Clipped { count: 2, largest: -1.5 }]);

    let (_, notes) = decoded(&wav([1, 1, 16], 8000, &[1, 0, 0xFF, 0xFF]));
    assert_eq!(notes, [RecordingNote::Silent]);

    let (samples, notes) = decoded(&wav([1, 1, 16], 8000, &[0, 0x40, 7]));
    assert_eq!((samples, notes), (vec![0.5], vec![RecordingNote::BytesLeft(1)]));

    // As programs write that send it on before they know its length.
    for (riff, data) in [(0xFF, 0xFF), (0xFF, 0), (0, 0)] {
        let mut file = wav([1, 1, 16], 8000, &[0, 0x40, 0, 0x20]);
        file[4..8].fill(riff);
        file[40..44].fill(data);
        let (samples, notes) = decoded(&file);
        assert_eq!((samples, notes), (vec![0.5, 0.25], vec![RecordingNote::UnknownLength]));
    }
}

#[test]
fn notes_have_their_texts() {
    let texts = [
        (RecordingNote::Clipped { count: 1, largest: 2.0 }, "a sample beyond ±1, 2, was clipped"),
        (
            RecordingNote::Clipped { count: 3, largest: -1.5 },
            "3 samples beyond ±1 were clipped, such as -1.5",
        ),
        (
            RecordingNote::UnknownLength,
            "its header doesn't say its length; it was read to the file's end",
        ),
        (RecordingNote::BytesLeft(1), "a byte after its last sample was passed over"),
        (RecordingNote::BytesLeft(3), "3 bytes after its last sample were passed over"),
        (RecordingNote::Rounded, "of 32 bits a sample, 24 were kept"),
    ];
    for (note, text) in texts {
        assert_eq!(note.to_string(), text);
    }
}

#[test]
fn chunks_of_other_kinds_and_the_extensible_format_are_read() {
    let plain = wav([1, 1, 16], 8000, &[0, 0x40]);
    let mut file = plain[..36].to_vec();
    file.extend(b"LIST\x03\0\0\0abc\0");
    file.extend(&plain[36..]);
    file.extend(b"id3 \x02\0\0\0xy");
    assert_eq!(decoded(&file).0, [0.5]);

    let mut bytes = Vec::new();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 24,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(std::io::Cursor::new(&mut bytes), spec).unwrap();
    writer.write_sample(-0x20_0000_i32).unwrap();
    writer.finalize().unwrap();
    assert_eq!(bytes[20..22], [0xFE, 0xFF], "the extensible format");
    assert_eq!(decoded(&bytes).0, [-0.25]);
}

#[test]
fn what_follows_from_the_rest_of_a_header_may_be_wrong() {
    let mut file = wav([1, 1, 16], 8000, &[0, 0x40]);
    file[28..32].fill(0); // bytes in a second
    file[4..8].fill(9); // of the whole file
    assert_eq!(decoded(&file).0, [0.5]);
    let fast = Recording::decode(&wav([1, 2, 16], u32::MAX, &[0, 0x40, 0, 0])).unwrap();
    assert_eq!((fast.rate(), fast.len()), (u32::MAX, 1));
}

#[test]
fn what_was_encoded_is_the_same_again() {
    let samples = Tensor::from([0.1_f32, -1.0, 1.0, 1e-20, -0.0]);
    for rate in [44_100, u32::MAX] {
        let recording = Recording::new(samples.clone(), rate).unwrap();
        let file = recording.encode_wav().unwrap();
        let again = Recording::decode(&file).unwrap();
        assert_eq!(again, recording);
        assert_eq!(again.notes(), []);
        // Another reader.
        let other = hound::WavReader::new(&file[..]);
        assert_eq!(other.is_ok(), rate == 44_100, "it refuses rates whose bytes have no 32 bits");
    }
}

#[track_caller]
fn refused(file: &[u8], text: &str) {
    assert_eq!(Recording::decode(file).unwrap_err().to_string(), text);
}

#[test]
fn files_of_other_kinds_are_refused() {
    let save = "save it as WAV, such as by `ffmpeg -i in -c:a pcm_s16le out.wav`";
    refused(b"", "wav: it is empty; copy or record it again");
    refused(b"hello", &format!("wav: no WAV: 5 bytes that begin with [68, 65, 6c, 6c]; {save}"));
    refused(b"ID3\x04", &format!("wav: it is MP3, no WAV; {save}"));
    refused(b"fLaC", &format!("wav: it is FLAC, no WAV; {save}"));
    refused(b"OggS", &format!("wav: it is Ogg, no WAV; {save}"));
    let pcm = "save it as PCM, such as by `ffmpeg -i in.wav -c:a pcm_s16le out.wav`";
    refused(&wav([7, 1, 8], 8000, &[1]), &format!("wav: its samples are in µ-law; {pcm}"));
    refused(
        &wav([0x1234, 1, 8], 8000, &[1]),
        &format!("wav: its samples are in an unknown coding, 0x1234; {pcm}"),
    );
    let depths = "save it with 8, 16, 24 or 32 bits, or as floats of 32 bits";
    refused(
        &wav([3, 1, 64], 8000, &[0; 8]),
        &format!("wav: its samples are floats of 64 bits; {depths}"),
    );
    refused(
        &wav([1, 1, 12], 8000, &[0; 8]),
        &format!("wav: its samples are whole numbers of 12 bits; {depths}"),
    );
}

#[test]
fn damaged_files_are_refused() {
    let file = wav([1, 1, 16], 8000, &[0, 0x40, 0, 0x20]);
    let again = "copy or record it again";
    refused(
        &file[..46],
        &format!("wav: cut short: its samples should have 4 bytes, 2 are there; {again}"),
    );
    refused(&file[..40], &format!("wav: cut short: it ends before its samples; {again}"));
    refused(&file[..30], &format!("wav: cut short: it ends in its header; {again}"));
    refused(
        &file[..12],
        &format!("wav: cut short: it ends before it says what its samples are; {again}"),
    );
    // Four gigabytes, but for two.
    let mut claims = file.clone();
    claims[40..44].copy_from_slice(&0xFFFF_FFFE_u32.to_le_bytes());
    refused(
        &claims,
        &format!("wav: cut short: its samples should have 4294967294 bytes, 4 are there; {again}"),
    );
    refused(
        &wav([1, 1, 16], 8000, &[]),
        "wav: it has no samples; record it again, or leave it out",
    );
    let damaged = "the file is damaged";
    refused(
        &wav([1, 0, 16], 8000, &[0; 4]),
        &format!("wav: its header says 0 channels, 8000 Hz; {damaged}"),
    );
    refused(
        &wav([1, 1, 16], 0, &[0; 4]),
        &format!("wav: its header says 1 channels, 0 Hz; {damaged}"),
    );
    let mut block = file.clone();
    block[32] = 3;
    refused(&block, &format!("wav: its header says 3 bytes for 1 samples of 16 bits; {damaged}"));
    let mut order = b"RIFF\0\0\0\0WAVE".to_vec();
    order.extend(&file[36..]);
    refused(
        &order,
        &format!("wav: its samples come before the header that says what they are; {damaged}"),
    );
}

#[test]
fn floats_that_are_no_samples_are_refused() {
    refused(
        &wav([3, 1, 32], 8000, &floats(&[0.0, f32::NAN, f32::INFINITY])),
        "wav: 2 of its 3 samples are NaN or infinite; record or export it again",
    );
    refused(
        &wav([3, 1, 32], 8000, &floats(&[0.5, -32000.0])),
        "wav: its floats reach -32000, they should lie between -1 and 1; \
         divide them by the full scale, such as 32768, before they are saved",
    );
}

#[test]
fn an_unreadable_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1.wav");
    let text = Recording::read(&path).unwrap_err().to_string();
    assert!(text.starts_with(&format!("{}: can't read it: ", path.display())), "{text}");
    std::fs::write(&path, "").unwrap();
    assert_eq!(
        Recording::read(&path).unwrap_err().to_string(),
        format!("{}: wav: it is empty; copy or record it again", path.display()),
    );
}

#[test]
fn samples_that_are_no_recording_are_refused() {
    let refused = |samples: Tensor, rate| Recording::new(samples, rate).unwrap_err().to_string();
    assert_eq!(
        refused(Tensor::zeros([2, 3]), 8000),
        "recording: [2, 3] is not a recording (N); take one channel, or the mean of them",
    );
    assert_eq!(refused(Tensor::zeros([0]), 8000), "recording: it has no samples");
    assert_eq!(
        refused(Tensor::zeros([1]), 0),
        "recording: the rate is 0 Hz; it should be 1 or more",
    );
    assert_eq!(
        refused(Tensor::from([0.0, f32::NAN]), 8000),
        "recording: sample 1 is NaN; all should be finite",
    );
}

proptest! {
    /// What comes of bytes is never more than they are.
    #[test]
    fn prop_any_bytes_behind_a_header_are_samples_or_an_error(
        format in (
            prop::sample::select(vec![1_u16, 3, 0xFFFE]),
            0_u16..4,
            prop::sample::select(vec![8_u16, 16, 24, 32]),
        ),
        rate: u32,
        data in prop::collection::vec(any::<u8>(), 0..200),
        damage in prop::collection::vec((0_usize..60, any::<u8>()), 0..4),
        most in 0_usize..100,
    ) {
        let mut file = wav([format.0, format.1, format.2], rate, &data);
        for (at, byte) in damage {
            if let Some(damaged) = file.get_mut(at) {
                *damaged = byte;
            }
        }
        let limits = RecordingLimits::new().max_samples(most);
        if let Ok(recording) = Recording::decode_within(&file, limits) {
            prop_assert!(recording.len() <= most.min(file.len()));
            prop_assert!(recording.samples().as_slice().iter().all(|x| x.abs() <= 1.0));
        }
    }
}
