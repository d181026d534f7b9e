//! PBM, PGM and PPM, netpbm's formats: black and white, greys and colours, binary or as text.

use plywood_tensor::{Error, Result};

use super::limits::{DecodeLimits, Density};
use super::notes::{Note, Noted};
use super::planes;

/// A byte of a binary black and white image has eight pixels; of all others a pixel has a byte or more.
const DENSITY: Density = Density::AtMost(8);

/// The largest number that a sample may be said to have.
const MOST: usize = 65_535;

/// How the samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// Bits in rows of whole bytes, or with `text` one digit each; 1 is black.
    Bits,
    /// Whole numbers up to `most`, of which there are so many in a pixel.
    Numbers { channels: usize, most: usize },
}

struct Header {
    coding: Coding,
    text: bool,
    height: usize,
    width: usize,
    /// Where the samples begin.
    start: usize,
}

pub(super) fn decode(file: &[u8], limits: DecodeLimits) -> Result<Noted> {
    let header = Header::read(file)?;
    let Header { coding, text, height, width, start } = header;
    limits.check([height, width], file, DENSITY)?;
    let mut reader = Reader { file, at: start };
    let mut notes = Vec::new();
    let (channels, samples) = match (coding, text) {
        (Coding::Bits, false) => (1, bits(reader.bytes(height * width.div_ceil(8))?, width)),
        (Coding::Bits, true) => (1, reader.digits(height * width)?),
        (Coding::Numbers { channels, most }, _) => {
            let count = channels * height * width;
            if most > 255 {
                notes.push(Note::EightBits);
            }
            let samples = match (text, most) {
                (true, _) => reader.numbers(count, most)?,
                (false, 255) => reader.bytes(count)?.to_vec(),
                (false, 256..) => {
                    let pairs = reader.bytes(2 * count)?.chunks_exact(2);
                    scaled(
                        pairs.map(|pair| usize::from(pair[0]) << 8 | usize::from(pair[1])),
                        most,
                    )?
                }
                (false, _) => scaled(reader.bytes(count)?.iter().map(|&x| usize::from(x)), most)?,
            };
            (channels, samples)
        }
    };
    notes.extend(reader.left_over());
    Ok(Noted { pixels: planes(&samples, [channels, height, width])?, notes })
}

impl Header {
    fn read(file: &[u8]) -> Result<Self> {
        let kind = file.get(1).copied().unwrap_or_default();
        let text = kind <= b'3';
        let mut reader = Reader { file, at: 2 };
        let (width, height) = (reader.number("width")?, reader.number("height")?);
        let coding = match kind {
            b'1' | b'4' => Coding::Bits,
            _ => {
                let most = reader.number("largest number")?;
                if !(1..=MOST).contains(&most) {
                    return Err(Error::data(format!(
                        "its header says that its largest number is {most}"
                    ))
                    .hint(format!("it should be from 1 to {MOST}")));
                }
                Coding::Numbers { channels: if matches!(kind, b'3' | b'6') { 3 } else { 1 }, most }
            }
        };
        // The samples begin behind one character, which may be the end of a comment.
        reader.skip_comment();
        Ok(Self { coding, text, height, width, start: reader.at + 1 })
    }
}

/// Reads on from a place in the file.
struct Reader<'f> {
    file: &'f [u8],
    at: usize,
}

impl<'f> Reader<'f> {
    fn peek(&self) -> Option<u8> {
        self.file.get(self.at).copied()
    }

