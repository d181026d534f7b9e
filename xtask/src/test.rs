//! `cargo xtask test`: all unit, integration and documentation tests, and those of the kernels once
//! more for each instruction set that this machine could do without.

use crate::command::{cargo, run as run_command};
use anyhow::Result;
use std::process::Command;

pub(crate) fn run() -> Result<()> {
    commands().iter_mut().try_for_each(run_command)
}

pub(crate) fn commands() -> Vec<Command> {
    let mut commands = vec![cargo(["test", "--workspace"])];
    for instructions in ["avx2", "portable"] {
        let mut command = cargo(["test", "--package", "plywood-tensor", "--lib", "--tests"]);
        command.env("PLYWOOD_INSTRUCTIONS", instructions);
        commands.push(command);
    }
    commands
}
