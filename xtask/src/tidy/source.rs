//! The files that tidy looks at, and Rust source with its comments and strings blanked out.

use crate::command::capture;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A text file of the project.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// Relative to the workspace's root, with `/` between folders.
    pub(super) path: String,
    pub(super) text: String,
}

impl SourceFile {
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The line of a byte offset into the text, counted from 1.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        1 + self.text[..offset].bytes().filter(|&byte| byte == b'\n').count()
    }
}

/// Every text file that Git tracks or would track, so that a new file is checked before its commit.
pub(super) fn tracked_files(root: &Path) -> Result<Vec<SourceFile>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listing = capture(Command::new("git").current_dir(root).args(arguments))
        .context("tidy asks Git which files belong to the project")?;
    let mut files = Vec::new();
    for path in listing.split('\0').filter(|path| !path.is_empty()) {
        // A file that was deleted without telling Git is no longer there; images aren't text.
        let Ok(bytes) = fs::read(root.join(path)) else {
            continue;
        };
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        files.push(SourceFile { path: path.to_string(), text });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    Ok(files)
}

/// Rust source with each comment and the inside of each string replaced by spaces, so that every offset stays
/// as it was.
pub(super) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (length, hide) = if rest.starts_with(b"//") {
            (line_comment(rest), true)
        } else if rest.starts_with(b"/*") {
            (block_comment(rest), true)
        } else if let Some(length) = raw_string(rest).filter(|_| !in_word(bytes, at)) {
            (length, true)
        } else if rest[0] == b'"' {
            (string(rest), true)
        } else if let Some(length) = character(rest) {
            (length, true)
        } else {
            (1, false)
        };
        if hide {
            let hidden = out[at..at + length].iter_mut();
            hidden.filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        at += length;
    }
    // Whole characters were kept or blanked, never a part of one.
    String::from_utf8(out).unwrap_or_else(|_| text.to_string())
}

/// Whether the byte before `at` belongs to a word, as in `attr"..."`: then no raw string starts here.
fn in_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn line_comment(rest: &[u8]) -> usize {
    rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len())
}

/// Block comments nest in Rust.
fn block_comment(rest: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of `r"..."`, `r#"..."#` and `br"..."` at the start of `rest`.
fn raw_string(rest: &[u8]) -> Option<usize> {
    let after_b = usize::from(rest[0] == b'b');
    let hashes_from = after_b + usize::from(*rest.get(after_b)? == b'r');
    if hashes_from == after_b {
        return None;
    }
    let hashes = rest[hashes_from..].iter().take_while(|&&byte| byte == b'#').count();
    let opening = hashes_from + hashes;
    if *rest.get(opening)? != b'"' {
        return None;
    }
    let closing = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    let inside = &rest[opening + 1..];
    let end = inside.windows(closing.len()).position(|window| window == closing);
    Some(end.map_or(rest.len(), |end| opening + 1 + end + closing.len()))
}

/// The length of a character literal at the start of `rest`; a lifetime isn't one.
fn character(rest: &[u8]) -> Option<usize> {
    if rest[0] != b'\'' {
        return None;
    }
    if *rest.get(1)? == b'\\' {
        let end = rest.iter().skip(3).position(|&byte| byte == b'\'')?;
        return Some(end + 4);
    }
    // One character of UTF-8 takes at most four bytes.
    let end = rest.iter().take(6).skip(2).position(|&byte| byte == b'\'')? + 2;
    let one = std::str::from_utf8(&rest[1..end]).is_ok_and(|inside| inside.chars().count() == 1);
    one.then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_in_place() {
        let text = "let a = \"x // y\"; // \"z\"\nlet b = 1; /* c /* d */ e */ f();";
        assert_eq!(code_only(text), format!("let a = {:8};{:7}\nlet b = 1;{:18} f();", "", "", ""));
    }

    #[test]
    fn raw_strings_end_at_their_own_hashes() {
        let text = "f(r#\"a \" b\"#, br\"c\", r\"\\\", attr);";
        let blank = code_only(text);
        assert_eq!(blank.split_whitespace().collect::<String>(), "f(,,,attr);");
        assert_eq!(blank.len(), text.len());
    }

    #[test]
    fn a_quote_as_a_character_opens_no_string() {
        let text = "m('\"', '\\'', '\\u{22}', 'é'); fn f<'a>(x: &'a str) { \"s\" }";
        let blank = code_only(text);
        assert!(blank.contains("fn f<'a>(x: &'a str) {"), "{blank}");
        assert!(!blank.contains('"'), "{blank}");
    }

    #[test]
    fn an_unfinished_string_ends_with_the_file() {
        assert_eq!(code_only("a \"b\\"), "a    ");
        assert_eq!(code_only("a /* b"), "a     ");
    }

    #[test]
    fn lines_are_counted_from_one() {
        let file = SourceFile { path: "a.rs".to_string(), text: "a\nb\nc".to_string() };
        assert_eq!([file.line_of(0), file.line_of(2), file.line_of(4)], [1, 2, 3]);
    }
}
