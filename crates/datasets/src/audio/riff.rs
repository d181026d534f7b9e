//! The chunks of a WAV file: what its header says, and which bytes are samples.

use plywood_tensor::{Error, Result};

use super::notes::RecordingNote;

/// A length that programs write which don't know it yet.
const UNKNOWN: usize = 0xFFFF_FFFF;

/// Where the samples of a WAV file are, and of what kind.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) channels: usize,
    pub(super) rate: u32,
    /// Of one sample.
    pub(super) bytes: usize,
    /// Floats, or whole numbers.
    pub(super) floats: bool,
    /// The first byte of the samples.
    pub(super) start: usize,
    /// How many bytes the whole samples of all channels take. All of them are there.
    pub(super) len: usize,
    pub(super) notes: Vec<RecordingNote>,
}

impl Layout {
    /// Walks through the chunks up to the samples.
    pub(super) fn of(file: &[u8]) -> Result<Self> {
        is_wav(file)?;
        let mut format = None;
        let mut at = 12;
        loop {
            let (Some(id), Some(size)) = (file.get(at..at + 4), word(file, at + 4)) else {
                return Err(cut_short(match format {
                    None => "it ends before it says what its samples are",
                    Some(_) => "it ends before its samples",
                }));
            };
            let start = at + 8;
            match id {
                b"fmt " => {
                    let end = start.saturating_add(size);
                    let chunk = file.get(start..end);
                    let chunk = chunk.ok_or_else(|| cut_short("it ends in its header"))?;
                    format = Some(Format::of(chunk)?);
                }
                b"data" => {
                    let format = format.ok_or_else(|| {
                        Error::data("its samples come before the header that says what they are")
                            .hint("the file is damaged")
                    })?;
                    return format.layout(start, size, file);
                }
                _ => {}
            }
            // Chunks begin at even places.
            at = start.saturating_add(size).saturating_add(size % 2);
        }
    }
}

/// What the chunk `fmt ` says.
struct Format {
    channels: usize,
    rate: u32,
    /// The bytes of one sample of all channels.
    block: usize,
    floats: bool,
}

impl Format {
    fn of(chunk: &[u8]) -> Result<Self> {
        if chunk.len() < 16 {
            return Err(Error::data(format!(
                "its header has {} bytes for the format, it should have 16",
                chunk.len()
            ))
            .hint("the file is damaged"));
        }
        let short = |at: usize| usize::from(u16::from_le_bytes([chunk[at], chunk[at + 1]]));
        let rate = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
        let (tag, channels, block, bits) = (short(0), short(2), short(12), short(14));
        let damaged = |what: String| Err(Error::data(what).hint("the file is damaged"));
        if channels == 0 || rate == 0 {
            return damaged(format!("its header says {channels} channels, {rate} Hz"));
        }
        // The extensible format has the tag later, in front of an identifier.
        let tag = if tag == 0xFFFE && chunk.len() >= 26 { short(24) } else { tag };
        let depths: &[usize] = match tag {
            1 => &[8, 16, 24, 32],
            3 => &[32],
            _ => {
                return Err(Error::data(format!("its samples are {}", coding(tag))).hint(SAVE_PCM));
            }
        };
        if !depths.contains(&bits) {
            let kind = if tag == 1 { "whole numbers" } else { "floats" };
            return Err(Error::data(format!("its samples are {kind} of {bits} bits"))
                .hint("save it with 8, 16, 24 or 32 bits, or as floats of 32 bits"));
        }
        if block != channels * bits / 8 {
            return damaged(format!(
                "its header says {block} bytes for {channels} samples of {bits} bits"
            ));
        }
        Ok(Self { channels, rate, block, floats: tag == 3 })
    }

    /// The samples begin at `start`, and have `claimed` bytes by the header.
    fn layout(self, start: usize, claimed: usize, file: &[u8]) -> Result<Layout> {
        let there = file.len() - start;
        let mut notes = Vec::new();
        let riff = word(file, 4).unwrap_or(0);
        let unknown = claimed == UNKNOWN || (claimed == 0 && (riff == 0 || riff == UNKNOWN));
        if unknown {
            if there > UNKNOWN {
                return Err(Error::data(format!(
                    "it has {there} bytes of samples, a WAV file at most {UNKNOWN}"
                ))
                .hint("cut it into parts"));
            }
            notes.push(RecordingNote::UnknownLength);
        } else if claimed > there {
            return Err(cut_short(&format!(
                "its samples should have {claimed} bytes, {there} are there"
            )));
        }
        let bytes = if unknown { there } else { claimed };
        let left = bytes % self.block;
        if bytes == left {
            return Err(Error::data("it has no samples").hint("record it again, or leave it out"));
        }
        if left > 0 {
            notes.push(RecordingNote::BytesLeft(left));
        }
        Ok(Layout {
            channels: self.channels,
            rate: self.rate,
            bytes: self.block / self.channels,
            floats: self.floats,
            start,
            len: bytes - left,
            notes,
        })
    }
}

const SAVE_PCM: &str = "save it as PCM, such as by `ffmpeg -i in.wav -c:a pcm_s16le out.wav`";

fn cut_short(what: &str) -> Error {
    Error::data(format!("cut short: {what}")).hint("copy or record it again")
}

/// Four bytes as a length.
fn word(file: &[u8], at: usize) -> Option<usize> {
    let bytes = file.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
}

/// Codings of samples that aren't read.
fn coding(tag: usize) -> String {
    let name = match tag {
        2 => "ADPCM",
        6 => "A-law",
        7 => "µ-law",
        0x11 => "IMA ADPCM",
        0x31 => "GSM",
        0x50 => "MPEG",
        0x55 => "MP3",
        _ => return format!("in an unknown coding, {tag:#06x}"),
    };
    format!("in {name}")
}

/// Refuses files of other formats by their first bytes.
fn is_wav(file: &[u8]) -> Result<()> {
    const SAVE: &str = "save it as WAV, such as by `ffmpeg -i in -c:a pcm_s16le out.wav`";
    let other = match file {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => return Ok(()),
        [] => return Err(Error::data("it is empty").hint("copy or record it again")),
        [b'R', b'F', b'6', b'4', ..] => "RF64, which is WAV beyond 4 GiB",
        [b'R', b'I', b'F', b'X', ..] => "big-endian WAV",
        [b'f', b'L', b'a', b'C', ..] => "FLAC",
        [b'O', b'g', b'g', b'S', ..] => "Ogg",
        [b'I', b'D', b'3', ..] | [0xFF, 0xE2..=0xFF, ..] => "MP3",
        [b'F', b'O', b'R', b'M', ..] => "AIFF",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "MP4",
        _ => {
            let start = &file[..file.len().min(4)];
            let bytes = file.len();
            return Err(Error::data(format!("no WAV: {bytes} bytes that begin with {start:02x?}"))
                .hint(SAVE));
        }
    };
    Err(Error::data(format!("it is {other}, no WAV")).hint(SAVE))
}
