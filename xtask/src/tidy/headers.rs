//! The rule that every Rust file begins with a `//!` line saying what it is.

use super::{SourceFile, Violation};

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    files
        .iter()
        .filter(|file| file.is_rust())
        .filter(|file| !has_header(&file.text))
        .map(violation)
        .collect()
}

fn has_header(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("//!").is_some_and(|header| !header.trim().is_empty())
}

fn violation(file: &SourceFile) -> Violation {
    Violation {
        path: file.path.clone(),
        line: 1,
        what: "the file doesn't begin with a `//!` header".to_string(),
        why: "a reader who opens any file should know at once where they are",
        mend: "make its first line a `//!` comment that says what the file is".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(path: &str, text: &str) -> usize {
        check(&[SourceFile { path: path.to_string(), text: text.to_string() }]).len()
    }

    #[test]
    fn a_header_comes_first() {
        assert_eq!(check_text("crates/a/src/lib.rs", "//! What it is.\n\nuse std::fmt;\n"), 0);
        assert_eq!(check_text("crates/a/src/lib.rs", "use std::fmt;\n//! Too late.\n"), 1);
        assert_eq!(check_text("crates/a/tests/it.rs", "// A plain comment.\n"), 1);
        assert_eq!(check_text("examples/examples/a.rs", "//!\n"), 1);
        assert_eq!(check_text("examples/examples/a.rs", ""), 1);
    }

    #[test]
    fn only_rust_needs_one() {
        assert_eq!(check_text("README.md", "# Plywood\n"), 0);
    }
}
