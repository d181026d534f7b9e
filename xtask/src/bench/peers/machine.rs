//! The machine that a comparison ran on, and the versions that ran.

use super::sides::Sides;
use crate::bench::machine::processor;
use crate::bench::worker::Worker;
use crate::command::capture;
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;
use std::process::Command;

pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) threads: usize,
    pub(super) limits: Limits,
    pub(super) torch: Torch,
    pub(super) rust: String,
}

/// What the machine can do at most on so many threads.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Limits {
    /// 10⁹ floating-point operations a second, in multiply-adds.
    pub(super) peak_gflops: f64,
    /// 10⁹ bytes a second, read and written.
    pub(super) bandwidth_gb_s: f64,
}

/// What PyTorch's side says of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Torch {
    pub(super) torch: String,
    pub(super) python: String,
    pub(super) date: String,
}

impl Machine {
    /// Measures the machine, and asks the programs.
    pub(super) fn of(sides: &Sides) -> Result<Self> {
        let limits = capture(&mut sides.limits())?;
        let limits = serde_json::from_str(&limits).context("the limits are no JSON")?;
        let mut torch = Worker::start("PyTorch", &mut sides.torch(false, &[]))?;
        let torch = serde_json::from_value(torch.ask(&json!({ "do": "hello" }))?)?;
        let rust = capture(Command::new("rustc").arg("--version"))?;
        let rust = rust.split_whitespace().nth(1).unwrap_or("unknown").to_string();
        let processor = processor();
        Ok(Self { processor, threads: sides.threads, limits, torch, rust })
    }

    pub(super) fn describe(&self) -> String {
        let Self { processor, threads, limits, torch, rust } = self;
        format!(
            "{processor}, {threads} {}: {:.0} GFLOP/s of multiply-adds, {:.1} GB/s of memory\n\
             PyTorch {}, Python {}, rustc {rust}, {}",
            if *threads == 1 { "thread" } else { "threads" },
            limits.peak_gflops,
            limits.bandwidth_gb_s,
            torch.torch,
            torch.python,
            torch.date,
        )
    }
}
