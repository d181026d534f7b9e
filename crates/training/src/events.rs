//! A run as a file of events, which TensorBoard shows.
//!
//! The file is records, each with its length and checksums ("TFRecord"), of protocol buffers of type `Event`. Of both
//! only little is needed, and written here:
//!
//! ```text
//! record    length, 8 bytes, little-endian; its checksum, 4 bytes; the event; its checksum, 4 bytes
//! Event     1: wall time, f64; 2: step, i64; 3: version of the file, text; 5: Summary
//! Summary   1: Value, again and again
//! Value     1: tag, text; 2: number, f32
//! ```
//!
//! Source: `tensorflow/core/lib/io/record_writer.h` and `tensorflow/core/util/event.proto`.

use crate::history::{EpochRecord, Scores};
use crate::steps::StepRecord;

/// What all files of events begin with.
const VERSION: &str = "brain.Event:2";

/// How a field's value is written: protocol buffers' wire types.
const VARINT: u64 = 0;
const EIGHT_BYTES: u64 = 1;
const LENGTH_FIRST: u64 = 2;
const FOUR_BYTES: u64 = 5;

/// The file: loss, learning rate and gradient norm by step, loss and metrics by epoch. Every event has the same wall
/// time, in seconds since 1970, since a run keeps none for each step.
pub(crate) fn of(history: &[EpochRecord], steps: &[StepRecord], wall_time: f64) -> Vec<u8> {
    let mut version = time(wall_time);
    text(&mut version, 3, VERSION.as_bytes());
    let mut file = record(&version);
    for step in steps {
        file.extend(event(
            wall_time,
            step.last,
            &[
                ("step/loss".to_owned(), step.loss.mean),
                ("step/learning rate".to_owned(), step.learning_rate),
                ("step/gradient norm".to_owned(), step.grad_norm.mean),
            ],
        ));
    }
    for epoch in history {
        let mut values = scores("training", &epoch.train);
        values.extend(epoch.valid.iter().flat_map(|valid| scores("validation", valid)));
        file.extend(event(wall_time, epoch.epoch as u64, &values));
    }
    file
}

fn scores(of: &str, scores: &Scores) -> Vec<(String, f64)> {
    let loss = [(format!("epoch/loss/{of}"), scores.loss)];
    let metrics = scores.metrics.iter().map(|(name, value)| (format!("epoch/{name}/{of}"), *value));
    loss.into_iter().chain(metrics).collect()
}

fn event(wall_time: f64, step: u64, values: &[(String, f64)]) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, number) in values {
        let mut value = Vec::new();
        text(&mut value, 1, tag.as_bytes());
        key(&mut value, 2, FOUR_BYTES);
        value.extend((*number as f32).to_le_bytes());
        text(&mut summary, 1, &value);
    }
    let mut event = time(wall_time);
    key(&mut event, 2, VARINT);
    varint(&mut event, step);
    text(&mut event, 5, &summary);
    record(&event)
}

/// The beginning of an event.
fn time(wall_time: f64) -> Vec<u8> {
    let mut event = Vec::new();
    key(&mut event, 1, EIGHT_BYTES);
    event.extend(wall_time.to_le_bytes());
    event
}

fn key(out: &mut Vec<u8>, field: u64, wire_type: u64) {
    varint(out, (field << 3) | wire_type);
}

/// Seven bits a byte, the lowest first; the highest bit of a byte says that more follow.
fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A text, or another message.
fn text(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    key(out, field, LENGTH_FIRST);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

fn record(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    let [of_length, of_event] =
        [&length[..], event].map(|bytes| masked(crc32c(bytes)).to_le_bytes());
    [&length[..], &of_length, event, &of_event].concat()
}

/// A checksum as records have it: that of data with checksums among them would be weak.
fn masked(checksum: u32) -> u32 {
    checksum.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32 with Castagnoli's polynomial, whose bits are in reverse order here.
fn crc32c(bytes: &[u8]) -> u32 {
    let byte = |checksum: u32, byte: &u8| {
        (0..8).fold(checksum ^ u32::from(*byte), |rest, _| {
            (rest >> 1) ^ if rest & 1 == 1 { 0x82f6_3b78 } else { 0 }
        })
    };
    !bytes.iter().fold(u32::MAX, byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::Spread;

    #[test]
    fn the_checksum_is_that_of_rfc_3720() {
        let up: Vec<u8> = (0..32).collect();
        let sums = [&[0; 32][..], &[0xff; 32], &up, b"123456789"].map(crc32c);
        assert_eq!(sums, [0x8a91_36aa, 0x62a8_ab43, 0x46dd_794e, 0xe306_9283]);
    }

    /// The parts of a file, whose lengths and checksums fit.
    fn records(mut file: &[u8]) -> Vec<&[u8]> {
        let mut found = Vec::new();
        while let Some((length, rest)) = file.split_at_checked(8) {
            let events = u64::from_le_bytes(length.try_into().unwrap()) as usize;
            let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
            assert_eq!(number(&rest[..4]), masked(crc32c(length)));
            let event = &rest[4..4 + events];
            assert_eq!(number(&rest[4 + events..8 + events]), masked(crc32c(event)));
            found.push(event);
            file = &rest[8 + events..];
        }
        found
    }

    #[test]
    fn each_step_and_each_epoch_is_an_event() {
        let spread = Spread { mean: 0.5, min: 0.25, max: 1.0 };
        let step = StepRecord {
            first: 1,
            last: 300,
            epoch: 1,
            learning_rate: 0.25,
            loss: spread,
            grad_norm: spread,
        };
        let scores = Scores { loss: 2.0, metrics: vec![("accuracy".to_owned(), 0.75)] };
        let epoch = EpochRecord {
            epoch: 1,
            learning_rate: 0.25,
            train: scores.clone(),
            valid: Some(scores),
            grad_norm: 0.5,
            clipped: 0,
        };
        let file = of(&[epoch], &[step], 1.0);
        let [version, step, epoch] = records(&file)[..] else { panic!("three records") };
        let wall_time = [&[0x09][..], &1.0_f64.to_le_bytes()].concat();
        assert_eq!(version, [&wall_time[..], b"\x1a\x0dbrain.Event:2"].concat());
        // Field 2, the step: 300 in two bytes; field 5, the summary: its first value is 16 bytes.
        let loss = [&b"\x0a\x10\x0a\x09step/loss\x15"[..], &0.5_f32.to_le_bytes()].concat();
        let begin = [&wall_time[..], b"\x10\xac\x02\x2a"].concat();
        assert!(step.starts_with(&begin) && step[begin.len() + 1..].starts_with(&loss), "{step:?}");
        let tags = ["epoch/loss/training", "epoch/accuracy/training", "epoch/accuracy/validation"];
        for tag in tags {
            assert!(epoch.windows(tag.len()).any(|own| own == tag.as_bytes()), "{tag}");
        }
    }
}
