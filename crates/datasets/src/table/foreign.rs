//! Files of other formats, which often have the name of a table.

use plywood_tensor::{Error, Result};

const SAVE_AS: &str = "open it there and save the sheet as CSV (UTF-8)";
const UNPACK: &str = "unpack it first; of packed files gzip is read";
const CONVERT: &str = "convert it to CSV (UTF-8)";

/// How files begin that are no text, what they are, and what to do.
const SIGNATURES: [(&[u8], &str, &str); 9] = [
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an old Excel workbook (.xls)", SAVE_AS),
    (b"\xFD7zXZ\0", "an xz archive", UNPACK),
    (b"\x28\xB5\x2F\xFD", "a Zstandard archive", UNPACK),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive", UNPACK),
    (b"PAR1\x15", "a Parquet file", CONVERT),
    (b"ARROW1\0", "an Arrow file", CONVERT),
    (b"SQLite format 3\0", "an SQLite database", CONVERT),
    (b"\x89HDF\r\n\x1A\n", "an HDF5 file", CONVERT),
    (b"%PDF-", "a PDF document", CONVERT),
];

/// How texts begin, in small letters, that are no tables.
const TEXTS: [(&str, &str, &str); 6] = [
    (
        "<!doctype html",
        "an HTML page",
        "a link to a file often leads to a page: fetch the file itself",
    ),
    ("<html", "an HTML page", "a link to a file often leads to a page: fetch the file itself"),
    ("<table", "a table in HTML", CONVERT),
    ("<?xml", "an XML file", CONVERT),
    ("{\"", "a JSON file", CONVERT),
    ("{\\rtf", "an RTF document", SAVE_AS),
];

/// Refuses what is another format by its first bytes.
pub(super) fn refuse(bytes: &[u8]) -> Result<()> {
    let found = signature(bytes).or_else(|| {
        let start = &bytes[..bytes.len().min(256)];
        let text = String::from_utf8_lossy(start).to_lowercase();
        let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let mut texts = TEXTS.iter().filter(|(begin, ..)| text.starts_with(begin));
        texts.next().map(|&(_, what, mend)| (what, mend))
    });
    match found {
        Some((what, mend)) => Err(Error::data(format!("this is {what}, not CSV")).hint(mend)),
        None => Ok(()),
    }
}

fn signature(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let is_there = |text: &[u8]| {
        let start = &bytes[..bytes.len().min(4096)];
        start.windows(text.len()).any(|window| window == text)
    };
    if bytes.starts_with(b"PK\x03\x04") {
        return Some(match () {
            () if is_there(b"opendocument") => ("an OpenDocument spreadsheet (.ods)", SAVE_AS),
            () if is_there(b"[Content_Types].xml") || is_there(b"xl/") => {
                ("an Excel workbook (.xlsx)", SAVE_AS)
            }
            () => ("a zip archive", UNPACK),
        });
    }
    if bytes.starts_with(b"BZh") && bytes.get(4..10) == Some(b"1AY&SY") {
        return Some(("a bzip2 archive", UNPACK));
    }
    let mut signatures = SIGNATURES.iter().filter(|(begin, ..)| bytes.starts_with(begin));
    signatures.next().map(|&(_, what, mend)| (what, mend))
}
