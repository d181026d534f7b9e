//! Texts in lines that fit a terminal.

/// How wide lines are.
pub(crate) const WIDTH: usize = 80;

/// A text in lines of at most so many letters, unless a word is longer.
pub(crate) fn lines(text: &str, room: usize) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let own = word.chars().count();
        if length > 0 && length + 1 + own > room {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines += word;
        length += own;
    }
    lines
}

/// The text, its end cut where it is longer than that.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_full_and_no_longer() {
        assert_eq!(lines("one two three", 7), "one two\nthree");
        assert_eq!(lines("one two three", 6), "one\ntwo\nthree");
        assert_eq!(lines("größere Zahlen", 14), "größere Zahlen");
        assert_eq!(
            lines("antidisestablishmentarianism is long", 7),
            "antidisestablishmentarianism\nis long"
        );
    }
}
