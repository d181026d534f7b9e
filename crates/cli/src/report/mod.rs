//! `report.html`: what a training run leaves to look at.

mod images;
mod table;

use std::ffi::OsStr;

pub(crate) use images::of_images;
pub(crate) use table::of_table;

/// The report's name in a run's folder.
pub(crate) const REPORT: &str = "report.html";

/// The line that this process was started by, such that a shell takes it in again.
fn command_line() -> String {
    let words = std::env::args_os().skip(1);
    words.fold("plywood".to_owned(), |line, word| format!("{line} {}", quoted(&word)))
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.into_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_take_it_apart() {
        let words = ["--csv", "a b.csv", "", "it's", "x;y", "0.7,0.1,0.2"];
        let quoted = words.map(|word| quoted(word.as_ref()));
        assert_eq!(quoted, ["--csv", "'a b.csv'", "''", r"'it'\''s'", "'x;y'", "0.7,0.1,0.2"]);
    }
}
