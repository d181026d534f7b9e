//! How a camera was held: photos are stored as its sensor lay, with a note of what is up.

use plywood_tensor::{Result, Tensor};

use super::notes::{Note, Noted};

/// What a file's Exif and XMP data say of the orientation, of each the first that say something.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    exif: Option<u8>,
    xmp: Option<u8>,
}

impl Held {
    /// Exif data: a TIFF file of its own. In JPEG a name stands before it, which some programs keep elsewhere.
    pub(super) fn read_exif(&mut self, exif: &[u8]) {
        let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
        self.exif = self.exif.or_else(|| in_exif(exif));
    }

    /// An XMP packet: XML, which is not parsed but searched for the property, as Pillow does.
    pub(super) fn read_xmp(&mut self, packet: &[u8]) {
        self.xmp = self.xmp.or_else(|| in_xmp(packet));
    }

    /// What is to be done, and said of it. XMP counts where the Exif data have no orientation; a number that
    /// there isn't is upright.
    fn note(self) -> Option<(u8, Note)> {
        match (self.exif, self.xmp) {
            (Some(number @ 2..=8), _) => Some((number, Note::Turned(number))),
            (None, Some(number @ 2..=8)) => Some((number, Note::TurnedByXmp(number))),
            _ => None,
        }
    }
}

/// An attribute, `tiff:Orientation="6"`, or an element, `<tiff:Orientation>6<`.
fn in_xmp(packet: &[u8]) -> Option<u8> {
    const NAME: &[u8] = b"tiff:Orientation";
    packet.windows(NAME.len() + 3).find_map(|text| match text.strip_prefix(NAME)? {
        [b'=', b'"' | b'\'', digit @ b'0'..=b'9'] | [b'>', digit @ b'0'..=b'9', _] => {
            Some(digit - b'0')
        }
        _ => None,
    })
}

fn in_exif(exif: &[u8]) -> Option<u8> {
    let little = match exif.get(..4)? {
        b"II\x2A\0" => true,
        b"MM\0\x2A" => false,
        _ => return None,
    };
    let number = |at: usize, length: usize| {
        let bytes = exif.get(at..at.checked_add(length)?)?.iter().map(|&byte| usize::from(byte));
        let join = |number: usize, byte: usize| number << 8 | byte;
        Some(if little { bytes.rev().fold(0, join) } else { bytes.fold(0, join) })
    };
    // A list of entries of twelve bytes: tag, type, count, value.
    let list = number(4, 4)?;
    let count = number(list, 2)?;
    for place in 0..count {
        let entry = list.checked_add(2 + 12 * place)?;
        if number(entry, 2)? != 0x0112 {
            continue;
        }
        // The standard says a number of 16 bits, the second; programs also write 8 and 32.
        let length = match number(entry.checked_add(2)?, 2)? {
            1 => 1,
            3 => 2,
            4 => 4,
            _ => return None,
        };
        let number = number(entry.checked_add(8)?, length)?;
        return Some(u8::try_from(number).unwrap_or(u8::MAX));
    }
    None
}

/// Turns and mirrors pixels `[C, H, W]` such that up is up, and notes it.
pub(super) fn upright(pixels: Tensor<u8>, held: Held, mut notes: Vec<Note>) -> Result<Noted> {
    let Some((orientation, note)) = held.note() else { return Ok(Noted { pixels, notes }) };
    notes.push(note);
    Ok(Noted { pixels: turned(pixels, orientation)?, notes })
}

