//! Running other programs: what was run is always part of what is said about it.

use anyhow::{Context, Error, Result, bail};
use std::env;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::workspace;

/// The `cargo` that runs this program, in the workspace's root, with these arguments.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root()).args(arguments);
    command
}

/// Runs a command with its output going to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    let status = command.status().with_context(|| format!("`{line}` didn't start"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a command and returns what it wrote to standard output; what it wrote to standard error is
/// part of the error.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command.output().with_context(|| format!("`{line}` didn't start"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{line}` failed ({}):\n{}", output.status, said.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` didn't print UTF-8"))
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
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

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,:/@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_string() } else { format!("'{word}'") }
}

/// An error and what caused it, one after the other.
pub(crate) fn causes(error: &Error) -> String {
    error.chain().map(|cause| cause.to_string()).collect::<Vec<_>>().join("\n")
}

/// A duration for people: `0.4 s`, `12.5 s`, `3 min 07 s`.
pub(crate) fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        let whole = seconds.round() as u64;
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
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
    fn a_failure_names_the_command_and_what_it_said() {
        let error = capture(cargo(["metadata", "--no-such-flag"]).env("LC_ALL", "C")).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("`LC_ALL=C cargo metadata --no-such-flag` failed (exit status: "));
        assert!(text.contains("--no-such-flag"), "{text}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("plywood-no-such-program")).unwrap_err();
        assert_eq!(error.to_string(), "`plywood-no-such-program` didn't start");
    }

    #[test]
    fn durations_change_their_unit_at_a_minute() {
        assert_eq!(seconds(Duration::from_millis(430)), "0.4 s");
        assert_eq!(seconds(Duration::from_millis(187_000)), "3 min 07 s");
    }
}
