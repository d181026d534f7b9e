//! What a reader should know of a picture that was read in another way than it was written.

use std::fmt;

use plywood_tensor::Tensor;

/// What was done to a picture so that it could be read, or so that it is the one that was meant. Its text is
/// part of a line, without the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// It was turned or mirrored as its Exif data say: an orientation from 2 to 8.
    Turned(u8),
    /// Of its frames, only the first was read.
    FirstFrame,
    /// It has 16 bits a channel, of which 8 were kept.
    EightBits,
    /// Its frame goes beyond its screen, which was made as large: `[height, width]`.
    LargerScreen([usize; 2]),
    /// Its opacity is 0 in all pixels, and was left out.
    WithoutOpacity,
    /// It lacks its end, with all of its pixels before it.
    WithoutEnd,
    /// So many bytes between its segments belong to none.
    StrayBytes(usize),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Turned(orientation) => {
                let how = match orientation {
                    2 => "mirrored left to right",
                    3 => "turned by 180°",
                    4 => "mirrored top to bottom",
                    5 => "mirrored, and turned left by 90°",
                    6 => "turned right by 90°",
                    7 => "mirrored, and turned right by 90°",
                    _ => "turned left by 90°",
                };
                write!(f, "{how}, as its Exif data say (orientation {orientation})")
            }
            Self::FirstFrame => write!(f, "only the first of its frames was read"),
            Self::EightBits => write!(f, "of 16 bits a channel, 8 were kept"),
            Self::LargerScreen([height, width]) => {
                write!(f, "its frame goes beyond its screen, which was made {width}×{height}")
            }
            Self::WithoutOpacity => {
                write!(f, "its opacity is 0 in all pixels, and was left out")
            }
            Self::WithoutEnd => write!(f, "it has no end, but all of its pixels"),
            Self::StrayBytes(1) => write!(f, "a stray byte between its segments was passed over"),
            Self::StrayBytes(count) => {
                write!(f, "{count} stray bytes between its segments were passed over")
            }
        }
    }
}

/// Pixels `[C, H, W]`, and what was done to them.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) pixels: Tensor<u8>,
    pub(super) notes: Vec<Note>,
}
