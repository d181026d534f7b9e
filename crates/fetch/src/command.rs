//! Running other programs: what was run is always part of what is said about it.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Error, Result, bail};

/// Runs a command and returns what it wrote to standard output; what it wrote to standard error is
/// part of the error.
///
/// # Errors
/// When it doesn't start, fails, or writes no UTF-8.
pub fn capture(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command.output().with_context(|| format!("`{line}` didn't start"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{line}` failed ({}):\n{}", output.status, said.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` didn't print UTF-8"))
}

/// The command as one would type it.
pub fn line(command: &Command) -> String {
    let mut line = String::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            let _ = write!(line, "{}={} ", name.display(), quoted(&value.to_string_lossy()));
        }
    }
    // Cargo is called by its whole path, which says nothing to the reader.
    let program = Path::new(command.get_program());
    line.push_str(&program.file_name().unwrap_or(program.as_os_str()).to_string_lossy());
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&quoted(&argument.to_string_lossy()));
    }
    line
}

/// A word as a shell takes it in again.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// An error and what caused it, one after the other.
pub fn causes(error: &Error) -> String {
    error.chain().map(|cause| cause.to_string()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_be_typed_again() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--no-deps", "a b"]);
        assert_eq!(line(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'a b'");
    }

    #[test]
    fn a_word_is_quoted_where_a_shell_would_take_it_apart() {
        let words = ["--csv", "a b.csv", "", "it's", "x;y", "0.7,0.1,0.2"];
        let quoted = words.map(quoted);
        assert_eq!(quoted, ["--csv", "'a b.csv'", "''", r"'it'\''s'", "'x;y'", "0.7,0.1,0.2"]);
    }

    #[test]
    fn a_failure_says_what_the_program_said() {
        let mut command = Command::new("cargo");
        command.args(["metadata", "--no-such-flag"]).env("LC_ALL", "C");
        let text = capture(&mut command).unwrap_err().to_string();
        assert!(text.starts_with("`LC_ALL=C cargo metadata --no-such-flag` failed (exit status: "));
        assert!(text.contains("--no-such-flag"), "{text}");
    }
}
