//! WAV files to samples and back.

use std::io::{Cursor, Read};

use hound::WavReader;
use plywood_tensor::{Error, Result, memory};

use super::limits::RecordingLimits;
use super::notes::RecordingNote;
use super::riff::Layout;

/// Floats beyond this are no sound that is a little too loud: they are on another scale.
const OTHER_SCALE: f32 = 100.0;

/// The mean of all channels, and how it came about.
pub(super) struct Decoded {
    pub(super) samples: Vec<f32>,
    pub(super) rate: u32,
    pub(super) notes: Vec<RecordingNote>,
}

/// Decodes the samples of a WAV file.
pub(super) fn decode(file: &[u8], limits: RecordingLimits) -> Result<Decoded> {
    let Layout { channels, rate, bytes, floats, start, len, mut notes } = Layout::of(file)?;
    limits.check(len / bytes, channels)?;
    // The decoder doesn't know the padding of chunks of other kinds, and refuses a header that is wrong about what
    // follows from the rest of it: it is given another one, whatever the channels and the rate.
    let header = header(floats, bytes, 1, len);
    let reader = Cursor::new(header).chain(&file[start..start + len]);
    let reader = WavReader::new(reader).map_err(broken)?;
    let samples = memory::vec_with_capacity(len / bytes / channels)?;
    let mut mixed = Mixed { samples, channels, sum: 0.0, summed: 0 };
    match floats {
        false => {
            let bits = 8 * bytes as i32;
            let scale = 0.5_f64.powi(bits - 1);
            for sample in reader.into_samples::<i32>() {
                mixed.push(f64::from(sample.map_err(broken)?) * scale);
            }
            if bits > 24 {
                notes.push(RecordingNote::Rounded);
            }
        }
        true => {
            let mut beyond = Beyond::default();
            for sample in reader.into_samples::<f32>() {
                mixed.push(f64::from(beyond.clipped(sample.map_err(broken)?)));
            }
            notes.extend(beyond.note(len / bytes)?);
        }
    }
    if channels > 1 {
        notes.push(RecordingNote::Averaged(channels));
    }
    Ok(Decoded { samples: mixed.samples, rate, notes })
}

/// The header of a WAV file with `len` bytes of samples of one channel.
fn header(floats: bool, bytes: usize, rate: u32, len: usize) -> Vec<u8> {
    let (tag, bits, len) = (if floats { 3_u16 } else { 1 }, 8 * bytes as u16, len as u32);
    let bytes_per_second = rate.wrapping_mul(bytes as u32);
    let mut header = b"RIFF".to_vec();
    header.extend(len.saturating_add(36).to_le_bytes());
    header.extend(b"WAVEfmt \x10\0\0\0");
    header.extend([tag, 1].map(u16::to_le_bytes).concat());
    header.extend([rate, bytes_per_second].map(u32::to_le_bytes).concat());
    header.extend([bytes as u16, bits].map(u16::to_le_bytes).concat());
    header.extend(b"data");
    header.extend(len.to_le_bytes());
    header
}

/// The mean of the channels, sample by sample.
struct Mixed {
    samples: Vec<f32>,
    channels: usize,
    sum: f64,
    /// How many channels are in the sum.
    summed: usize,
}

impl Mixed {
    fn push(&mut self, sample: f64) {
        self.sum += sample;
        self.summed += 1;
        if self.summed == self.channels {
            self.samples.push((self.sum / self.channels as f64) as f32);
            (self.sum, self.summed) = (0.0, 0);
        }
    }
}

/// Floats that are no samples between −1 and 1.
#[derive(Default)]
struct Beyond {
    count: usize,
    largest: f32,
    not_finite: usize,
}

impl Beyond {
    fn clipped(&mut self, sample: f32) -> f32 {
        if !sample.is_finite() {
            self.not_finite += 1;
            return 0.0;
        }
        if sample.abs() > 1.0 {
            self.count += 1;
            if sample.abs() > self.largest.abs() {
                self.largest = sample;
            }
        }
        sample.clamp(-1.0, 1.0)
    }

    fn note(self, of: usize) -> Result<Option<RecordingNote>> {
        let Self { count, largest, not_finite } = self;
        if not_finite > 0 {
            return Err(Error::data(format!(
                "{not_finite} of its {of} samples are NaN or infinite"
            ))
            .hint("record or export it again"));
        }
        if largest.abs() > OTHER_SCALE {
            return Err(Error::data(format!(
                "its floats reach {largest}, they should lie between -1 and 1"
            ))
            .hint("divide them by the full scale, such as 32768, before they are saved"));
        }
        Ok((count > 0).then_some(RecordingNote::Clipped { count, largest }))
    }
}

/// The header's lengths have 32 bits.
fn check_len(samples: usize) -> Result<()> {
    match samples <= (u32::MAX as usize - 1024) / 4 {
        true => Ok(()),
        false => Err(Error::value(format!("{samples} samples are too many for a WAV file"))
            .hint("cut the recording into parts")),
    }
}

/// A WAV file of floats of 32 bits.
pub(super) fn encode(samples: &[f32], rate: u32) -> Result<Vec<u8>> {
    check_len(samples.len())?;
    let header = header(true, 4, rate, 4 * samples.len());
    let mut file = memory::vec_with_capacity(header.len() + 4 * samples.len())?;
    file.extend(header);
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    Ok(file)
}

/// A file of whole numbers of 16 bits; what is beyond ±1 is clipped.
pub(super) fn encode_16(samples: &[f32], rate: u32) -> Result<Vec<u8>> {
    check_len(samples.len())?;
    let header = header(false, 2, rate, 2 * samples.len());
    let mut file = memory::vec_with_capacity(header.len() + 2 * samples.len())?;
    file.extend(header);
    // A conversion to integers saturates.
    let whole = |sample: &f32| (sample * 32768.0).round() as i16;
    file.extend(samples.iter().flat_map(|sample| whole(sample).to_le_bytes()));
    Ok(file)
}

/// What the decoder says.
fn broken(error: hound::Error) -> Error {
    Error::data(error.to_string())
        .hint("the file is damaged, or of a kind that isn't supported")
        .caused_by(error)
}
