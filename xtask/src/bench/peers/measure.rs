//! Measuring one workload: the sides in alternation, turn by turn.

use super::agreement::agree;
use super::load::{Stretch, is_disturbed};
use super::sides::Sides;
use super::worker::Worker;
use super::{Measure, Settings, Workload};
use crate::command::capture;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Milliseconds that a side's turn lasts at least: several steps of every network, since the first ones
/// find threads asleep and caches full of the other side's numbers, which no training run does.
const TURN: f64 = 500.0;
/// Rounds of a workload that are given up because another program was busy.
const PATIENCE: usize = 5;
/// PyTorch's threads wait for more work without sleeping; after this they sleep.
const SETTLE: Duration = Duration::from_millis(20);
/// Steps after which a process has all the memory that training takes.
const MEMORY_STEPS: &str = "10";

/// The programs that are measured by turns.
pub(super) struct Trio {
    plywood: Worker,
    torch: Worker,
    tuned: Worker,
}

/// What was measured, round by round: milliseconds, or megabytes of memory.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) plywood: Vec<f64>,
    pub(super) torch: Vec<f64>,
    /// PyTorch tuned, where it was measured.
    pub(super) tuned: Vec<f64>,
    /// What PyTorch's best was made of.
    pub(super) variant: String,
    /// Whether another program was busy, every time.
    pub(super) noisy: bool,
}

impl Trio {
    fn start(sides: &Sides) -> Result<Self> {
        Ok(Self {
            plywood: Worker::start("Plywood", &mut sides.plywood(&[]))?,
            torch: Worker::start("PyTorch", &mut sides.torch(false, &[]))?,
            tuned: Worker::start("PyTorch, tuned", &mut sides.torch(true, &[]))?,
        })
    }
}

pub(super) fn measure(
    workload: &Workload,
    trio: &mut Option<Trio>,
    sides: &Sides,
    settings: &Settings,
    folder: &Path,
) -> Result<Figures> {
    match workload.measure {
        Measure::Time => {
            let trio = match trio {
                Some(trio) => trio,
                None => trio.insert(Trio::start(sides)?),
            };
            let file = folder.join("tensors.safetensors");
            let figures = times(&workload.work, trio, settings.rounds, &file);
            let _ = fs::remove_file(&file);
            figures
        }
        Measure::Memory => memory(&workload.work, sides),
        Measure::Start => starts(&workload.work, sides, settings.rounds),
    }
}

/// Each side's time in each round.
fn times(work: &Value, trio: &mut Trio, rounds: usize, file: &Path) -> Result<Figures> {
    let prepare = json!({ "do": "prepare", "work": work, "file": file });
    let ours = trio.plywood.ask(&prepare)?;
    agree(&ours, &trio.torch.ask(&prepare)?)?;
    let tuned = trio.tuned.ask(&prepare)?;
    agree(&ours, &tuned).context("PyTorch, tuned")?;

    let variant = tuned["variant"].as_str().unwrap_or_default().to_string();
    let mut figures = Figures { variant, ..Default::default() };
    let mut patience = PATIENCE;
    while figures.plywood.len() < rounds {
        let (mut turns, mut disturbed) = ([0.0; 3], false);
        for (ms, worker) in
            turns.iter_mut().zip([&mut trio.plywood, &mut trio.torch, &mut trio.tuned])
        {
            sleep(SETTLE);
            let stretch = Stretch::beside(worker.id());
            let answer = worker.ask(&json!({ "do": "time", "ms": TURN }))?;
            disturbed |= stretch.was_disturbed();
            *ms = answer["ms"].as_f64().context("an answer without a time")?;
        }
        if disturbed && patience > 0 {
            patience -= 1;
            sleep(Duration::from_secs(1));
            continue;
        }
        figures.noisy |= disturbed;
        figures.plywood.push(turns[0]);
        figures.torch.push(turns[1]);
        figures.tuned.push(turns[2]);
    }
    Ok(figures)
}

/// The peak memory of processes of their own.
fn memory(work: &Value, sides: &Sides) -> Result<Figures> {
    let [plywood, torch] = both(work, sides, MEMORY_STEPS);
    let peak = |mut command: Command| -> Result<Vec<f64>> {
        let answer: Value = serde_json::from_str(&capture(&mut command)?)?;
        Ok(vec![answer["peak_mb"].as_f64().context("this system doesn't tell a peak of memory")?])
    };
    Ok(Figures { plywood: peak(plywood)?, torch: peak(torch)?, ..Default::default() })
}

/// The time from the start of a process to its end, after one step.
fn starts(work: &Value, sides: &Sides, rounds: usize) -> Result<Figures> {
    let mut figures = Figures::default();
    let time = |mut command: Command| -> Result<f64> {
        let start = Instant::now();
        capture(&mut command)?;
        Ok(start.elapsed().as_secs_f64() * 1e3)
    };
    // Once before it counts, so that the files are in memory.
    for command in both(work, sides, "1") {
        time(command)?;
    }
    let mut patience = PATIENCE;
    while figures.plywood.len() < rounds {
        let disturbed = is_disturbed();
        if disturbed && patience > 0 {
            patience -= 1;
            sleep(Duration::from_secs(1));
            continue;
        }
        figures.noisy |= disturbed;
        let [plywood, torch] = both(work, sides, "1");
        figures.plywood.push(time(plywood)?);
        figures.torch.push(time(torch)?);
    }
    Ok(figures)
}

/// The commands of processes that do so many steps.
fn both(work: &Value, sides: &Sides, steps: &str) -> [Command; 2] {
    let work = work.to_string();
    let torch = sides.torch(false, &["--steps", steps, "--work", &work]);
    [sides.plywood(&["steps", steps, &work]), torch]
}
