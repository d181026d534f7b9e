//! `cargo xtask tidy`: the rules that no compiler checks, each with its reason.

mod examples;
mod headers;
mod length;
mod modules;
mod paths;
mod prelude;
mod source;
mod stack;
mod unsafety;

use crate::workspace;
use anyhow::{Result, bail};
use source::SourceFile;
use std::io::{Write, stderr};

/// A place where a rule is broken.
#[derive(Debug)]
struct Violation {
    /// The file, relative to the workspace's root.
    path: String,
    /// The line, counted from 1.
    line: usize,
    /// What is there that shouldn't be, or what is missing.
    what: String,
    /// Why the rule exists.
    why: &'static str,
    /// What to do.
    mend: String,
}

pub(crate) fn run() -> Result<()> {
    let files = source::tracked_files(&workspace::root())?;
    let crates = stack::crates(&workspace::metadata()?, &files);

    let mut violations = stack::check(&crates);
    let checks = [
        headers::check,
        examples::check,
        modules::check,
        unsafety::check,
        length::check,
        paths::check,
        prelude::check,
    ];
    for check in checks {
        violations.extend(check(&files));
    }
    if violations.is_empty() {
        println!("tidy: {} files and {} crates are in order", files.len(), crates.len());
        return Ok(());
    }
    violations.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for violation in &violations {
        let _ = writeln!(stderr(), "{}", describe(violation));
    }
    bail!("tidy found {} to mend", plural(violations.len(), "place"));
}

fn describe(violation: &Violation) -> String {
    let Violation { path, line, what, why, mend } = violation;
    format!("{path}:{line}: {what}\n{}\n{}\n", wrap("  why:  ", why), wrap("  mend: ", mend))
}

/// A paragraph behind a label, in lines of at most 80 columns where its words allow it.
fn wrap(label: &str, text: &str) -> String {
    let indent = label.chars().count();
    let mut out = label.to_string();
    let mut column = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > 80 {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_fits_a_terminal() {
        let violation = Violation {
            path: "crates/tensor/src/lib.rs".to_string(),
            line: 1,
            what: "no header".to_string(),
            why: "a reader who opens any file of the project should know at once where they are \
                  and what the file is for",
            mend: "begin it with `//!`".to_string(),
        };
        let expected = "crates/tensor/src/lib.rs:1: no header\n  \
            why:  a reader who opens any file of the project should know at once where\n        \
            they are and what the file is for\n  \
            mend: begin it with `//!`\n";
        assert_eq!(describe(&violation), expected);
        assert!(expected.lines().all(|line| line.len() <= 80));
    }

    #[test]
    fn a_noun_agrees_with_its_count() {
        assert_eq!(plural(1, "place"), "1 place");
        assert_eq!(plural(2, "place"), "2 places");
    }
}
