//! How a camera was held: photos are stored as its sensor lay, with a note of what is up.

use plywood_tensor::{Result, Tensor};

use super::notes::{Note, Noted};

/// The orientation in a photo's Exif data, a TIFF file of its own: 1 to 8, and 1, upright, if it
/// isn't there or can't be read. In JPEG a name stands before the data, which some programs keep elsewhere.
pub(super) fn orientation(exif: &[u8]) -> u8 {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    read(exif).filter(|orientation| (1..=8).contains(orientation)).unwrap_or(1)
}

fn read(exif: &[u8]) -> Option<u8> {
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
        return u8::try_from(number(entry.checked_add(8)?, length)?).ok();
    }
    None
}

/// Turns and mirrors pixels `[C, H, W]` such that up is up, and notes it.
pub(super) fn upright(pixels: Tensor<u8>, orientation: u8, mut notes: Vec<Note>) -> Result<Noted> {
    if orientation != 1 {
        notes.push(Note::Turned(orientation));
    }
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
