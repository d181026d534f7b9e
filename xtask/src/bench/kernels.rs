//! `cargo xtask bench` without peers: Plywood's own benchmarks, and what a change did to them.

use super::Args;
use super::times::{Times, compare, parse};
use crate::command::{cargo, line, run as run_command};
use crate::workspace;
use anyhow::{Context, Result, bail};
use cargo_metadata::TargetKind;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(super) fn run(args: &Args) -> Result<()> {
    let metadata = workspace::metadata()?;
    let packages = metadata.packages.iter();
    if packages.flat_map(|package| workspace::targets(package, TargetKind::Bench)).next().is_none()
    {
        bail!("the workspace has no benchmarks: they belong into crates/NAME/benches/");
    }
    let folder = metadata.target_directory.as_std_path().join("bench");
    // Read first: to learn after minutes of measuring that there is nothing to compare with is late.
    let before = args.compare.as_ref().map(|name| read(&folder, name)).transpose()?;

    // `--benches` would also run each crate's unit tests, whose harness knows other arguments.
    let mut command = cargo(["bench", "--workspace", "--bench", "*", "--"]);
    if let Some(threads) = args.threads {
        command.env("RAYON_NUM_THREADS", threads.to_string());
    }
    command.args(&args.filter);
    if before.is_none() && args.save.is_none() {
        return run_command(&mut command);
    }

    let now = parse(&shown(&mut command)?);
    if now.is_empty() {
        bail!("no benchmark ran: is there one with `{}`?", args.filter.as_deref().unwrap_or(""));
    }
    if let Some(before) = &before {
        println!("{}", compare(before, &now));
    }
    if let Some(name) = &args.save {
        let file = file(&folder, name)?;
        fs::create_dir_all(&folder).context(format!("can't create {}", folder.display()))?;
        fs::write(&file, serde_json::to_string_pretty(&now)? + "\n")
            .context(format!("can't write {}", file.display()))?;
        println!("saved as `{name}`: {}", file.display());
    }
    Ok(())
}

/// Where the times of this name are kept.
fn file(folder: &Path, name: &str) -> Result<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        bail!("`{name}` is no name for a file: use letters, digits, `-`, `_` and `.`");
    }
    Ok(folder.join(format!("times-{name}.json")))
}

fn read(folder: &Path, name: &str) -> Result<Times> {
    let file = file(folder, name)?;
    let text = fs::read_to_string(&file).with_context(|| {
        format!("no times were saved as `{name}`: cargo xtask bench --save {name} does that")
    })?;
    serde_json::from_str(&text).context(format!("{} holds no times", file.display()))
}

/// Runs a command, and gives what it prints while it shows it.
fn shown(command: &mut Command) -> Result<String> {
    let typed = line(command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{typed}` didn't start"))?;
    let mut text = String::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            println!("{line}");
            text.push_str(&line);
            text.push('\n');
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{typed}` failed ({status})");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_saved_says_how_to_save() {
        let folder = tempfile::tempdir().unwrap();
        let error = read(folder.path(), "before").unwrap_err().to_string();
        assert_eq!(
            error,
            "no times were saved as `before`: cargo xtask bench --save before does that"
        );
        assert!(
            read(folder.path(), "../x").unwrap_err().to_string().contains("no name for a file")
        );
    }

    #[test]
    fn what_is_shown_is_given_too() {
        let text = shown(Command::new("sh").args(["-c", "echo one; echo two"])).unwrap();
        assert_eq!(text, "one\ntwo\n");
        assert!(shown(Command::new("sh").args(["-c", "exit 3"])).is_err());
    }
}
