//! The scans of a JPEG file: from codes to the coefficients of each component's blocks.

use plywood_tensor::{Error, Result};

use super::bits::{Bits, HuffmanTable};
use super::frame::{Coding, Component, Frame};

/// From the place along the zigzag to that in the block. Beyond its end is the last place, where a run of
/// zeros from a corrupted file does no harm.
const ZIGZAG: [u8; 80] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
    63, 63, 63, 63, 63, 63,
];

/// The numbers of a table along the zigzag, at their places in a block.
pub(super) fn from_zigzag<T: Copy + Default>(numbers: [T; 64]) -> [T; 64] {
    let mut block = [T::default(); 64];
    for (&place, number) in ZIGZAG.iter().zip(numbers) {
        block[usize::from(place)] = number;
    }
    block
}

/// A block of coefficients, row by row.
pub(super) type Block = [i16; 64];

/// The tables that a scan finds: those of DC and those of AC coefficients.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) dc: [Option<HuffmanTable>; 4],
    pub(super) ac: [Option<HuffmanTable>; 4],
}

/// The header of a scan.
pub(super) struct Scan {
    /// The place of each of its components in the frame, and those of their tables.
    pub(super) components: Vec<[usize; 3]>,
    /// The first and the last coefficient along the zigzag.
    pub(super) band: [usize; 2],
    /// Whether it refines what came before, by one bit.
    refines: bool,
    /// The bits that are left to later scans.
    pub(super) low: u32,
}

impl Scan {
    pub(super) fn read(body: &[u8], frame: &Frame) -> Result<Self> {
        let wrong =
            || Error::data("the header of a scan makes no sense").hint("the file is corrupted");
        let (&count, rest) = body.split_first().ok_or_else(wrong)?;
        let (specs, &[first, last, bits]) = rest
            .split_at_checked(2 * usize::from(count))
            .and_then(|(specs, rest)| Some((specs, rest.first_chunk::<3>()?)))
            .ok_or_else(wrong)?;
        let mut components: Vec<[usize; 3]> = Vec::new();
        for spec in specs.chunks(2) {
            // Several may have the same number: each is the next of them.
            let place = (0..frame.components.len()).find(|&place| {
                frame.components[place].id == spec[0]
                    && components.iter().all(|&[other, ..]| other != place)
            });
            let place = place.ok_or_else(wrong)?;
            let [dc, ac] = [spec[1] >> 4, spec[1] & 15].map(usize::from);
            if dc > 3 || ac > 3 {
                return Err(wrong());
            }
            components.push([place, dc, ac]);
        }
        let (high, low) = (bits >> 4, bits & 15);
        let scan = Self {
            components,
            band: [first.into(), last.into()],
            refines: high > 0,
            low: low.into(),
        };
        let makes_sense = match frame.coding {
            // What these say otherwise is passed over, as libjpeg does.
            Coding::Sequential => true,
            Coding::Progressive => {
                first <= last
                    && last < 64
                    && (first > 0 || last == 0)
                    && (first == 0 || count == 1)
                    && low <= 13
                    && (high == 0 || high == low + 1)
            }
        };
        match makes_sense && count > 0 {
            true => Ok(scan),
            false => Err(wrong()),
        }
    }

    /// How many blocks it goes over.
    pub(super) fn blocks(&self, frame: &Frame) -> usize {
        let blocks = |&[place, ..]: &[usize; 3]| -> usize {
            frame.components[place].padded.iter().product()
        };
        self.components.iter().map(blocks).sum()
    }
}

/// The coefficients of a component.
pub(super) struct Plane {
    pub(super) blocks: Vec<Block>,
    /// Blocks in a row.
    pub(super) stride: usize,
    /// Whether they are those of one row of units, which the next row replaces.
    pub(super) holds_row: bool,
}

