//! `cargo xtask bench --peers`: Plywood and PyTorch in alternation, on the same work.
//!
//! Three programs wait for requests: Plywood's side (`benchmarks/`), PyTorch as it is installed, and
//! PyTorch at its best: glibc told to keep its memory, and the quickest of its layouts and
//! optimizers. They begin each work with the same numbers, and must come to the same results before
//! any time counts.
//!
//! Some rows set each side beside itself instead: on one thread, and beside a busy program.

mod factors;
mod figures;
mod goals;
mod machine;
mod measure;
mod page;
mod row;
mod sides;

use super::Args;
use super::worker::Worker;
use super::workload::{self, Measure, Workload};
use crate::command::{capture, cargo, run as run_command, seconds};
use crate::workspace;
use anyhow::{Context, Result, bail};
use machine::Machine;
use row::Row;
use sides::Sides;
use std::fs;
use std::thread::available_parallelism;
use std::time::Instant;

/// How to measure.
struct Settings {
    threads: usize,
    rounds: usize,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let start = Instant::now();
    let target = workspace::metadata()?.target_directory.into_std_path_buf();
    let folder = target.join("bench");
    fs::create_dir_all(&folder).context(format!("can't create {}", folder.display()))?;
    let python = crate::python::TORCH.interpreter(args.python.as_deref(), &target)?;
    run_command(&mut cargo(crate::bench::BUILD))?;
    let limits = ["build", "--release", "--package", "plywood-tensor", "--example", "limits"];
    run_command(&mut cargo(limits))?;

    let cores = available_parallelism().context("can't count this machine's cores")?;
    let settings = Settings { threads: args.threads()?, rounds: args.rounds(5) };
    let sides = Sides { target, python, threads: settings.threads };
    let mut plywood = Worker::start("Plywood", &mut sides.plywood(&[]))?;
    let mut workloads = workload::list(&mut plywood)?;
    drop(plywood);
    // PyTorch has no such kernels.
    workloads.retain(|workload| workload.measure != Measure::Kernel);
    let chosen = workload::choose(workloads, args.filter.as_deref())?;
    let (chosen, idle): (Vec<Workload>, Vec<Workload>) = chosen
        .into_iter()
        .partition(|workload| workload.measure.tells(settings.threads, cores.get()));
    if !idle.is_empty() {
        let left_out = left_out(&workload::names(&idle, ", "), settings.threads, cores.get());
        if chosen.is_empty() {
            bail!(left_out);
        }
        println!("{left_out}");
    }

    let machine = Machine::of(&sides)?;
    println!("{}", machine.describe());
    let mut heading = String::new();
    let mut trio = None;
    let mut rows = Vec::new();
    for workload in chosen {
        let its_heading = page::heading(&workload.name, settings.threads);
        if its_heading != heading {
            heading = its_heading;
            println!("\n{heading}");
        }
        let row = match measure::measure(&workload, &mut trio, &sides, &settings, &folder) {
            Ok(figures) => Row::new(&workload, &figures, &machine),
            Err(error) => {
                // Whatever went wrong, the next workload begins with fresh programs.
                trio = None;
                Row::refused(&workload, &machine, &format!("{error:#}"))
            }
        };
        println!("{}", page::line(&row));
        rows.push(row);
    }
    let means = page::means(&rows);
    if !means.is_empty() {
        println!("\n{means}");
    }

    let file = folder.join("peers.json");
    fs::write(&file, serde_json::to_string_pretty(&rows)? + "\n")
        .context(format!("can't write {}", file.display()))?;
    println!("\n{} in {}", file.display(), seconds(start.elapsed()));
    // A part of the table would take the whole one's place.
    if args.filter.is_none() {
        let page = workspace::root().join("BENCHMARKS.md");
        let missed = workspace::root().join("benchmarks/missed.md");
        let missed =
            fs::read_to_string(&missed).context(format!("can't read {}", missed.display()))?;
        fs::write(&page, page::page(&machine, &rows, &revision(), &missed))
            .context(format!("can't write {}", page.display()))?;
        println!("{}", page.display());
    }
    Ok(())
}

/// What is said of workloads from which nothing is to be learnt.
fn left_out(names: &str, threads: usize, cores: usize) -> String {
    format!(
        "left out: {names} (threads/… needs 2 threads or more, busy/… one for each core too; here are \
         {cores} cores, and --threads is {threads})"
    )
}

/// The commit that is measured.
fn revision() -> String {
    let mut git = std::process::Command::new("git");
    git.current_dir(workspace::root()).args(["describe", "--always", "--dirty"]);
    capture(&mut git).map_or("unknown".to_string(), |text| text.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::left_out;

    #[test]
    fn what_is_left_out_is_named_with_the_reason() {
        let expected = "left out: busy/alexnet, busy/resnet18 (threads/… needs 2 threads or more, busy/… \
                        one for each core too; here are 8 cores, and --threads is 4)";
        assert_eq!(left_out("busy/alexnet, busy/resnet18", 4, 8), expected);
    }
}
