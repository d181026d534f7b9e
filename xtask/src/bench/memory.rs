//! The memory that a side takes.

use crate::command::capture;
use anyhow::{Context, Result};
use serde_json::Value;
use std::process::Command;

/// Steps after which a process has all the memory that training takes.
pub(super) const STEPS: &str = "10";

/// The peak memory of a process that does so many steps, in megabytes.
pub(super) fn peak(mut command: Command) -> Result<f64> {
    let answer: Value = serde_json::from_str(&capture(&mut command)?)?;
    answer["peak_mb"].as_f64().context("this system doesn't tell a peak of memory")
}