/// Decodes the data of a scan into the planes of its frame's components, which restart every so many units.
/// Gives the number of bytes that are left behind the last unit.
///
/// # Errors
/// When the data end before the last unit, or go on beyond where they should restart.
pub(super) fn decode(
    data: &[u8],
    scan: &Scan,
    frame: &Frame,
    tables: &Tables,
    interval: usize,
    planes: &mut [Plane],
    mut row_is_done: impl FnMut(usize, &mut [Plane]),
) -> Result<usize> {
    let mut coder = Coder::new(data, scan, frame, tables)?;
    // A scan of one component has units of one block, those of several have all that belong together.
    let alone = match scan.components[..] {
        [[place, ..]] => Some(&frame.components[place]),
        _ => None,
    };
    let [rows, columns] = match alone {
        Some(component) => component.blocks,
        None => [0, 1].map(|axis| [frame.height, frame.width][axis].div_ceil(8 * frame.most[axis])),
    };
    let mut left = interval;
    for row in 0..rows {
        for column in 0..columns {
            if interval > 0 {
                if left == 0 {
                    coder.restart().ok_or_else(|| ends(row, rows, frame))?;
                    left = interval;
                }
                left -= 1;
            }
            match alone {
                Some(_) => {
                    let plane = &mut planes[scan.components[0][0]];
                    let y = if plane.holds_row { 0 } else { row };
                    coder.block(0, &mut plane.blocks[y * plane.stride + column]);
                }
                None => {
                    for (index, &[place, ..]) in scan.components.iter().enumerate() {
                        let [down, across] = frame.components[place].sampling;
                        let plane = &mut planes[place];
                        let top = if plane.holds_row { 0 } else { row * down };
                        for y in top..top + down {
                            let first = y * plane.stride + column * across;
                            for block in &mut plane.blocks[first..first + across] {
                                coder.block(index, block);
                            }
                        }
                    }
                }
            }
            if coder.bits.is_over() {
                return Err(ends(row, rows, frame));
            }
            if coder.bits.are_wrong() {
                return Err(at_row("make no sense", row, rows, frame));
            }
        }
        row_is_done(row, planes);
    }
    Ok(coder.bits.bytes_left())
}

fn ends(row: usize, rows: usize, frame: &Frame) -> Error {
    at_row("end", row, rows, frame)
}

fn at_row(what: &str, row: usize, rows: usize, frame: &Frame) -> Error {
    let pixels = row * frame.height / rows;
    Error::data(format!("the data of a scan {what} about row {pixels} of {}", frame.height))
        .hint("the file is cut short or corrupted")
}

/// What is decoding one block after the other.
struct Coder<'a> {
    bits: Bits<'a>,
    /// The tables of each component of the scan.
    dc: Vec<&'a HuffmanTable>,
    ac: Vec<&'a HuffmanTable>,
    /// The last DC coefficient of each component: the next one is coded as the difference from it.
    last_dc: Vec<i32>,
    /// The blocks left of an EOB run: those that have no more coefficients in this scan's band.
    eob_run: u32,
    /// How often it has begun anew, counted modulo 256, of which the markers have the last three bits.
    restarts: u8,
    way: Way,
    band: [usize; 2],
    low: u32,
}

/// What a scan says of a block.
#[derive(Clone, Copy)]
enum Way {
    Whole,
    FirstDc,
    RefineDc,
    FirstAc,
    RefineAc,
}

impl<'a> Coder<'a> {
    fn new(data: &'a [u8], scan: &Scan, frame: &Frame, tables: &'a Tables) -> Result<Self> {
        let way = match (frame.coding, scan.band[0], scan.refines) {
            (Coding::Sequential, ..) => Way::Whole,
            (_, 0, false) => Way::FirstDc,
            (_, 0, true) => Way::RefineDc,
            (_, _, false) => Way::FirstAc,
            (_, _, true) => Way::RefineAc,
        };
        let missing =
            || Error::data("a scan's table of codes is missing").hint("the file is corrupted");
        let (mut dc, mut ac) = (Vec::new(), Vec::new());
        for &[_, dc_table, ac_table] in &scan.components {
            if matches!(way, Way::Whole | Way::FirstDc) {
                dc.push(tables.dc[dc_table].as_ref().ok_or_else(missing)?);
            }
            if matches!(way, Way::Whole | Way::FirstAc | Way::RefineAc) {
                ac.push(tables.ac[ac_table].as_ref().ok_or_else(missing)?);
            }
        }
        let last_dc = vec![0; scan.components.len()];
        let (bits, [band, low]) = (Bits::new(data), [scan.band, [scan.low as usize; 2]]);
        Ok(Self { bits, dc, ac, last_dc, eob_run: 0, restarts: 0, way, band, low: low[0] as u32 })
    }

    fn restart(&mut self) -> Option<()> {
        self.last_dc.fill(0);
        self.eob_run = 0;
        self.restarts = self.restarts.wrapping_add(1);
        self.bits.restart(self.restarts.wrapping_sub(1)).then_some(())
    }

