//! JPEG: baseline, extended and progressive with Huffman coding and 8 bits, in any number of scans.
//!
//! The image is that of libjpeg with its defaults, to the bit, unless a progressive file lacks scans: what is
//! missing there is 0, where libjpeg estimates it from the blocks around, and a note says so.

mod bits;
mod color;
mod frame;
mod idct;
mod refinement;
mod scan;
mod segments;
mod upsample;

use plywood_tensor::{Error, Result, Tensor};

use self::bits::HuffmanTable;
use self::color::Colors;
use self::frame::{Coding, Frame};
use self::refinement::Refinement;
use self::scan::{Plane, Scan, Tables, from_zigzag};
use self::segments::{Segment, Segments, marker, segments};
use self::upsample::Samples;
use super::limits::{DecodeLimits, Density};
use super::notes::{Note, Noted};
use super::orientation::{Held, upright};

/// A block of 8×8 pixels takes at least a bit.
const DENSITY: Density = Density::AtMost(8 * 64);

/// The most scans that are read. Programs write about ten; a file that is made to harm could go over a
/// large image again with every 20 bytes.
const MOST_SCANS: usize = 500;

/// How often all scans together may go over the image's blocks, unless that is less than [`LITTLE`].
const MOST_TIMES: usize = 32;
/// Blocks that take no time to speak of.
const LITTLE: usize = 1 << 18;

pub(super) fn decode(file: &[u8], limits: DecodeLimits) -> Result<Noted> {
    let Segments { list, stray } = segments(file)?;
    let frame = frame(&list)?;
    let sides = [frame.height, frame.width];
    limits.check(sides, file, DENSITY)?;
    // Coarse components may be more than their share of the pixels, where a side is a few pixels.
    if frame.block_count() > 8 * file.len() {
        let [height, width] = sides;
        return Err(Error::data(format!(
            "its header says {width}×{height} pixels, which {} bytes can't hold",
            file.len()
        ))
        .hint("the file is cut short or corrupted"));
    }
    let mut notes = Vec::new();
    if stray > 0 {
        notes.push(Note::StrayBytes(stray));
    }
    let about = About::of(&list);
    let colors = Colors::of(&frame, about.jfif, about.adobe);
    let samples = samples(&list, &frame, &mut notes)?;
    let pixels = image(&frame, samples, colors);
    let pixels = Tensor::from_vec(pixels, [colors.channels(), frame.height, frame.width])?;
    upright(pixels, about.held, notes)
}

