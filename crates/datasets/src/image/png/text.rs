//! The texts of a PNG file, in which programs keep Exif and XMP data.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::ZlibDecoder;

use crate::image::orientation::Held;

/// The most bytes that the texts of a file are unfolded to, all together; Pillow takes as many of each.
const MOST_BYTES: usize = 1 << 20;

/// What reads one text after the other.
pub(super) struct Texts {
    /// How many more bytes may come of compressed ones.
    room: usize,
}

impl Texts {
    pub(super) fn new() -> Self {
        Self { room: MOST_BYTES }
    }

    /// Notes what a chunk `tEXt`, `zTXt` or `iTXt` says of the orientation.
    pub(super) fn read(&mut self, name: &[u8], body: &[u8], held: &mut Held) {
        let Some((keyword, rest)) = split_at_zero(body) else { return };
        if !matches!(keyword, b"XML:com.adobe.xmp" | b"Raw profile type exif") {
            return;
        }
        let parts = match (name, rest) {
            (b"zTXt", [_method, text @ ..]) => Some((true, text)),
            (b"iTXt", [compressed, _method, rest @ ..]) => split_at_zero(rest)
                .and_then(|(_language, rest)| split_at_zero(rest))
                .map(|(_translated, text)| (*compressed != 0, text)),
            (b"tEXt", text) => Some((false, text)),
            _ => None,
        };
        let Some((compressed, text)) = parts else { return };
        let text = if compressed { self.unfold(text).into() } else { Cow::Borrowed(text) };
        match keyword {
            b"XML:com.adobe.xmp" => held.read_xmp(&text),
            _ => held.read_exif(&profile(&text)),
        }
    }

    /// What is there of a compressed text, up to where it is damaged or too long.
    fn unfold(&mut self, text: &[u8]) -> Vec<u8> {
        let mut unfolded = Vec::new();
        // What came before an error is there all the same.
        let _ = ZlibDecoder::new(text).take(self.room as u64).read_to_end(&mut unfolded);
        self.room = self.room.saturating_sub(unfolded.len());
        unfolded
    }
}

fn split_at_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|&byte| byte == 0)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// The bytes of a profile as ImageMagick writes it: an empty line, a name, a length, and lines of hexadecimal
/// digits.
fn profile(text: &[u8]) -> Vec<u8> {
    let lines = text.split(|&byte| byte == b'\n').skip(3);
    let digits: Vec<u32> =
        lines.flatten().filter_map(|&digit| char::from(digit).to_digit(16)).collect();
    digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use plywood_tensor::Tensor;

    use crate::image::{Image, Note};

    fn folded(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// The notes of an image with these chunks.
    fn notes(chunks: &[(&[u8], Vec<u8>)]) -> Vec<Note> {
        let mut file = Image::new(Tensor::full([1, 2, 3], 7)).unwrap().encode_png().unwrap();
        let mut all = Vec::new();
        for (name, body) in chunks {
            let named = [name, &body[..]].concat();
            all.extend((body.len() as u32).to_be_bytes());
            all.extend(&named);
            all.extend(crc32fast::hash(&named).to_be_bytes());
        }
        // Behind the header.
        file.splice(33..33, all);
        Image::decode(&file).unwrap().notes().to_vec()
    }

    #[test]
    fn texts_say_the_orientation() {
        let xmp = b"<x:xmpmeta><rdf:Description tiff:Orientation=\"6\"/></x:xmpmeta>";
        let exif = b"4578696600004d4d002a00000008000101120003000000010\n008000000000000";
        let profile = [&b"Raw profile type exif\0\nexif\n      32\n"[..], exif, b"\n"].concat();
        let packed = [&b"Raw profile type exif\0\0"[..], &folded(&profile[22..])].concat();
        let key = b"XML:com.adobe.xmp\0";
        let plain = [&key[..], &[0, 0, b'e', b'n', 0, 0], xmp].concat();
        let compressed = [&key[..], &[1, 0, 0, 0], &folded(xmp)].concat();
        assert_eq!(notes(&[(b"tEXt", profile.clone())]), [Note::Turned(8)]);
        assert_eq!(notes(&[(b"zTXt", packed)]), [Note::Turned(8)]);
        assert_eq!(notes(&[(b"iTXt", plain.clone())]), [Note::TurnedByXmp(6)]);
        assert_eq!(notes(&[(b"iTXt", compressed)]), [Note::TurnedByXmp(6)]);
        assert_eq!(notes(&[(b"iTXt", plain), (b"tEXt", profile)]), [Note::Turned(8)]);
        for cut in 0..24 {
            assert_eq!(
                notes(&[(b"iTXt", [&key[..], &[1, 0, 0, 0, 0x78]].concat()[..cut].to_vec())]),
                []
            );
        }
    }

    #[test]
    fn long_texts_are_read_in_part() {
        let late = [&vec![b' '; 3 << 20][..], b"tiff:Orientation=\"6\""].concat();
        let text = [&b"XML:com.adobe.xmp\0\x01\0\0\0"[..], &folded(&late)].concat();
        assert_eq!(notes(&[(b"iTXt", text)]), []);
    }
}