    #[inline(always)]
    fn block(&mut self, index: usize, block: &mut Block) {
        match self.way {
            Way::Whole => self.whole(index, block),
            Way::FirstDc => block[0] = (self.dc_coefficient(index) << self.low) as i16,
            Way::RefineDc => {
                self.bits.fill();
                block[0] |= (self.bits.take(1) << self.low) as i16;
            }
            Way::FirstAc => self.first_ac(block),
            Way::RefineAc => self.refine_ac(block),
        }
    }

    #[inline(always)]
    fn dc_coefficient(&mut self, index: usize) -> i32 {
        self.bits.fill();
        let category = u32::from(self.dc[index].symbol(&mut self.bits));
        let dc = self.last_dc[index].wrapping_add(self.bits.number(category));
        self.last_dc[index] = dc;
        dc
    }

    fn whole(&mut self, index: usize, block: &mut Block) {
        block.fill(0);
        block[0] = self.dc_coefficient(index) as i16;
        let codes = self.ac[index];
        let mut at = 1;
        while at < 64 {
            self.bits.fill();
            if let Some((value, zeros)) = codes.whole(&mut self.bits) {
                at += zeros;
                block[usize::from(ZIGZAG[at])] = value as i16;
                at += 1;
                continue;
            }
            let symbol = codes.symbol(&mut self.bits);
            let (zeros, category) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if category == 0 {
                if zeros < 15 {
                    return;
                }
                at += 16;
                continue;
            }
            at += zeros;
            block[usize::from(ZIGZAG[at])] = self.bits.number(category) as i16;
            at += 1;
        }
    }

    /// The length of an EOB run, of which this block is the first.
    fn end_of_band(&mut self, power: usize) -> u32 {
        (1 << power) + self.bits.take(power as u32)
    }

    fn first_ac(&mut self, block: &mut Block) {
        if self.eob_run > 0 {
            self.eob_run -= 1;
            return;
        }
        let codes = self.ac[0];
        let mut at = self.band[0];
        while at <= self.band[1] {
            self.bits.fill();
            let symbol = codes.symbol(&mut self.bits);
            let (zeros, category) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if category == 0 {
                if zeros < 15 {
                    self.eob_run = self.end_of_band(zeros) - 1;
                    return;
                }
                at += 16;
                continue;
            }
            at += zeros;
            block[usize::from(ZIGZAG[at])] = (self.bits.number(category) << self.low) as i16;
            at += 1;
        }
    }

    fn refine_ac(&mut self, block: &mut Block) {
        let [mut at, last] = self.band;
        let bit = 1_i16 << self.low;
        if self.eob_run == 0 {
            while at <= last {
                self.bits.fill();
                let symbol = self.ac[0].symbol(&mut self.bits);
                let (mut zeros, category) = (usize::from(symbol >> 4), symbol & 15);
                let mut new = 0;
                if category != 0 {
                    new = if self.bits.take(1) == 1 { bit } else { -bit };
                } else if zeros < 15 {
                    self.eob_run = self.end_of_band(zeros);
                    break;
                }
                // The new coefficient stands behind so many that are still zero; the others are refined.
                while at <= last {
                    let coefficient = &mut block[usize::from(ZIGZAG[at])];
                    if *coefficient != 0 {
                        refine(&mut self.bits, coefficient, bit);
                    } else if zeros == 0 {
                        *coefficient = new;
                        break;
                    } else {
                        zeros -= 1;
                    }
                    at += 1;
                }
                at += 1;
            }
        }
        if self.eob_run > 0 {
            for &place in ZIGZAG.get(at..=last).unwrap_or_default() {
                let coefficient = &mut block[usize::from(place)];
                if *coefficient != 0 {
                    refine(&mut self.bits, coefficient, bit);
                }
            }
            self.eob_run -= 1;
        }
    }
}

/// A bit more of a coefficient that isn't zero.
fn refine(bits: &mut Bits<'_>, coefficient: &mut i16, bit: i16) {
    bits.fill();
    if bits.take(1) == 1 && *coefficient & bit == 0 {
        *coefficient = coefficient.saturating_add(if *coefficient < 0 { -bit } else { bit });
    }
}

/// The planes of a frame's components, all coefficients 0: of the whole image, or of a row of units.
pub(super) fn planes(components: &[Component], holds_row: bool) -> Vec<Plane> {
    let plane = |component: &Component| {
        let [rows, stride] = component.padded;
        let rows = if holds_row { component.sampling[0] } else { rows };
        Plane { blocks: vec![[0; 64]; rows * stride], stride, holds_row }
    };
    components.iter().map(plane).collect()
}
