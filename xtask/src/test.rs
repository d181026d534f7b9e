//! `cargo xtask test`: all unit, integration and documentation tests.

use crate::command::{cargo, run as run_command};
use anyhow::Result;
use std::process::Command;

pub(crate) fn run() -> Result<()> {
    run_command(&mut command())
}

pub(crate) fn command() -> Command {
    cargo(["test", "--workspace"])
}
