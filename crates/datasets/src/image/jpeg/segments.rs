//! The pieces of a JPEG file: its segments, and the coded data that follow the header of a scan.

use plywood_tensor::{Error, Result};

/// Markers, the second byte of two of which the first is `FF`.
pub(super) mod marker {
    pub(crate) const START: u8 = 0xD8;
    pub(crate) const END: u8 = 0xD9;
    pub(crate) const SCAN: u8 = 0xDA;
    pub(crate) const QUANTISERS: u8 = 0xDB;
    pub(crate) const CODES: u8 = 0xC4;
    pub(crate) const RESTART_INTERVAL: u8 = 0xDD;
    pub(crate) const JFIF: u8 = 0xE0;
    /// Exif and XMP data.
    pub(crate) const APP1: u8 = 0xE1;
    pub(crate) const ADOBE: u8 = 0xEE;

    pub(crate) fn is_restart(marker: u8) -> bool {
        (0xD0..=0xD7).contains(&marker)
    }

    /// Whether it begins a frame: all but the tables of codes among `C0` to `CF`.
    pub(crate) fn is_frame(marker: u8) -> bool {
        (0xC0..=0xCF).contains(&marker) && ![CODES, 0xC8, 0xCC].contains(&marker)
    }
}

/// A segment: its marker, what it says, and the coded data after it, which only a scan has.
pub(super) struct Segment<'a> {
    pub(super) marker: u8,
    pub(super) body: &'a [u8],
    pub(super) data: &'a [u8],
}

/// A file up to its end marker. What lies in a segment, such as a thumbnail with an end of its own, is not
/// looked at.
pub(super) struct Segments<'a> {
    pub(super) list: Vec<Segment<'a>>,
    /// The bytes between segments that belong to none.
    pub(super) stray: usize,
}

/// Cuts a file, which begins with `FF D8`, into its segments.
pub(super) fn segments(file: &[u8]) -> Result<Segments<'_>> {
    let mut list = Vec::new();
    let (mut at, mut stray) = (2, 0);
    loop {
        // Any number of FF may stand before a marker. Nothing else should, and libjpeg passes it over.
        while file.get(at).is_some_and(|&byte| byte != 0xFF)
            || matches!(file.get(at..at + 2), Some([0xFF, 0]))
        {
            (at, stray) = (at + 1, stray + 1);
        }
        while file.get(at + 1) == Some(&0xFF) {
            at += 1;
        }
        let Some(&marker) = file.get(at + 1) else {
            return Err(Error::data("it has no end").hint("the file is cut short"));
        };
        at += 2;
        match marker {
            marker::END => return Ok(Segments { list, stray }),
            marker::START | 1 => continue,
            _ if marker::is_restart(marker) => continue,
            _ => {}
        }
        let length = file.get(at..at + 2).map(|two| usize::from(two[0]) << 8 | usize::from(two[1]));
        let body = length.and_then(|length| file.get(at + 2..at + length.max(2)));
        let Some(body) = body else {
            return Err(Error::data(format!("the segment at byte {} goes beyond its end", at - 2))
                .hint("the file is cut short"));
        };
        at += 2 + body.len();
        let length = if marker == marker::SCAN { coded(&file[at..]) } else { 0 };
        list.push(Segment { marker, body, data: &file[at..at + length] });
        at += length;
    }
}

/// How many bytes there are before a marker that is neither a restart nor a stuffed `FF`.
fn coded(file: &[u8]) -> usize {
    let mut at = 0;
    while let Some(next) = file[at..].iter().position(|&byte| byte == 0xFF) {
        at += next;
        match file.get(at + 1) {
            Some(&0) => at += 2,
            Some(&marker) if marker::is_restart(marker) => at += 2,
            Some(0xFF) => at += 1,
            Some(_) => return at,
            None => break,
        }
    }
    file.len()
}
