//! `cargo xtask bench --compare REVISION`: the working tree and another revision in alternation.
//!
//! Both are built, and take turns at each workload: times that were kept from an hour ago are of another
//! state of the machine.

mod before;
mod row;

use super::Args;
use super::agreement::agree;
use super::memory;
use super::turns::{Turn, alternate};
use super::worker::Worker;
use super::workload::{self, Measure, Workload};
use crate::command::{cargo, run as run_command, seconds};
use crate::workspace;
use anyhow::{Context, Result, ensure};
use row::{Row, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Milliseconds that a turn lasts at least. Many short ones tell two programs that hardly differ apart sooner
/// than few long ones: what else the machine does changes within seconds.
const TURN: f64 = 150.0;

/// How often a workload that seems slower is measured in all: the median counts.
const RUNS: usize = 3;

/// The two programs.
struct Pair {
    before: PathBuf,
    now: PathBuf,
    threads: usize,
    rounds: usize,
    /// Where they write what they begin with.
    file: PathBuf,
}

pub(super) fn run(args: &Args, revision: &str) -> Result<()> {
    let start = Instant::now();
    let now = workspace::metadata()?.target_directory.into_std_path_buf();
    let folder = now.join("bench").join("before");
    let before = before::build(revision, &folder)?;
    run_command(&mut cargo(super::BUILD))?;
    let file = folder.join("tensors.safetensors");
    let pair = Pair { before, now, threads: args.threads()?, rounds: args.rounds(9), file };

    let [mut before, mut now] = pair.start()?;
    let list = |side| workload::choose(workload::list(side)?, args.filter.as_deref());
    let (workloads, apart) = common(list(&mut before)?, list(&mut now)?);
    println!("{}", super::machine_of(&pair.now, pair.threads)?);
    println!("{}", row::heading(revision));
    let (mut rows, mut measured, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for workload in &workloads {
        match pair.measure(workload, &mut [&mut before, &mut now]) {
            Ok(row) => {
                println!("{row}");
                rows.push(row);
                measured.push(workload);
            }
            // The others tell something all the same.
            Err(error) => {
                println!("{error:#}");
                failed.push(workload.name.as_str());
            }
        }
    }
    drop((before, now));
    for (row, workload) in rows.iter_mut().zip(measured) {
        while row.seems_slower() && row.runs() < RUNS {
            // In new processes: where its memory lies may make one slower for as long as it runs.
            let [mut before, mut now] = pair.start()?;
            row.add(pair.measure(workload, &mut [&mut before, &mut now])?);
            println!("{row}");
        }
    }
    let _ = fs::remove_file(&pair.file);
    if !apart.is_empty() {
        let apart = apart.join("\n  ");
        println!("\nnot compared, since only one side has them or they are other work:\n  {apart}");
    }
    let verdict = Verdict::of(&rows);
    println!("\n{verdict}\n{}", seconds(start.elapsed()));
    verdict.check()?;
    ensure!(failed.is_empty(), "these couldn't be compared: {}", failed.join(", "));
    Ok(())
}

/// The workloads that are the same in both, and the names of the others.
fn common(before: Vec<Workload>, now: Vec<Workload>) -> (Vec<Workload>, Vec<String>) {
    let told = |workload: &Workload| {
        matches!(workload.measure, Measure::Time | Measure::Kernel | Measure::Memory)
    };
    let works: BTreeMap<String, Value> =
        before.into_iter().filter(told).map(|workload| (workload.name, workload.work)).collect();
    let same = |workload: &Workload| works.get(&workload.name) == Some(&workload.work);
    let (common, others): (Vec<_>, Vec<_>) = now.into_iter().filter(told).partition(same);
    let known = |name: &str| common.iter().chain(&others).any(|workload| workload.name == name);
    let gone = works.keys().filter(|name| !known(name)).cloned();
    let apart = others.iter().map(|workload| workload.name.clone()).chain(gone).collect();
    (common, apart)
}

impl Pair {
    fn sides(&self, arguments: &[&str]) -> [Command; 2] {
        [&self.before, &self.now].map(|side| super::plywood(side, self.threads, arguments))
    }

    fn start(&self) -> Result<[Worker; 2]> {
        let [mut before, mut now] = self.sides(&[]);
        Ok([
            Worker::start("the revision", &mut before)?,
            Worker::start("the working tree", &mut now)?,
        ])
    }

    /// Measures once, by turns.
    fn measure(&self, workload: &Workload, workers: &mut [&mut Worker; 2]) -> Result<Row> {
        let Workload { name, work, .. } = workload;
        if workload.measure == Measure::Memory {
            let work = work.to_string();
            let [before, now] = self.sides(&["steps", memory::STEPS, &work]);
            return Ok(Row::memory(name, memory::peak(before)?, memory::peak(now)?));
        }
        let prepare = json!({ "do": "prepare", "work": work, "file": self.file });
        let before = workers[0].ask(&prepare)?;
        agree(&workers[1].ask(&prepare)?, &before, "the revision").context(name.clone())?;
        let mut turns = [0, 1].map(Turn::Alone);
        let (times, noisy) = alternate(workers, &mut turns, self.rounds, TURN)?;
        Ok(Row::times(name, times, noisy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(name: &str, work: Value, measure: Measure) -> Workload {
        Workload { name: name.to_string(), measure, work, gflop: 0.0, gbyte: 0.0 }
    }

    #[test]
    fn only_equal_work_is_compared() {
        let of = |name, n| workload(name, json!({ "n": n }), Measure::Time);
        let busy = || workload("busy", json!({}), Measure::Busy);
        let before = vec![of("same", 1), of("grown", 1), of("gone", 1), busy()];
        let now = vec![of("same", 1), of("grown", 2), of("new", 1), busy()];
        let (common, apart) = common(before, now);
        assert_eq!(workload::names(&common, ", "), "same");
        assert_eq!(apart, ["grown", "new", "gone"]);
    }
}
