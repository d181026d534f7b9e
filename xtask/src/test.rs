//! `cargo xtask test`: all unit, integration and documentation tests, and those of the kernels once
//! more for each instruction set that this machine could do without, and those of everything that waits
//! for threads once more with a single one.

use crate::command::{cargo, line, run as run_command};
use anyhow::{Context, Result, ensure};
use cargo_metadata::Message;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What is tested once more: a variable, its value, and the packages that it matters to.
const AGAIN: [(&str, &str, &[&str]); 3] = [
    ("PLYWOOD_INSTRUCTIONS", "avx2", &["plywood-tensor"]),
    ("PLYWOOD_INSTRUCTIONS", "portable", &["plywood-tensor"]),
    ("RAYON_NUM_THREADS", "1", &["plywood-tensor", "plywood-datasets", "plywood-training"]),
];

pub(crate) fn run() -> Result<()> {
    run_command(&mut cargo(["test", "--workspace"]))?;
    let programs = programs()?;
    for (variable, value, packages) in AGAIN {
        println!("\nonce more with {variable}={value}: {}", packages.join(", "));
        for Program { package, folder, executable } in &programs {
            if packages.contains(&&**package) {
                let mut command = Command::new(executable);
                run_command(command.env(variable, value).current_dir(folder).arg("--quiet"))?;
            }
        }
    }
    Ok(())
}

/// A program of tests.
struct Program {
    package: String,
    /// Where `cargo test` would run it.
    folder: PathBuf,
    executable: PathBuf,
}

/// The programs that `cargo test --workspace` runs, but for documentation: those of one package alone
/// would be built anew, with fewer features of what it depends on.
fn programs() -> Result<Vec<Program>> {
    let mut command =
        cargo(["test", "--workspace", "--lib", "--tests", "--no-run", "--message-format=json"]);
    let line = line(&command);
    let mut child = command.stdout(Stdio::piped()).spawn().context(format!("`{line}`"))?;
    let output = child.stdout.take().context("the output is piped")?;
    let mut programs = Vec::new();
    for message in Message::parse_stream(BufReader::new(output)) {
        if let Message::CompilerArtifact(artifact) = message?
            && let Some(executable) = artifact.executable
            && artifact.profile.test
        {
            let folder = artifact.manifest_path.parent().context("a manifest is in a folder")?;
            let manifest = std::fs::read_to_string(&artifact.manifest_path)?;
            let package = manifest.lines().find_map(|line| line.strip_prefix("name = \""));
            let package = package.and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
            programs.push(Program {
                package: package.to_owned(),
                folder: folder.into(),
                executable: executable.into(),
            });
        }
    }
    let status = child.wait()?;
    ensure!(status.success(), "`{line}` failed ({status})");
    for (.., packages) in AGAIN {
        for package in packages {
            let found = programs.iter().any(|program| program.package == *package);
            ensure!(found, "`{line}` names no tests of {package}");
        }
    }
    Ok(programs)
}
