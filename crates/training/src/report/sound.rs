//! A sound inside a page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plywood_datasets::Image;
use plywood_tensor::{Error, Result};

/// The most bytes that a sound in a page may have: half a minute at 16 kHz and 16 bits. A page with a hundred of them
/// would still open.
const MOST_BYTES: usize = 1 << 20;

/// A sound for a [`Figure`](crate::Figure): a WAV file, the image of it, and what is written below.
///
/// ```
/// use plywood_datasets::Image;
/// use plywood_tensor::Tensor;
/// use plywood_training::{Figure, Sound};
///
/// // A second's fraction of silence: 8 samples of 8 bits.
/// let wav = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x08\0\0\0\x80\x80\x80\x80\x80\x80\x80\x80";
/// let image = Image::new(Tensor::full([1, 4, 8], 0_u8))?;
/// let sound = Sound::new(wav.to_vec(), image, "nothing to hear")?;
/// let figure = Figure::sounds("Silence", "Press play.", [sound]);
/// # let _ = figure;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sound {
    wav: Vec<u8>,
    pub(super) image: Image,
    pub(super) text: String,
}

impl Sound {
    /// A WAV file of whole numbers of 16 bits, which every browser plays, its image, such as a spectrogram, and what is
    /// written below.
    ///
    /// # Errors
    /// When it is no WAV file, or larger than a MiB.
    pub fn new(wav: Vec<u8>, image: Image, text: impl Into<String>) -> Result<Self> {
        let refuse = |error: Error| Err(error.operation("sound"));
        if !wav.starts_with(b"RIFF") || wav.get(8..12) != Some(b"WAVE") {
            return refuse(Error::data("the bytes are no WAV file"));
        }
        if wav.len() > MOST_BYTES {
            return refuse(
                Error::value(format!(
                    "a page holds sounds of at most {MOST_BYTES} bytes, this has {}",
                    wav.len()
                ))
                .hint("cut it, or bring it to a lower rate"),
            );
        }
        Ok(Self { wav, image, text: text.into() })
    }

    /// What is written below it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// For the `src` of an `audio`: all of the sound, in letters that need no escaping.
    pub fn uri(&self) -> String {
        format!("data:audio/wav;base64,{}", STANDARD.encode(&self.wav))
    }
}

#[cfg(test)]
mod tests {
    use plywood_tensor::Tensor;

    use super::*;

    #[test]
    fn what_is_no_sound_for_a_page_is_refused() {
        let image = || Image::new(Tensor::full([1, 2, 2], 0_u8)).unwrap();
        let text = |wav: Vec<u8>| Sound::new(wav, image(), "").unwrap_err().to_string();
        assert_eq!(text(b"RIFF".to_vec()), "sound: the bytes are no WAV file");
        let mut long = b"RIFF\0\0\0\0WAVE".to_vec();
        long.resize(MOST_BYTES + 1, 0);
        assert_eq!(
            text(long),
            "sound: a page holds sounds of at most 1048576 bytes, this has 1048577; cut it, or bring it to a lower \
             rate",
        );
    }
}
