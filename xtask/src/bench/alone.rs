//! `cargo xtask bench` without a peer: what each workload takes.

use super::Args;
use super::statistics::median;
use super::turns::{TURN, Turn, alternate};
use super::worker::Worker;
use super::workload::{self, Measure, Workload};
use crate::command::{cargo, run as run_command};
use crate::workspace;
use anyhow::{Context, Result};
use serde_json::json;
use std::fs;

pub(super) fn run(args: &Args) -> Result<()> {
    let target = workspace::metadata()?.target_directory.into_std_path_buf();
    let folder = target.join("bench");
    fs::create_dir_all(&folder).context(format!("can't create {}", folder.display()))?;
    run_command(&mut cargo(super::BUILD))?;
    let threads = args.threads()?;
    let mut plywood = Worker::start("Plywood", &mut super::plywood(&target, threads, &[]))?;
    let mut workloads = workload::list(&mut plywood)?;
    workloads.retain(|workload| matches!(workload.measure, Measure::Time | Measure::Kernel));
    let workloads = workload::choose(workloads, args.filter.as_deref())?;

    println!("{}", super::machine_of(&target, threads)?);
    println!("{:<44}{:>12}{:>10}{:>10}", "workload", "time", "GFLOP/s", "GB/s");
    let file = folder.join("tensors.safetensors");
    for workload in &workloads {
        plywood.ask(&json!({ "do": "prepare", "work": workload.work, "file": file }))?;
        let mut turns = [Turn::Alone(0)];
        let (rounds, mut workers) = (args.rounds(1), [&mut plywood]);
        let ([times], noisy) = alternate(&mut workers, &mut turns, rounds, TURN)?;
        println!("{}", line(workload, median(&times).unwrap_or_default(), noisy));
    }
    let _ = fs::remove_file(&file);
    Ok(())
}

fn line(workload: &Workload, ms: f64, noisy: bool) -> String {
    let Workload { name, gflop, gbyte, .. } = workload;
    let a_second = |amount: f64| match amount {
        0.0 => String::new(),
        amount => format!("{:.1}", amount / ms * 1e3),
    };
    let (gflops, bytes) = (a_second(*gflop), a_second(*gbyte));
    let noise = if noisy { "  noisy" } else { "" };
    format!("{name:<44}{:>12}{gflops:>10}{bytes:>10}{noise}", duration(ms)).trim_end().to_string()
}

/// Milliseconds, with the unit that suits them.
pub(super) fn duration(ms: f64) -> String {
    let (number, unit) = match ms {
        1000.0.. => (ms / 1e3, "s"),
        1.0.. => (ms, "ms"),
        _ => (ms * 1e3, "µs"),
    };
    let digits = if number >= 100.0 { 0 } else { 1 + usize::from(number < 10.0) };
    format!("{number:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_what_limits_the_work() {
        let conv = Workload {
            name: "conv/a/fwd".to_string(),
            measure: Measure::Time,
            work: json!({}),
            gflop: 0.5,
            gbyte: 0.0,
        };
        let expected = format!("{:<44}{:>12}{:>10}", "conv/a/fwd", "5.00 ms", "100.0");
        assert_eq!(line(&conv, 5.0, false), expected);
        assert!(line(&conv, 5.0, true).ends_with("  noisy"));
    }

    #[test]
    fn durations_have_three_digits() {
        let shown = [0.0015, 0.25, 12.34, 250.0, 1500.0].map(duration);
        assert_eq!(shown, ["1.50 µs", "250 µs", "12.3 ms", "250 ms", "1.50 s"]);
    }
}
