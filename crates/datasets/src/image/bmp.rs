//! BMP: 1 to 32 bits, with palettes or fields of bits, whole or run lengths, of Windows and OS/2.

use plywood_tensor::{Error, Result, Tensor};

use super::limits::{DecodeLimits, Density};
use super::notes::{Note, Noted};

mod fields;
mod runs;

use fields::{Field, fields};

/// Its first 14 bytes are the file's, then comes a header of one of several lengths.
const FILE_HEADER: usize = 14;

/// How the pixels are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Storage {
    /// So many bits each, in rows of whole words of 32.
    Rows,
    /// Runs of equal pixels of so many bits.
    Runs,
}

struct Header {
    height: usize,
    width: usize,
    bits: usize,
    storage: Storage,
    /// Whether the first row is the uppermost.
    downward: bool,
    /// Where the pixels begin.
    start: usize,
    /// Red, green and blue of each colour, for at most 8 bits.
    palette: Vec<[u8; 3]>,
    /// Where colours are in a pixel of more: red, green, blue, and opacity if there is one.
    fields: Vec<Field>,
}

pub(super) fn decode(file: &[u8], limits: DecodeLimits) -> Result<Noted> {
    let header = Header::read(file)?;
    let sides = [header.height, header.width];
    let density = match header.storage {
        Storage::Rows => Density::AtMost(8),
        // Whatever isn't mentioned has the first colour.
        Storage::Runs => Density::Unbounded,
    };
    limits.check(sides, file, density)?;
    let data = file.get(header.start..).unwrap_or_default();
    let mut notes = Vec::new();
    let mut pixels = match header.storage {
        Storage::Rows => rows(&header, data)?,
        Storage::Runs => {
            let runs = runs::decode(data, sides, header.bits)?;
            if runs.in_none > 0 {
                notes.push(Note::PixelsInNoRun(runs.in_none));
            }
            if runs.beyond > 0 {
                notes.push(Note::PixelsBeyondRows(runs.beyond));
            }
            let mut pixels = Pixels::new(&header, 3);
            for (y, row) in runs.places.chunks_exact(header.width).enumerate() {
                pixels.colors(y, row.iter().map(|&place| header.color(place.into())));
            }
            pixels
        }
    };
    if pixels.is_transparent() {
        pixels.without_opacity();
        notes.push(Note::WithoutOpacity);
    }
    Ok(Noted { pixels: pixels.into_tensor()?, notes })
}

/// The pixels, of which rows come in the file's order.
struct Pixels<'a> {
    header: &'a Header,
    channels: usize,
    bytes: Vec<u8>,
}

impl<'a> Pixels<'a> {
    fn new(header: &'a Header, channels: usize) -> Self {
        Self { header, channels, bytes: vec![0; channels * header.height * header.width] }
    }

    /// Sets the file's row `y`.
    fn colors<const N: usize>(&mut self, y: usize, colors: impl Iterator<Item = [u8; N]>) {
        let Header { height, width, downward, .. } = *self.header;
        let row = if downward { y } else { height - 1 - y };
        for (x, color) in colors.enumerate().take(width) {
            for (channel, value) in color.into_iter().enumerate() {
                self.bytes[(channel * height + row) * width + x] = value;
            }
        }
    }

    /// Whether there is nothing to see: programs that know no opacity leave its byte 0.
    fn is_transparent(&self) -> bool {
        let colors = 3 * self.header.height * self.header.width;
        self.channels == 4 && self.bytes[colors..].iter().all(|&opacity| opacity == 0)
    }

    fn without_opacity(&mut self) {
        self.channels = 3;
        self.bytes.truncate(3 * self.header.height * self.header.width);
    }

    fn into_tensor(self) -> Result<Tensor<u8>> {
        Tensor::from_vec(self.bytes, [self.channels, self.header.height, self.header.width])
    }
}

/// Pixels that are stored in rows.
fn rows<'a>(header: &'a Header, data: &[u8]) -> Result<Pixels<'a>> {
    let Header { height, width, bits, .. } = *header;
    let (stride, used) = ((width * bits).div_ceil(32) * 4, (width * bits).div_ceil(8));
    // The last row needs nothing behind its last pixel.
    let needed = stride * (height - 1) + used;
    if data.len() < needed {
        return Err(Error::data(format!(
            "its pixels take {needed} bytes, there are {} behind byte {}",
            data.len(),
            header.start
        ))
        .hint("the file is cut short"));
    }
    let mut pixels = Pixels::new(header, header.fields.len().max(3));
    for (y, row) in data.chunks(stride).take(height).enumerate() {
        match bits {
            1 | 2 | 4 | 8 => pixels.colors(
                y,
                (0..width).map(|x| {
                    let place = x * bits;
                    let byte = usize::from(row[place / 8]);
                    header.color(byte >> (8 - bits - place % 8) & ((1 << bits) - 1))
                }),
            ),
            24 => pixels.colors(y, row.chunks_exact(3).map(|bgr| [bgr[2], bgr[1], bgr[0]])),
            _ => {
                let words = row[..used].chunks_exact(bits / 8).map(|bytes| {
                    bytes.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte))
                });
                match header.fields[..] {
                    [red, green, blue] => pixels.colors(
                        y,
                        words.map(|word| [red, green, blue].map(|field| field.of(word))),
                    ),
                    [red, green, blue, opacity] => pixels.colors(
                        y,
                        words.map(|word| [red, green, blue, opacity].map(|field| field.of(word))),
                    ),
                    _ => {}
                }
            }
        }
    }
    Ok(pixels)
}

