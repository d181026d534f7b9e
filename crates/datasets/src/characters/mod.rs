//! Text letter by letter: characters become numbers, and numbers characters.

mod windows;

use std::path::Path;

use plywood_tensor::{Error, Result, Tensor};

use crate::table::decode_text;
pub use windows::{TextBatch, TextWindows};

/// The characters that a text is made of, each of which has a number: their place in the order of Unicode.
///
/// ```
/// use plywood_datasets::Characters;
/// use plywood_tensor::Tensor;
///
/// let characters = Characters::of("banana")?;
/// assert_eq!(characters.as_slice(), ['a', 'b', 'n']);
/// assert_eq!(characters.encode("nab")?, Tensor::from([2_u32, 0, 1]));
/// assert_eq!(characters.decode(&[2, 0, 1])?, "nab");
/// let error = characters.encode("nax").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "line 1: characters: letter 3 is 'x', which isn't among the 3 characters; a text to learn from must have it, \
///      or leave it out"
/// );
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Characters(Vec<char>);

impl Characters {
    /// Those of a text.
    ///
    /// # Errors
    /// When the text is empty.
    pub fn of(text: &str) -> Result<Self> {
        let mut characters: Vec<char> = text.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        match characters.is_empty() {
            true => Err(Error::data("an empty text has no characters").operation("characters")),
            false => Ok(Self(characters)),
        }
    }

    /// The characters, that of number 0 first.
    pub fn as_slice(&self) -> &[char] {
        &self.0
    }

    /// The number of each character of a text, `[L]`.
    ///
    /// # Errors
    /// When a character is none of these: the error says where it is.
    pub fn encode(&self, text: &str) -> Result<Tensor<u32>> {
        let number = |(place, character): (usize, char)| {
            let known = self.0.binary_search(&character);
            known.map(|number| number as u32).map_err(|_| self.unknown(text, place, character))
        };
        Ok(text.char_indices().map(number).collect::<Result<Vec<u32>>>()?.into())
    }

    /// The text of these numbers.
    ///
    /// # Errors
    /// When there is no character of a number.
    pub fn decode(&self, numbers: &[u32]) -> Result<String> {
        let character = |&number: &u32| {
            self.0.get(number as usize).ok_or_else(|| {
                Error::index(format!("there is no character {number}, there are {}", self.0.len()))
                    .operation("characters")
            })
        };
        numbers.iter().map(character).collect()
    }

    /// What is said of a character at a place of a text, in bytes.
    fn unknown(&self, text: &str, place: usize, character: char) -> Error {
        let before = &text[..place];
        let line = before.matches('\n').count() + 1;
        let letter = before.chars().rev().take_while(|&before| before != '\n').count() + 1;
        Error::data(format!(
            "letter {letter} is {character:?}, which isn't among the {} characters",
            self.0.len()
        ))
        .operation("characters")
        .at(format!("line {line}"))
        .hint("a text to learn from must have it, or leave it out")
    }
}

/// The text of a file, in UTF-8 or, with its mark, in UTF-16; its lines end with `\n` alone, whatever they ended with.
///
/// # Errors
/// When the file can't be read, or isn't a text: the error says at which line.
///
/// ```
/// use plywood_datasets::read_text;
///
/// let error = read_text("no/such/novel.txt").unwrap_err().to_string();
/// assert!(error.starts_with("no/such/novel.txt: can't read it: "), "{error}");
/// ```
pub fn read_text(path: impl AsRef<Path>) -> Result<String> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let text = decode_text(bytes, &mut Vec::new()).map_err(|error| error.at(path.display()))?;
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_become_texts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("novel.txt");
        std::fs::write(&path, "\u{FEFF}One.\r\nTwo £.\rThree\n").unwrap();
        let text = read_text(&path).unwrap();
        assert_eq!(text, "One.\nTwo £.\nThree\n");
        let characters = Characters::of(&text).unwrap();
        let numbers = characters.encode(&text).unwrap();
        assert_eq!(characters.decode(numbers.as_slice()).unwrap(), text);
        assert_eq!(
            characters.decode(&[99]).unwrap_err().to_string(),
            "characters: there is no character 99, there are 12"
        );
        std::fs::write(&path, b"One.\nTw\xFF.").unwrap();
        let error = read_text(&path).unwrap_err().to_string();
        assert!(error.contains("novel.txt: line 2: letter 3 is the byte 0xFF"), "{error}");
        assert_eq!(
            Characters::of("").unwrap_err().to_string(),
            "characters: an empty text has no characters"
        );
    }
}
