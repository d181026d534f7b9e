//! From a file's bytes to its text.

use plywood_tensor::{Error, Result};

use super::foreign;

/// The text of a file in UTF-8 or, with its mark, in UTF-16; `notes` gets what is said of it.
pub(crate) fn decode(mut bytes: Vec<u8>, notes: &mut Vec<String>) -> Result<String> {
    foreign::refuse(&bytes)?;
    let text = match &bytes[..] {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes, notes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes, notes)?,
        [0xEF, 0xBB, 0xBF, ..] => {
            bytes.drain(..3);
            utf8(bytes, || 0)?
        }
        _ => utf8(bytes, || 0)?,
    };
    without_zeros(text, || 0)
}

/// More of a text in UTF-8, of which so many lines have come before: they are counted where an error tells
/// its line.
pub(super) fn decode_more(bytes: Vec<u8>, lines: impl Fn() -> u64) -> Result<String> {
    without_zeros(utf8(bytes, &lines)?, &lines)
}

fn without_zeros(text: String, lines: impl Fn() -> u64) -> Result<String> {
    match text.find('\0') {
        None => Ok(text),
        Some(place) => Err(Error::data("a byte of 0, which no text has")
            .at(line_of(&text[..place], lines()))
            .hint("UTF-16 without its mark has many: save the file as UTF-8")),
    }
}

fn utf8(bytes: Vec<u8>, lines: impl Fn() -> u64) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.into_bytes();
        let before = String::from_utf8_lossy(&bytes[..valid]);
        let letter = before.chars().rev().take_while(|&c| c != '\n' && c != '\r').count() + 1;
        let byte = bytes.get(valid).copied().unwrap_or_default();
        Error::data(format!("letter {letter} is the byte 0x{byte:02X}, which is not UTF-8"))
            .at(line_of(&before, lines()))
            .hint(
                "save the file as UTF-8, in Excel as “CSV UTF-8”; `iconv -f WINDOWS-1252 -t UTF-8` converts \
                 files in Latin-1 or Windows-1252",
            )
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, notes: &mut Vec<String>) -> Result<String> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len() / 2);
    for letter in char::decode_utf16(units) {
        let letter = letter.map_err(|error| {
            let unit = error.unpaired_surrogate();
            Error::data(format!("0x{unit:04X} is not UTF-16")).at(line_of(&text, 0))
        })?;
        text.push(letter);
    }
    if bytes.len() % 2 == 1 {
        return Err(Error::data("cut short: UTF-16 text has an even number of bytes"));
    }
    notes.push("the text is UTF-16".to_owned());
    Ok(text)
}

/// The line that follows some lines and a text, counted as [`Records`](super::records::Records) does.
fn line_of(before: &str, lines: u64) -> String {
    format!("line {}", 1 + lines + line_ends(before))
}

/// The number of line ends, of which `\r\n` is one.
pub(super) fn line_ends(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let ends = bytes.iter().enumerate().filter(|&(place, byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(place + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count() as u64
}
