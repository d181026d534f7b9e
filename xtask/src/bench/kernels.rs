//! `cargo xtask bench` without peers: Plywood's own benchmarks.

use super::Args;
use crate::command::{cargo, run as run_command};
use crate::workspace;
use anyhow::{Result, bail};
use cargo_metadata::TargetKind;

pub(super) fn run(args: &Args) -> Result<()> {
    let metadata = workspace::metadata()?;
    let packages = metadata.packages.iter();
    if packages.flat_map(|package| workspace::targets(package, TargetKind::Bench)).next().is_none()
    {
        bail!("the workspace has no benchmarks: they belong into crates/NAME/benches/");
    }
    // `--benches` would also run each crate's unit tests, whose harness knows other arguments.
    let mut command = cargo(["bench", "--workspace", "--bench", "*", "--"]);
    if let Some(threads) = args.threads {
        command.env("RAYON_NUM_THREADS", threads.to_string());
    }
    run_command(command.args(&args.filter))
}
