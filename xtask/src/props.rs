//! `cargo xtask props`: the property tests alone, on as many random cases as one has time for.

use crate::command::{cargo, run as run_command};
use anyhow::Result;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Random cases for each property
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) cases: u32,
}

/// Runs every test whose name contains `prop_`, with `cases` random cases each.
pub(crate) fn run(cases: u32) -> Result<()> {
    // proptest reads the number of cases from this variable.
    let mut command = cargo(["test", "--workspace", "--tests", "--", "prop_"]);
    run_command(command.env("PROPTEST_CASES", cases.to_string()))
}
