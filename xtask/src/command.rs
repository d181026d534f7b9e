//! Running other programs: what was run is always part of what is said about it.

use anyhow::{Context, Result, bail};
use std::env;
use std::process::Command;
use std::time::Duration;

use crate::workspace;

pub(crate) use plywood_fetch::command::{capture, causes, line};

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
