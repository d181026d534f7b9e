//! Text of files and callers as a terminal may be shown it.

use std::borrow::Cow;

/// A text in which letters that a terminal would obey, or that hide others, are written as Rust escapes
/// them: a column's name in a file may clear the screen, or turn the words behind it around. Line ends and
/// tabs stay.
///
/// ```
/// use plywood_tensor::{visible, visible_line};
///
/// assert_eq!(visible("\u{1b}[2Jprice\n"), "\\u{1b}[2Jprice\n");
/// assert_eq!(visible_line("price\nof a house"), "price\\nof a house");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| obeyed(letter) && !matches!(letter, '\n' | '\t'))
}

/// As [`visible`], for a text that must stay in its line: line ends and tabs are escaped, too.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    escaped(text, obeyed)
}

/// Whether a letter controls a terminal, ends a line, or changes the direction of writing.
fn obeyed(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped(text: &str, escape: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&escape) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match escape(letter) {
            true => out.extend(letter.escape_debug()),
            false => out.push(letter),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        assert_eq!(visible("Größe, 1 234 €\n\tπ 日"), "Größe, 1 234 €\n\tπ 日");
        assert_eq!(visible("a\u{1b}[31m\u{7}\r\u{9b}2J"), "a\\u{1b}[31m\\u{7}\\r\\u{9b}2J");
        assert_eq!(visible("gpj.\u{202e}exe"), "gpj.\\u{202e}exe");
        assert_eq!(visible_line("a\r\nb\tc"), "a\\r\\nb\\tc");
        assert!(matches!(visible_line("a b"), Cow::Borrowed("a b")));
    }
}