/// The frame that the file has.
fn frame(list: &[Segment<'_>]) -> Result<Frame> {
    let mut frames = list.iter().filter(|segment| marker::is_frame(segment.marker));
    match (frames.next(), frames.next()) {
        (Some(segment), None) => Frame::read(segment.marker, segment.body),
        (None, _) => Err(Error::data("it has no header of a frame").hint("the file is corrupted")),
        _ => {
            Err(Error::data("it has several frames")
                .hint("save it as baseline or progressive JPEG"))
        }
    }
}

/// What segments say beside the image.
struct About {
    jfif: bool,
    /// How Adobe's programs say that colours were transformed.
    adobe: Option<u8>,
    held: Held,
}

/// What stands before an XMP packet.
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

impl About {
    fn of(list: &[Segment<'_>]) -> Self {
        let mut about = Self { jfif: false, adobe: None, held: Held::default() };
        for segment in list {
            match (segment.marker, segment.body) {
                (marker::JFIF, [b'J', b'F', b'I', b'F', 0, ..]) => about.jfif = true,
                (
                    marker::ADOBE,
                    [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..],
                ) => {
                    about.adobe = Some(*transform);
                }
                (marker::APP1, [b'E', b'x', b'i', b'f', 0, _, exif @ ..]) => {
                    about.held.read_exif(exif);
                }
                (marker::APP1, body) => {
                    if let Some(packet) = body.strip_prefix(XMP) {
                        about.held.read_xmp(packet);
                    }
                }
                _ => {}
            }
        }
        about
    }
}

/// Decodes all scans, and transforms the coefficients into each component's samples.
fn samples(list: &[Segment<'_>], frame: &Frame, notes: &mut Vec<Note>) -> Result<Vec<Samples>> {
    let scans = list.iter().filter(|segment| segment.marker == marker::SCAN).count();
    if scans > MOST_SCANS {
        return Err(Error::data(format!("it has {scans} scans, at most {MOST_SCANS} are read"))
            .hint("save it anew"));
    }
    // What one scan says at once needs no room for all coefficients.
    let at_once = scans == 1 && frame.coding == Coding::Sequential;
    let mut planes = scan::planes(&frame.components, at_once);
    let mut samples: Vec<Samples> =
        frame.components.iter().map(|component| Samples::new(component, frame)).collect();
    let mut quantisers: [Option<[u16; 64]>; 4] = [None; 4];
    // Those that a component's first scan finds.
    let mut own: Vec<Option<[u16; 64]>> = vec![None; planes.len()];
    let (mut tables, mut interval) = (Tables::default(), 0);
    let (mut refinement, mut bytes_left) = (Refinement::new(frame), 0);
    let (mut work, most_work) = (0, LITTLE.max(frame.block_count().saturating_mul(MOST_TIMES)));
    for segment in list {
        match segment.marker {
            marker::QUANTISERS => read_quantisers(segment.body, &mut quantisers)?,
            marker::CODES => read_codes(segment.body, &mut tables)?,
            marker::RESTART_INTERVAL => match *segment.body {
                [high, low] => interval = usize::from(high) << 8 | usize::from(low),
                _ => return Err(wrong_table()),
            },
            marker::SCAN => {
                let scan = Scan::read(segment.body, frame)?;
                work += scan.blocks(frame);
                if work > most_work {
                    return Err(Error::data(format!(
                        "its scans go over the image more than {MOST_TIMES} times"
                    ))
                    .hint("save it anew"));
                }
                for &[place, ..] in &scan.components {
                    if own[place].is_none() {
                        own[place] = quantisers[frame.components[place].quantisers];
                    }
                }
                // A scan of one component has units of one block, even if it stands for several.
                let alone = scan.components.len() == 1;
                let done = |row: usize, planes: &mut [Plane]| {
                    for &[place, ..] in scan.components.iter().filter(|_| at_once) {
                        let down = if alone { 1 } else { frame.components[place].sampling[0] };
                        let Some(quantisers) = &own[place] else { continue };
                        transform(
                            &planes[place],
                            down,
                            quantisers,
                            &mut samples[place],
                            row * down,
                        );
                    }
                };
                let data = segment.data;
                bytes_left +=
                    scan::decode(data, &scan, frame, &tables, interval, &mut planes, done)?;
                refinement.note(&scan);
            }
            _ => {}
        }
    }
    if bytes_left > 0 {
        notes.push(Note::BytesLeft(bytes_left));
    }
    if !refinement.is_complete() {
        notes.push(Note::LacksScans);
    }
    for (place, (plane, component)) in planes.into_iter().zip(&frame.components).enumerate() {
        let quantisers = own[place].ok_or_else(|| {
            Error::data(format!("its component {} has no scan or no quantisers", component.id))
                .hint("the file is cut short or corrupted")
        })?;
        if !at_once {
            transform(&plane, component.padded[0], &quantisers, &mut samples[place], 0);
        }
    }
    Ok(samples)
}

/// Transforms the first rows of a plane's blocks into samples, from the row of blocks `top` on.
fn transform(
    plane: &Plane,
    rows: usize,
    quantisers: &[u16; 64],
    samples: &mut Samples,
    top: usize,
) {
    let stride = samples.stride;
    let bands = samples.bytes.chunks_exact_mut(8 * stride).skip(top);
    for (band, blocks) in bands.zip(plane.blocks.chunks_exact(plane.stride).take(rows)) {
        for (place, block) in blocks.iter().enumerate() {
            let block = idct::samples(block, quantisers);
            for (row, from) in band.chunks_exact_mut(stride).zip(block.chunks_exact(8)) {
                row[8 * place..8 * place + 8].copy_from_slice(from);
            }
        }
    }
}

/// The pixels, [C, H, W].
fn image(frame: &Frame, mut samples: Vec<Samples>, colors: Colors) -> Vec<u8> {
    let (height, width) = (frame.height, frame.width);
    let mut pixels = vec![0; colors.channels() * height * width];
    let mut planes: Vec<_> = pixels
        .chunks_exact_mut(height * width)
        .map(|plane| plane.chunks_exact_mut(width))
        .collect();
    let mut rows: Vec<Vec<u8>> =
        samples.iter().map(|samples| vec![0; samples.row_length()]).collect();
    for y in 0..height {
        for (samples, row) in samples.iter_mut().zip(&mut rows) {
            if !samples.is_full() {
                samples.row(y, row);
            }
        }
        let from: Vec<&[u8]> = samples
            .iter()
            .zip(&rows)
            .map(|(samples, row)| if samples.is_full() { samples.line(y) } else { &row[..width] })
            .collect();
        let mut to: Vec<&mut [u8]> = planes.iter_mut().filter_map(Iterator::next).collect();
        color::convert(colors, &from, &mut to);
    }
    pixels
}

fn wrong_table() -> Error {
    Error::data("one of its tables has another length than it says").hint("the file is corrupted")
}

fn unknown_table() -> Error {
    Error::data("one of its tables has a number, a class or a code that there isn't")
        .hint("the file is corrupted")
}

fn read_quantisers(mut body: &[u8], tables: &mut [Option<[u16; 64]>; 4]) -> Result<()> {
    while let Some((&head, rest)) = body.split_first() {
        let wide = head >> 4 != 0;
        let (numbers, rest) =
            rest.split_at_checked(if wide { 128 } else { 64 }).ok_or_else(wrong_table)?;
        let table = std::array::from_fn(|at| match wide {
            true => u16::from_be_bytes([numbers[2 * at], numbers[2 * at + 1]]),
            false => numbers[at].into(),
        });
        *tables.get_mut(usize::from(head & 15)).ok_or_else(unknown_table)? =
            Some(from_zigzag(table));
        body = rest;
    }
    Ok(())
}

fn read_codes(mut body: &[u8], tables: &mut Tables) -> Result<()> {
    while let Some((&head, rest)) = body.split_first() {
        let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(wrong_table)?;
        let count = counts.iter().map(|&count| usize::from(count)).sum();
        let (symbols, rest) = rest.split_at_checked(count).ok_or_else(wrong_table)?;
        let codes = HuffmanTable::new(counts, symbols)?;
        let places = match head >> 4 {
            // A DC coefficient has at most 15 bits.
            0 if symbols.iter().all(|&symbol| symbol < 16) => &mut tables.dc,
            1 => &mut tables.ac,
            _ => return Err(unknown_table()),
        };
        *places.get_mut(usize::from(head & 15)).ok_or_else(unknown_table)? = Some(codes);
        body = rest;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