    /// Goes from a `#` to the end of its line.
    fn skip_comment(&mut self) {
        if self.peek() == Some(b'#') {
            while self.peek().is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
                self.at += 1;
            }
        }
    }

    /// Goes to what is no space and no comment.
    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => self.skip_comment(),
                byte if is_space(byte) => self.at += 1,
                _ => return,
            }
        }
    }

    /// The next number in words; one that is too large to count is the largest that isn't.
    fn next(&mut self) -> Option<usize> {
        self.skip_space();
        let begin = self.at;
        let mut number = 0_usize;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            number = number.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
            self.at += 1;
        }
        (self.at > begin).then_some(number)
    }

    /// A number of the header.
    fn number(&mut self, what: &str) -> Result<usize> {
        self.next().ok_or_else(|| {
            Error::data(format!("its header has no {what}"))
                .hint("the file is cut short or corrupted")
        })
    }

    /// So many bytes of samples.
    fn bytes(&mut self, count: usize) -> Result<&'f [u8]> {
        let rest = self.file.get(self.at..).unwrap_or_default();
        let Some(bytes) = rest.get(..count) else {
            return Err(Error::data(format!(
                "its samples take {count} bytes, {} are there",
                rest.len()
            ))
            .hint("the file is cut short"));
        };
        self.at += count;
        Ok(bytes)
    }

    /// So many samples in words, of which `most` becomes 255.
    fn numbers(&mut self, count: usize, most: usize) -> Result<Vec<u8>> {
        let mut samples = Vec::new();
        while samples.len() < count {
            let number = self.next().ok_or_else(|| self.ends_early(count, samples.len()))?;
            samples.push(scale(number, most, samples.len())?);
        }
        Ok(samples)
    }

    /// So many samples of one digit, between which there may be space.
    fn digits(&mut self, count: usize) -> Result<Vec<u8>> {
        let mut samples = Vec::new();
        while samples.len() < count {
            self.skip_space();
            samples.push(match self.peek() {
                Some(b'0') => 255,
                Some(b'1') => 0,
                _ => return Err(self.ends_early(count, samples.len())),
            });
            self.at += 1;
        }
        Ok(samples)
    }

    fn ends_early(&self, count: usize, there: usize) -> Error {
        match self.peek() {
            None => Error::data(format!("it has {there} of {count} samples"))
                .hint("the file is cut short"),
            Some(byte) => Error::data(format!(
                "sample {there} of {count} begins with the byte {byte:#04x}, which is no digit of it"
            ))
            .hint("the file is corrupted"),
        }
    }

    /// What comes behind the samples: nothing, space, another image, or what belongs to none.
    fn left_over(&mut self) -> Option<Note> {
        let rest = self.file.get(self.at..).unwrap_or_default();
        let rest = &rest[rest.iter().take_while(|&&byte| is_space(byte)).count()..];
        match rest {
            [] => None,
            rest if is_netpbm(rest) => Some(Note::FirstFrame),
            rest => Some(Note::BytesLeft(rest.len())),
        }
    }
}

/// Whether a file begins as these formats do.
pub(super) fn is_netpbm(file: &[u8]) -> bool {
    matches!(file, [b'P', b'1'..=b'6', next, ..] if is_space(*next) || *next == b'#')
}

fn is_space(byte: u8) -> bool {
    // The vertical tab, too, as C's `isspace`.
    byte.is_ascii_whitespace() || byte == 0x0B
}

/// The pixels of rows of whole bytes, the highest bit first.
fn bits(rows: &[u8], width: usize) -> Vec<u8> {
    let rows = rows.chunks_exact(width.div_ceil(8));
    let pixel = |row: &[u8], x: usize| if row[x / 8] >> (7 - x % 8) & 1 == 1 { 0 } else { 255 };
    rows.flat_map(|row| (0..width).map(move |x| pixel(row, x))).collect()
}

/// Numbers of which `most` becomes 255.
fn scaled(numbers: impl Iterator<Item = usize>, most: usize) -> Result<Vec<u8>> {
    numbers.enumerate().map(|(place, number)| scale(number, most, place)).collect()
}

fn scale(number: usize, most: usize, place: usize) -> Result<u8> {
    if number > most {
        return Err(Error::data(format!(
            "sample {place} is {number}, the largest number should be {most}"
        ))
        .hint("the file is corrupted"));
    }
    Ok(((number * 255 + most / 2) / most) as u8)
}

#[cfg(test)]
pub(super) mod tests;