impl Header {
    fn read(file: &[u8]) -> Result<Self> {
        let cut = || Error::data("its header isn't all there").hint("the file is cut short");
        let number = |at: usize, bytes: usize| {
            let bytes = file.get(at..at + bytes).ok_or_else(cut)?;
            Ok::<_, Error>(bytes.iter().rev().fold(0, |all, &byte| all << 8 | u32::from(byte)))
        };
        let length = number(FILE_HEADER, 4)? as usize;
        // The oldest has no field for how pixels are stored; OS/2 may leave out fields at the end, which
        // then are 0.
        let old = length == 12;
        if !old && ![16, 40, 52, 56, 64, 108, 124].contains(&length) {
            return Err(Error::data(format!("its header has {length} bytes, as that of no BMP"))
                .hint("the file is corrupted"));
        }
        let field = |at: usize, bytes: usize| match at + bytes <= length {
            true => number(FILE_HEADER + at, bytes),
            false => Ok(0),
        };
        let (width, height) = match old {
            true => (field(4, 2)? as i32, field(6, 2)? as i32),
            false => (field(4, 4)? as i32, field(8, 4)? as i32),
        };
        let bits = if old { field(10, 2)? } else { field(14, 2)? } as usize;
        let kind = if old { 0 } else { field(16, 4)? };
        if width <= 0 || height == 0 {
            return Err(Error::data(format!("its header says {width}×{height} pixels"))
                .hint("the file is corrupted"));
        }
        let storage = match (kind, bits) {
            (0, 1 | 2 | 4 | 8 | 16 | 24 | 32) | (3 | 6, 16 | 32) if kind == 0 || length != 64 => {
                Storage::Rows
            }
            (1, 8) | (2, 4) => Storage::Runs,
            _ => return Err(unsupported(kind, bits, length)),
        };
        let mut end = FILE_HEADER + length;
        let fields = match (kind, bits) {
            (0, 16 | 32) => fields::usual(bits),
            (3 | 6, _) => {
                // In a header that is long enough they are a part of it, and opacity with them.
                let own = match (length, kind) {
                    (56.., _) => 4,
                    (_, 6) => 4,
                    _ => 3,
                };
                let mut masks = Vec::new();
                for place in 0..own {
                    masks.push(number(FILE_HEADER + 40 + 4 * place, 4)?);
                }
                end = end.max(FILE_HEADER + 40 + 4 * own);
                fields(&masks, bits)?
            }
            _ => Vec::new(),
        };
        let start = number(10, 4)? as usize;
        if start > 0 && start < end {
            return Err(Error::data(format!("its pixels begin at byte {start}, in its header"))
                .hint("the file is corrupted"));
        }
        let entry = if old { 3 } else { 4 };
        let palette = match bits <= 8 {
            true => {
                let said = if old { 0 } else { field(32, 4)? as usize };
                let bytes = file.get(end..).unwrap_or_default();
                palette(bytes, said, start.checked_sub(end), bits, entry)?
            }
            false => Vec::new(),
        };
        // Some programs count no palette.
        let start = if start <= end { end + palette.len() * entry } else { start };
        Ok(Self {
            height: height.unsigned_abs() as usize,
            width: width as usize,
            bits,
            storage,
            downward: height < 0,
            start,
            palette,
            fields,
        })
    }

    /// A colour of the palette; black where it has none.
    fn color(&self, place: usize) -> [u8; 3] {
        self.palette.get(place).copied().unwrap_or_default()
    }
}

/// The colours: as many as the header says, or as the bits can name, but no more than there are before the
/// pixels.
fn palette(
    bytes: &[u8],
    said: usize,
    room: Option<usize>,
    bits: usize,
    entry: usize,
) -> Result<Vec<[u8; 3]>> {
    let all = 1 << bits;
    let mut count = if said == 0 { all } else { said.min(all) };
    if let Some(room) = room.filter(|&room| room > 0) {
        count = count.min(room / entry);
    }
    let there = bytes.len() / entry;
    if there < count {
        return Err(Error::data(format!("its palette has {count} colours, {there} are there"))
            .hint("the file is cut short"));
    }
    // Blue comes first.
    let colors = bytes.chunks_exact(entry).take(count);
    Ok(colors.map(|color| [color[2], color[1], color[0]]).collect())
}

fn unsupported(kind: u32, bits: usize, length: usize) -> Error {
    let what = match (kind, length) {
        (3, 64) => "coded pixels as a fax has".to_owned(),
        (4, 64) => "run lengths of 24 bits".to_owned(),
        (4, _) => "a JPEG image inside".to_owned(),
        (5, _) => "a PNG image inside".to_owned(),
        _ => format!("{bits} bits a pixel, stored in way {kind}"),
    };
    Error::data(format!("it has {what}, which isn't read")).hint("save it as PNG")
}

#[cfg(test)]
pub(super) mod tests;
