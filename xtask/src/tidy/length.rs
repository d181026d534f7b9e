//! The rule that a source file of a crate stays short enough to read at one sitting.

use super::{SourceFile, Violation};

const MOST_LINES: usize = 600;

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    files.iter().filter(|file| is_crate_source(&file.path)).filter_map(check_file).collect()
}

/// Whether a path is `crates/NAME/src/....rs`.
fn is_crate_source(path: &str) -> bool {
    let mut parts = path.split('/');
    path.ends_with(".rs") && parts.next() == Some("crates") && parts.nth(1) == Some("src")
}

fn check_file(file: &SourceFile) -> Option<Violation> {
    let lines = file.text.lines().count();
    (lines > MOST_LINES).then(|| Violation {
        path: file.path.clone(),
        line: MOST_LINES + 1,
        what: format!("the file has {lines} lines, the limit is {MOST_LINES}"),
        why: "one file holds one idea, and a reader takes it in at one sitting",
        mend: "split it: one file for each thing it does".to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_lines(path: &str, lines: usize) -> Vec<Violation> {
        check(&[SourceFile { path: path.to_string(), text: "//! a\n".repeat(lines) }])
    }

    #[test]
    fn a_long_file_is_to_be_split() {
        assert!(check_lines("crates/tensor/src/kernels/conv.rs", 600).is_empty());
        let violations = check_lines("crates/tensor/src/kernels/conv.rs", 601);
        assert_eq!(violations[0].what, "the file has 601 lines, the limit is 600");
        assert_eq!(violations[0].line, 601);
    }

    #[test]
    fn the_limit_is_for_the_sources_of_crates() {
        assert!(check_lines("crates/tensor/tests/conv.rs", 700).is_empty());
        assert!(check_lines("Cargo.lock", 700).is_empty());
    }
}
