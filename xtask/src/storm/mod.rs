//! `cargo xtask storm`: programs that treat Plywood badly, in processes of their own, so that one
//! that dies or never ends is seen too.

mod arguments;
mod kills;

use crate::command::{cargo, run as run_command};
use crate::workspace;
use anyhow::Result;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    arguments: arguments::Choice,
    #[command(flatten)]
    kills: kills::Choice,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let program = build()?;
    // Who repeats cases has no use for kills.
    if !args.arguments.is_about_one_area() {
        kills::run(&program, &args.kills)?;
    }
    arguments::run(&program, &args.arguments)
}

/// The part that CI runs: what takes a minute.
pub(crate) fn check() -> Result<()> {
    let program = build()?;
    kills::check(&program)?;
    arguments::check(&program)
}

/// Builds the program with debug assertions and checks for overflow; returns where it is. It comes with a
/// test of its own, since a build without tests takes other features of what it depends on: everything
/// that `cargo xtask test` has built would be built anew.
fn build() -> Result<PathBuf> {
    run_command(&mut cargo(["test", "--quiet", "--workspace", "--no-run", "--test", "storm"]))?;
    let target = workspace::metadata()?.target_directory;
    Ok(target.join("debug/plywood-storm").into())
}
