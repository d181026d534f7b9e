//! What a reader should know of a recording that is other than its file has it.

use std::fmt;

/// What was done to a recording so that it could be read, or given to a network. Its text is part of a line, without
/// the file's name. [`Recording::notes`](super::Recording::notes) has them.
///
/// ```
/// use plywood_datasets::RecordingNote;
///
/// assert_eq!(RecordingNote::Averaged(2).to_string(), "the mean of its 2 channels was taken");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum RecordingNote {
    /// It has so many channels, whose mean was taken.
    Averaged(usize),
    /// It has whole numbers of 32 bits, of which 24 were kept.
    Rounded,
    /// So many of its numbers are beyond ±1, and were set to that.
    Clipped {
        /// How many.
        count: usize,
        /// The one furthest from 0.
        largest: f32,
    },
    /// Its header doesn't say how long it is: it was read to the end of the file.
    UnknownLength,
    /// So many bytes at its end are no sample of all channels.
    BytesLeft(usize),
    /// No sample is beyond ±1/32768: there is nothing to hear.
    Silent,
    /// It was brought from one rate to another, in Hz.
    Resampled {
        /// That of the file.
        from: u32,
        /// That which was wanted.
        to: u32,
    },
    /// It is longer than what a network is given of it, in seconds.
    Cut {
        /// Its own.
        seconds: f64,
        /// What is given.
        to: f64,
    },
    /// It is shorter than what a network is given: it was repeated.
    Repeated {
        /// Its own seconds.
        seconds: f64,
        /// What is given, in seconds.
        to: f64,
    },
    /// It is shorter than what a network is given: silence follows it.
    Padded {
        /// Its own seconds.
        seconds: f64,
        /// What is given, in seconds.
        to: f64,
    },
}

impl fmt::Display for RecordingNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Averaged(channels) => write!(f, "the mean of its {channels} channels was taken"),
            Self::Rounded => write!(f, "of 32 bits a sample, 24 were kept"),
            Self::Clipped { count: 1, largest } => {
                write!(f, "a sample beyond ±1, {largest}, was clipped")
            }
            Self::Clipped { count, largest } => {
                write!(f, "{count} samples beyond ±1 were clipped, such as {largest}")
            }
            Self::UnknownLength => {
                write!(f, "its header doesn't say its length; it was read to the file's end")
            }
            Self::BytesLeft(1) => write!(f, "a byte after its last sample was passed over"),
            Self::BytesLeft(count) => {
                write!(f, "{count} bytes after its last sample were passed over")
            }
            Self::Silent => write!(f, "it is silent"),
            Self::Resampled { from, to } => write!(f, "it was resampled from {from} Hz to {to} Hz"),
            Self::Cut { seconds, to } => {
                write!(f, "of its {seconds:.2} s, {to:.2} s are used at a time")
            }
            Self::Repeated { seconds, to } => {
                write!(f, "it is {seconds:.2} s long, and was repeated to {to:.2} s")
            }
            Self::Padded { seconds, to } => {
                write!(f, "its {seconds:.2} s are followed by silence, up to {to:.2} s")
            }
        }
    }
}
