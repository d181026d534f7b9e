//! `cargo xtask examples`: each example of the tour as a smoke run, in a folder of its own, and the tests
//! of those that train for long.

use crate::command::{cargo, line, run as run_command, seconds};
use crate::workspace::{self, EXAMPLES};
use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::TargetKind;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The example that is also run with output that can't be written.
const UNREAD: &str = "digits";
/// The examples with tests that `cargo xtask test` leaves out, since they train for a minute unless they
/// are optimised.
const SLOW_TESTS: [&str; 3] = ["digits_folds", "heat_equation", "house_prices"];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only this example
    pub(crate) name: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let metadata = workspace::metadata()?;
    let package = metadata.packages.iter().find(|package| package.name == EXAMPLES);
    let package = package.with_context(|| format!("the workspace has no package {EXAMPLES}"))?;
    let mut names = workspace::targets(package, TargetKind::Example);
    if let Some(wanted) = &args.name {
        if !names.contains(&wanted.as_str()) {
            bail!("there is no example `{wanted}`; there are: {}", names.join(", "));
        }
        names.retain(|name| name == wanted);
    }
    let slow_tests: Vec<&str> =
        SLOW_TESTS.into_iter().filter(|slow| names.contains(slow)).collect();

    run_command(&mut cargo(["build", "--release", "--package", EXAMPLES, "--examples"]))?;
    let target = metadata.target_directory.as_std_path();
    let suffix = std::env::consts::EXE_SUFFIX;
    let mut times = Vec::new();
    for name in names {
        println!("example {name}:");
        let start = Instant::now();
        let program = target.join("release/examples").join(format!("{name}{suffix}"));
        smoke(&program, &target.join("smoke").join(name))
            .with_context(|| format!("example `{name}` failed its smoke run"))?;
        times.push((name, start.elapsed()));
    }
    if !slow_tests.is_empty() {
        let mut command = cargo(["test", "--release", "--package", EXAMPLES]);
        command.args(slow_tests.iter().flat_map(|name| ["--example", name]));
        run_command(command.args(["--", "--ignored"]))?;
    }
    for (name, time) in times {
        println!("example {name}: {}", seconds(time));
    }
    Ok(())
}

/// Runs an example whose output can't be written: it does its work all the same, and fails only where
/// somebody misses what it says.
fn unread(program: &Path, folder: &Path) -> Result<()> {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full");
    if full().is_err() {
        println!("(this system has no disk that is always full)");
        return Ok(());
    }
    for (stdout_is_full, expected) in [(false, 0), (true, 1)] {
        let mut command = Command::new(program);
        command.env("PLYWOOD_SMOKE", "1").current_dir(folder).stderr(full()?);
        match stdout_is_full {
            true => command.stdout(full()?),
            false => command.stdout(Stdio::piped()),
        };
        let mut child = command.spawn().with_context(|| line(&command))?;
        // Nobody reads the pipe.
        drop(child.stdout.take());
        let code = child.wait()?.code();
        ensure!(
            code == Some(expected),
            "with output that can't be written it ends with {code:?}, not {expected}"
        );
    }
    Ok(())
}

/// Runs an example as CI does: shortened, and in an empty folder, since it writes to `runs/`.
fn smoke(program: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).context(format!("can't empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).context(format!("can't create {}", folder.display()))?;
    run_command(Command::new(program).env("PLYWOOD_SMOKE", "1").current_dir(folder))?;
    if folder.ends_with(UNREAD) {
        unread(program, folder)?;
    }
    fs::remove_dir_all(folder).context(format!("can't remove {}", folder.display()))
}
