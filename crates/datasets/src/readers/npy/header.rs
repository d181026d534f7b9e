//! The header of a `.npy` file: a dictionary as Python writes it, of three entries.

use plywood_tensor::{Error, Result, Shape};

const MAGIC: &[u8] = b"\x93NUMPY";

/// What the header says.
pub(super) struct Header {
    /// The type as it stands there, such as `<f4`.
    pub(super) descr: String,
    /// Its letter, such as `f`.
    pub(super) kind: char,
    /// The bytes of an element.
    pub(super) width: usize,
    /// Whether the highest byte of a number comes first.
    pub(super) big_endian: bool,
    /// Whether the first axis is the first to move on, as in Fortran.
    pub(super) fortran_order: bool,
    pub(super) shape: Shape,
}

impl Header {
    /// The header of a file, and what comes after it.
    pub(super) fn parse(file: &[u8]) -> Result<(Self, &[u8])> {
        let Some(rest) = file.strip_prefix(MAGIC) else {
            let start = &file[..file.len().min(6)];
            return Err(Error::data(format!(
                "the first bytes are {start:02x?}, a .npy file begins with {MAGIC:02x?}"
            )));
        };
        let cut_short = || Error::data("cut short within the header");
        let (&[major, _minor], rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
        let (length, rest) = match major {
            1 => {
                let (length, rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
                (usize::from(u16::from_le_bytes(*length)), rest)
            }
            2 | 3 => {
                let (length, rest) = rest.split_first_chunk().ok_or_else(cut_short)?;
                (u32::from_le_bytes(*length) as usize, rest)
            }
            _ => {
                return Err(Error::data(format!("version {major} of the format"))
                    .hint("versions 1 to 3 are read"));
            }
        };
        let (text, body) = rest.split_at_checked(length).ok_or_else(cut_short)?;
        let no_dictionary = || {
            let text: String = String::from_utf8_lossy(text).trim_end().chars().take(100).collect();
            Error::data(format!("the header `{}` is not understood", text.escape_debug()))
                .hint("it should have `descr`, `fortran_order` and `shape`, and the type no fields")
        };
        let text = std::str::from_utf8(text).map_err(|_| no_dictionary())?;
        let (descr, fortran_order, sizes) = dictionary(text).ok_or_else(no_dictionary)?;
        let (kind, width, big_endian) = parts(descr).ok_or_else(|| {
            Error::data(format!("elements of type `{}`", descr.escape_debug()))
                .hint("truths, whole numbers and floats of up to 64 bits, and texts are read")
        })?;
        let (descr, shape) = (descr.to_owned(), Shape::new(&sizes)?);
        Ok((Self { descr, kind, width, big_endian, fortran_order, shape }, body))
    }
}

/// The letter of a type such as `<f4`, the bytes of an element, and whether the highest comes first.
fn parts(descr: &str) -> Option<(char, usize, bool)> {
    let mut letters = descr.chars();
    let big_endian = match letters.next()? {
        '<' | '|' | '=' => false,
        '>' => true,
        _ => return None,
    };
    let kind = letters.next()?;
    let number: usize = letters.as_str().parse().ok()?;
    let width = if kind == 'U' { number.checked_mul(4)? } else { number };
    (width > 0).then_some((kind, width, big_endian))
}

/// The entries `descr`, `fortran_order` and `shape` of a dictionary that has no others.
fn dictionary(text: &str) -> Option<(&str, bool, Vec<usize>)> {
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let (mut descr, mut order, mut shape) = (None, None, None);
    while !rest.is_empty() {
        let (key, value) = quoted(rest)?;
        let value = value.trim_start().strip_prefix(':')?.trim_start();
        let after = match key {
            "descr" => {
                let (own, after) = quoted(value)?;
                descr = Some(own);
                after
            }
            "fortran_order" => match value.strip_prefix("True") {
                Some(after) => {
                    order = Some(true);
                    after
                }
                None => {
                    order = Some(false);
                    value.strip_prefix("False")?
                }
            },
            "shape" => {
                let (own, after) = value.strip_prefix('(')?.split_once(')')?;
                let sizes = own.split(',').map(str::trim).filter(|size| !size.is_empty());
                // Python 2 wrote long numbers with an L.
                let sizes = sizes.map(|size| size.trim_end_matches('L').parse().ok());
                shape = Some(sizes.collect::<Option<Vec<usize>>>()?);
                after
            }
            _ => return None,
        };
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some((descr?, order?, shape?))
}

/// A text in quotes, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
    text[1..].split_once(quote)
}
