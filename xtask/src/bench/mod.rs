//! `cargo xtask bench`: how fast Plywood is alone, beside another revision of it, and beside PyTorch.

mod agreement;
mod alone;
mod compare;
mod load;
mod machine;
mod memory;
mod peers;
mod statistics;
mod turns;
mod worker;
mod workload;

use crate::command::capture;
use anyhow::{Context, Result};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Measure only what has this in its name
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Run on so many threads; one for each core if it isn't said
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Measure in alternation with another revision, which is built in target/bench
    #[arg(long, value_name = "REVISION", conflicts_with = "peers")]
    compare: Option<String>,
    /// Measure in alternation with PyTorch; also on one thread, and beside a busy program
    #[arg(long)]
    peers: bool,
    /// Turns that each side has at each workload; 9 with --compare, 5 with --peers if it isn't said
    #[arg(long, value_name = "N")]
    rounds: Option<NonZeroUsize>,
    /// A Python that has torch and torchvision, instead of one in target/peers-venv
    #[arg(long, value_name = "PATH", requires = "peers")]
    python: Option<PathBuf>,
}

impl Args {
    fn rounds(&self, usual: usize) -> usize {
        self.rounds.map_or(usual, NonZeroUsize::get)
    }

    fn threads(&self) -> Result<usize> {
        let cores = available_parallelism().context("can't count this machine's cores")?;
        Ok(self.threads.unwrap_or(cores).get())
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    match &args.compare {
        Some(revision) => compare::run(args, revision),
        None if args.peers => peers::run(args),
        None => alone::run(args),
    }
}

/// Plywood's side, built in this target folder.
fn plywood(target: &Path, threads: usize, arguments: &[&str]) -> Command {
    let mut command = Command::new(target.join("release").join("plywood-benchmarks"));
    command.env("RAYON_NUM_THREADS", threads.to_string()).args(arguments);
    command
}

/// The processor, the threads, and the instruction set that kernels are chosen for.
fn machine_of(target: &Path, threads: usize) -> Result<String> {
    let instructions = capture(&mut plywood(target, threads, &["instructions"]))?;
    Ok(format!("{}, {threads} threads, {}", machine::processor(), instructions.trim()))
}

/// What builds it.
const BUILD: [&str; 4] = ["build", "--release", "--package", "plywood-benchmarks"];