fn turned(pixels: Tensor<u8>, orientation: u8) -> Result<Tensor<u8>> {
    let shape = pixels.shape();
    let (&[channels, height, width], 2..=8) = (&shape[..], orientation) else {
        return Ok(pixels);
    };
    let [rows, columns] = if orientation >= 5 { [width, height] } else { [height, width] };
    let source = |y: usize, x: usize| match orientation {
        2 => [y, width - 1 - x],
        3 => [height - 1 - y, width - 1 - x],
        4 => [height - 1 - y, x],
        5 => [x, y],
        6 => [height - 1 - x, y],
        7 => [height - 1 - x, width - 1 - y],
        _ => [x, width - 1 - y],
    };
    let mut turned = Vec::with_capacity(pixels.numel());
    for plane in pixels.as_slice().chunks(height * width) {
        for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
            let [row, column] = source(y, x);
            turned.push(plane[row * width + column]);
        }
    }
    Tensor::from_vec(turned, [channels, rows, columns])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation() {
        // As the sensor saw it: 1 2 3 above 4 5 6.
        let pixels = Tensor::from([[[1_u8, 2, 3], [4, 5, 6]]]);
        let expected: [&[&[u8]]; 8] = [
            &[&[1, 2, 3], &[4, 5, 6]],
            &[&[3, 2, 1], &[6, 5, 4]],
            &[&[6, 5, 4], &[3, 2, 1]],
            &[&[4, 5, 6], &[1, 2, 3]],
            &[&[1, 4], &[2, 5], &[3, 6]],
            &[&[4, 1], &[5, 2], &[6, 3]],
            &[&[6, 3], &[5, 2], &[4, 1]],
            &[&[3, 6], &[2, 5], &[1, 4]],
        ];
        for (orientation, rows) in (1..).zip(expected) {
            let turned = turned(pixels.clone(), orientation).unwrap();
            assert_eq!(turned.shape(), [1, rows.len(), rows[0].len()].into());
            assert_eq!(turned.as_slice(), rows.concat(), "{orientation}");
        }
    }

    /// Exif data with this orientation as its second entry, as a number of so many bytes.
    fn exif(little: bool, bytes: usize, orientation: u32) -> Vec<u8> {
        let number = |number: u32, bytes: usize| match little {
            true => number.to_le_bytes()[..bytes].to_vec(),
            false => number.to_be_bytes()[4 - bytes..].to_vec(),
        };
        let start = if little { &b"II\x2A\0"[..] } else { b"MM\0\x2A" };
        let entry = |tag: u32, bytes: usize, value: u32| {
            let kind = [0, 1, 3, 0, 4][bytes];
            let mut value = number(value, bytes);
            value.resize(4, 0);
            [number(tag, 2), number(kind, 2), number(1, 4), value].concat()
        };
        let entries = [entry(0x0100, 2, 640), entry(0x0112, bytes, orientation)].concat();
        [start, &number(8, 4), &number(2, 2), &entries, &number(0, 4)].concat()
    }

    /// What is done with an image of these Exif data, 1 for nothing.
    fn orientation(exif: &[u8]) -> u8 {
        let mut held = Held::default();
        held.read_exif(exif);
        held.note().map_or(1, |(orientation, _)| orientation)
    }

    #[test]
    fn xmp_counts_where_exif_says_nothing() {
        for (packet, expected) in [
            (&b"<rdf:Description tiff:Orientation=\"6\"/>"[..], Some(6)),
            (b"<rdf:Description tiff:Orientation='8'/>", Some(8)),
            (b"<tiff:Orientation>3</tiff:Orientation>", Some(3)),
            (b"exif:Orientation=\"6\" tiff:Orientation= tiff:Orientation=\"5\"", Some(5)),
            (b"tiff:Orientation=\"", None),
            (b"tiff:Orientation=\"a", None),
            (b"", None),
        ] {
            assert_eq!(in_xmp(packet), expected, "{}", packet.escape_ascii());
        }
        let mut held = Held::default();
        held.read_xmp(b"tiff:Orientation=\"6\"");
        held.read_xmp(b"tiff:Orientation=\"3\"");
        assert_eq!(held.note(), Some((6, Note::TurnedByXmp(6))));
        held.read_exif(&exif(true, 2, 1));
        held.read_exif(&exif(true, 2, 8));
        assert_eq!(held.note(), None);
    }

    #[test]
    fn the_orientation_is_found() {
        for (little, bytes) in
            [true, false].into_iter().flat_map(|little| [1, 2, 4].map(|b| (little, b)))
        {
            for number in 1..=8 {
                let exif = exif(little, bytes, number);
                assert_eq!(orientation(&exif), number as u8);
                assert_eq!(orientation(&[b"Exif\0\0", &exif[..]].concat()), number as u8);
            }
            assert_eq!(orientation(&exif(little, bytes, 9)), 1);
            let whole = exif(little, bytes, 6);
            for length in 0..whole.len() {
                // Cut short it is read or not, and never a panic.
                assert!([1, 6].contains(&orientation(&whole[..length])));
            }
        }
        assert_eq!(orientation(&exif(true, 4, 262)), 1);
    }
}
