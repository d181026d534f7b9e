//! `cargo xtask tables`: the command's defaults on tables beside scikit-learn's.

use crate::command::{cargo, run as run_command};
use crate::{python, workspace};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the tables with this in their names
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// The file that the table of results goes to
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A Python that has scikit-learn and its tables, instead of one in target/tables-venv
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    let target = workspace::metadata()?.target_directory.into_std_path_buf();
    let python = python::TABLES.interpreter(args.python.as_deref(), &target)?;
    run_command(&mut cargo(["build", "--release", "--package", "plywood-cli"]))?;
    let name = if cfg!(windows) { "plywood.exe" } else { "plywood" };
    let mut command = Command::new(python);
    command.arg("-B").arg(root.join("benchmarks/tables.py"));
    command.arg("--plywood").arg(target.join("release").join(name));
    command.arg("--folder").arg(target.join("tables"));
    command.arg("--only").arg(&args.only);
    if let Some(out) = &args.out {
        command.arg("--out").arg(out);
    }
    run_command(&mut command)
}
