//! `cargo xtask storm`: programs that treat Plywood badly, in processes of their own, so that one
//! that dies or never ends is seen too.

mod arguments;

pub(crate) use arguments::CI_CASES;

use anyhow::Result;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    arguments: arguments::Choice,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    arguments::run(&args.arguments)
}

/// The part that CI runs: what takes seconds.
pub(crate) fn check() -> Result<()> {
    arguments::check()
}
