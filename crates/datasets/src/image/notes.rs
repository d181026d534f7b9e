//! What a reader should know of an image that was read in another way than it was written.

use std::fmt;

use plywood_tensor::Tensor;

/// What was done to an image so that it could be read, or so that it is the one that was meant. Its text is
/// part of a line, without the file's name. [`Image::notes`](super::Image::notes) has them.
///
/// ```
/// use plywood_datasets::{Note, Image};
/// use plywood_tensor::Tensor;
///
/// let file = Image::new(Tensor::from([[[0_u8, 255]]]))?.encode_png()?;
/// assert_eq!(Image::decode(&file)?.notes(), []); // it is as it was written
/// assert_eq!(Note::EightBits.to_string(), "of 16 bits a channel, 8 were kept");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// It was turned or mirrored as its Exif data say: an orientation from 2 to 8.
    Turned(u8),
    /// The same, as its XMP data say.
    TurnedByXmp(u8),
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
    /// So many bytes of its coded data come after the last of its pixels.
    BytesLeft(usize),
    /// Its last scans are missing: some coefficients lack their last bits, or are not there at all.
    LacksScans,
    /// So many of its pixels are in none of its runs, and have the palette's first colour.
    PixelsInNoRun(usize),
    /// So many pixels of its runs lie beyond its rows.
    PixelsBeyondRows(usize),
    /// The header of its frame says other sides than its data have, which count.
    OtherSides {
        /// `[height, width]` in the header.
        header: [usize; 2],
        /// `[height, width]` of the data.
        data: [usize; 2],
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Turned(orientation) | Self::TurnedByXmp(orientation) => {
                let data = if matches!(self, Self::Turned(_)) { "Exif" } else { "XMP" };
                let how = match orientation {
                    2 => "mirrored left to right",
                    3 => "turned by 180°",
                    4 => "mirrored top to bottom",
                    5 => "mirrored, and turned left by 90°",
                    6 => "turned right by 90°",
                    7 => "mirrored, and turned right by 90°",
                    _ => "turned left by 90°",
                };
                write!(f, "{how}, as its {data} data say (orientation {orientation})")
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
            Self::BytesLeft(1) => {
                write!(f, "a byte after the last of its pixels was passed over")
            }
            Self::BytesLeft(count) => {
                write!(f, "{count} bytes after the last of its pixels were passed over")
            }
            Self::LacksScans => {
                write!(f, "its last scans are missing: it is coarser than it was, and not smoothed")
            }
            Self::PixelsInNoRun(1) => {
                write!(f, "a pixel is in none of its runs, and has the palette's first colour")
            }
            Self::PixelsInNoRun(count) => {
                write!(
                    f,
                    "{count} pixels are in none of its runs, and have the palette's first colour"
                )
            }
            Self::PixelsBeyondRows(1) => {
                write!(f, "a pixel of its runs is beyond its rows, and was left out")
            }
            Self::PixelsBeyondRows(count) => {
                write!(f, "{count} pixels of its runs are beyond its rows, and were left out")
            }
            Self::OtherSides { header, data } => write!(
                f,
                "its frame is {}×{}, as its data say, not {}×{}, as its header says",
                data[1], data[0], header[1], header[0]
            ),
        }
    }
}

/// Pixels `[C, H, W]`, and what was done to them.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) pixels: Tensor<u8>,
    pub(super) notes: Vec<Note>,
}
