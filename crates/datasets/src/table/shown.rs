//! What messages show of a file: its texts are cut where they are long, and nothing of them is obeyed by
//! a terminal.

use plywood_tensor::{nearest, visible_line};

/// The most letters of a text, and names of a list, that are shown.
const LETTERS: usize = 40;
const NAMES: usize = 20;

/// A text of a file in a message, of which a long one has its end left out.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", visible_line(&text[..end])),
        None => visible_line(text).into_owned(),
    }
}

/// Names of columns, of which many are counted only.
pub(super) fn listed<Name: AsRef<str>>(names: &[Name]) -> String {
    let some = names.iter().take(NAMES).map(|name| visible_line(name.as_ref()));
    let some = some.collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMES) {
        None | Some(0) => some,
        Some(more) => format!("{some} and {more} more"),
    }
}

/// A hint for a column that isn't there: which one was meant, and which there are.
pub(super) fn columns_are<Name: AsRef<str>>(wanted: &str, names: &[Name]) -> String {
    let meant = nearest(wanted, names.iter().map(AsRef::as_ref));
    let meant = meant.map_or_else(String::new, |name| format!("did you mean `{}`? ", shown(name)));
    format!("{meant}the columns are {}", listed(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_strange_texts() {
        assert_eq!(shown("a b"), "a b");
        assert_eq!(shown("\u{1b}[2J\n"), "\\u{1b}[2J\\n");
        assert_eq!(shown(&"é".repeat(41)), format!("{}…", "é".repeat(40)));
        assert_eq!(
            columns_are("prise", &["rooms", "price"]),
            "did you mean `price`? the columns are rooms, price"
        );
        assert_eq!(columns_are("cellar", &["rooms", "price"]), "the columns are rooms, price");
        assert_eq!(listed(&["a", "b\u{7}"]), "a, b\\u{7}");
        assert_eq!(listed(&["a"; 22]), format!("{}a and 2 more", "a, ".repeat(19)));
    }
}
