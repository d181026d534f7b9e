//! Run lengths of 8 bits (RLE8) and 4 bits (RLE4).

use plywood_tensor::{Error, Result};

/// What runs say.
#[derive(Debug)]
pub(super) struct Decoded {
    /// The places in the palette, row by row from the file's first.
    pub(super) places: Vec<u8>,
    /// The pixels that are in no run, because a row or the image was ended early or some were skipped: 0.
    pub(super) in_none: usize,
    /// The pixels of runs that go beyond a row, or beyond the last: they are passed over.
    pub(super) beyond: usize,
}

/// Decodes runs of 4 or 8 bits a pixel.
///
/// # Errors
/// When the data end before the image does.
pub(super) fn decode(data: &[u8], [height, width]: [usize; 2], bits: usize) -> Result<Decoded> {
    let mut decoded =
        Decoded { places: vec![0; height * width], in_none: height * width, beyond: 0 };
    let (mut x, mut y) = (0, 0);
    let mut rest = data;
    loop {
        let &[count, value, ref after @ ..] = rest else {
            // Some programs leave out the mark of the end.
            if y + 1 > height || (y + 1 == height && x >= width) {
                return Ok(decoded);
            }
            return Err(Error::data(format!("its runs end in row {y} of {height}, at column {x}"))
                .hint("the file is cut short"));
        };
        rest = after;
        let mut put = |value: u8| {
            if x < width && y < height {
                // Each is in one run at most: places only move on.
                decoded.places[y * width + x] = value;
                decoded.in_none -= 1;
            } else {
                decoded.beyond += 1;
            }
            x += 1;
        };
        match (count, value) {
            (0, 0) => (x, y) = (0, y + 1),
            (0, 1) => return Ok(decoded),
            (0, 2) => {
                let &[right, down, ref after @ ..] = rest else { continue };
                (x, y) = (x + usize::from(right), y + usize::from(down));
                rest = after;
            }
            (0, count) => {
                // Pixels one by one, in whole words of 16 bits.
                let bytes = (usize::from(count) * bits).div_ceil(8);
                for place in 0..usize::from(count) {
                    let Some(&byte) = rest.get(place * bits / 8) else { break };
                    put(if bits == 8 { byte } else { half(byte, place) });
                }
                rest = rest.get(bytes.next_multiple_of(2)..).unwrap_or_default();
            }
            (count, value) => {
                for place in 0..usize::from(count) {
                    put(if bits == 8 { value } else { half(value, place) });
                }
            }
        }
    }
}

/// Of two pixels in a byte, the upper one first.
fn half(byte: u8, place: usize) -> u8 {
    if place.is_multiple_of(2) { byte >> 4 } else { byte & 15 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_run() {
        let data = [3, 7, 0, 0, 0, 2, 1, 1, 0, 3, 4, 5, 6, 0, 9, 8, 0, 1];
        let expected = [7, 7, 7, 0, 0, 0, 0, 0, 0, 4, 5, 6];
        let all = decode(&data, [3, 4], 8).unwrap();
        // The last run has nine pixels for none.
        assert_eq!((&all.places[..], all.in_none, all.beyond), (&expected[..], 6, 9));
        // Two places alternate, and an end of a row may come before its end.
        let data = [3, 0x12, 0, 0, 0, 5, 0x34, 0x56, 0x70, 0, 0, 1];
        assert_eq!(decode(&data, [2, 5], 4).unwrap().places, [1, 2, 1, 0, 0, 3, 4, 5, 6, 7]);
        // A row of three and one of four pixels, where there are two each.
        let all = decode(&[3, 7, 0, 0, 0, 4, 1, 2, 3, 4, 0, 1], [2, 2], 8).unwrap();
        assert_eq!((&all.places[..], all.in_none, all.beyond), (&[7, 7, 1, 2][..], 0, 3));
        // Without the mark of the end, all pixels must be there.
        assert_eq!(decode(&[2, 1, 0, 0, 2, 3], [2, 2], 8).unwrap().places, [1, 1, 3, 3]);
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        assert_eq!(
            decode(&[2, 1, 0, 0, 1, 3], [2, 2], 8).unwrap_err().to_string(),
            "its runs end in row 1 of 2, at column 1; the file is cut short",
        );
        for cut in 0..18 {
            let data = [3, 7, 0, 0, 0, 2, 1, 1, 0, 3, 4, 5, 6, 0, 9, 8, 0, 1];
            assert_eq!(decode(&data[..cut], [3, 4], 8).is_ok(), cut >= 13, "{cut}");
        }
    }
}
