//! Plywood's side of `cargo xtask bench`: does the workloads that are asked for, and says how long they
//! take.
//!
//! It reads requests from standard input and answers them on standard output, one line of JSON
//! each; in between it sleeps, so that the other side has the machine to itself.
//! `plywood-benchmarks steps N WORK` does a work's first steps from the start of a process, and
//! `plywood-benchmarks busy` keeps a core busy until its standard input ends.
//! `peers.py` beside this crate is PyTorch's side of the same conversation.

mod busy;
mod catalog;
mod fingerprint;
mod kernel;
mod network;
mod operation;
mod prepare;
mod serve;
mod sizes;
mod tensors;
mod translation;
mod work;

use std::error::Error;
use std::fs;
use std::io::Write;
use std::process::ExitCode;

use plywood_tensor::threads;
use serde_json::json;

use crate::work::Work;

fn main() -> ExitCode {
    // Kernels are called from this thread, as they would be from a program's `main`.
    threads::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => serve::serve(),
        ["steps", count, work] => steps(count, work),
        ["busy"] => busy::busy(),
        ["instructions"] => instructions(),
        _ => Err("usage: plywood-benchmarks [steps COUNT WORK | busy | instructions]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Says which instruction set kernels are chosen for.
fn instructions() -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout(), "{}", plywood_tensor::instructions())?)
}

/// Does the first steps of a work, and says how much memory this process took at most.
fn steps(count: &str, work: &str) -> Result<(), Box<dyn Error>> {
    let work: Work = serde_json::from_str(work)?;
    let mut workload = work.prepare()?;
    for _ in 0..count.parse::<usize>()? {
        workload.run()?;
    }
    Ok(writeln!(std::io::stdout(), "{}", json!({ "peak_mb": peak_mb() }))?)
}

/// The most memory that this process has had at once, where the system tells.
fn peak_mb() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}
