//! Where text is cut before pairs are looked for: words, numbers, punctuation, spaces.

/// The longest piece in bytes: looking for pairs takes time that grows with its square.
const LONGEST: usize = 96;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letters,
    Digits,
    Space,
    Other,
}

impl Kind {
    fn of(character: char) -> Self {
        if character.is_alphabetic() {
            Self::Letters
        } else if character.is_numeric() {
            Self::Digits
        } else if character.is_whitespace() {
            Self::Space
        } else {
            Self::Other
        }
    }
}

/// Pieces that together are the text: letters, digits or other characters in a row, each with the one space before it;
/// and what other white space there is.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = rest.split_at(first_piece(rest));
        rest = after;
        Some(piece)
    })
}

/// The length of the piece that a text begins with, which isn't empty.
fn first_piece(text: &str) -> usize {
    let after = |start: usize, kind: Kind| {
        let mut ends = text[start..].char_indices().map(|(at, c)| (start + at, c));
        ends.find(|&(at, c)| Kind::of(c) != kind || at + c.len_utf8() > LONGEST)
            .map_or(text.len(), |(at, _)| at)
    };
    let mut characters = text.chars();
    let [first, second] = [characters.next(), characters.next()].map(|c| c.map(Kind::of));
    match (first, second) {
        (Some(Kind::Space), Some(kind)) if kind != Kind::Space && text.starts_with(' ') => {
            after(1, kind)
        }
        (Some(Kind::Space), _) => {
            let end = after(0, Kind::Space);
            // The last space belongs to what follows.
            let spaces = &text[..end];
            if end < text.len() && spaces.len() > 1 && spaces.ends_with(' ') {
                end - 1
            } else {
                end
            }
        }
        (Some(kind), _) => after(0, kind),
        (None, _) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_take_the_space_before_them() {
        let of = |text| pieces(text).collect::<Vec<_>>();
        assert_eq!(
            of("Two dogs, l'été  42!\n"),
            ["Two", " dogs", ",", " l", "'", "été", " ", " 42", "!", "\n"]
        );
        assert_eq!(of(" \t x"), [" \t", " x"]);
        assert_eq!(of("  "), ["  "]);
        assert_eq!(of(""), [""; 0]);
    }

    #[test]
    fn endless_words_are_cut() {
        for text in ["é".repeat(1_000), " ".repeat(1_000), format!(" {}", "a".repeat(1_000))] {
            assert!(pieces(&text).all(|piece| (1..=LONGEST).contains(&piece.len())));
            assert_eq!(pieces(&text).collect::<String>(), text);
        }
    }
}
