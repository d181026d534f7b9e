//! `cargo xtask sanitize`: the tensor crate's tests under AddressSanitizer, which sees every access
//! outside of what was allocated. The kernels and the storage are where `unsafe` is.

use crate::command::run as run_command;
use anyhow::{Context, Result, bail};
use std::process::Command;

pub(crate) fn run() -> Result<()> {
    let target = host()?;
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo", "test", "--package", "plywood-tensor"]);
    // A target of its own, or build scripts and macros would be instrumented too.
    command.args(["--lib", "--tests", "--target", &target]);
    command.env("CARGO_TARGET_DIR", "target/sanitize");
    command.env("RUSTFLAGS", "-Zsanitizer=address --cfg plywood_sanitize");
    // Threads of a pool keep what they have until the process ends.
    command.env("ASAN_OPTIONS", "detect_leaks=0");
    command.env("PROPTEST_CASES", "16");
    run_command(&mut command)
}

/// The triple of this machine, as nightly's compiler names it.
fn host() -> Result<String> {
    let version = Command::new("rustup")
        .args(["run", "nightly", "rustc", "--version", "--verbose"])
        .output()
        .context("can't start rustup, which finds the nightly toolchain")?;
    if !version.status.success() {
        bail!("there is no nightly toolchain: rustup toolchain install nightly");
    }
    let text = String::from_utf8_lossy(&version.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc says no host")?.to_owned())
}
