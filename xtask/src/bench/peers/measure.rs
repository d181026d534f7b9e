//! Measuring one workload: the sides in alternation, turn by turn.

use super::Settings;
use super::sides::Sides;
use crate::bench::agreement::agree;
use crate::bench::load::is_disturbed;
use crate::bench::memory;
use crate::bench::turns::{PATIENCE, TURN, Turn, alternate};
use crate::bench::worker::Worker;
use crate::bench::workload::{Measure, Workload};
use crate::command::capture;
use anyhow::Result;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

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
    /// Plywood and PyTorch tuned once more, where that is what is measured: on one thread, or beside a
    /// busy program.
    pub(super) hindered: Option<[Vec<f64>; 2]>,
    /// What PyTorch's best was made of.
    pub(super) variant: String,
    /// Whether another program was busy, every time.
    pub(super) noisy: bool,
}

impl Figures {
    /// Of Plywood and of PyTorch tuned: unhindered, then hindered.
    fn hindered(times: [Vec<f64>; 4], variant: String, noisy: bool) -> Self {
        let [plywood, hindered, tuned, hindered_tuned] = times;
        let hindered = Some([hindered, hindered_tuned]);
        Self { plywood, tuned, hindered, variant, noisy, ..Default::default() }
    }
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
        Measure::Time | Measure::Kernel | Measure::Threads | Measure::Busy => {
            let trio = match trio {
                Some(trio) => trio,
                None => trio.insert(Trio::start(sides)?),
            };
            let file = folder.join("tensors.safetensors");
            let prepare = json!({ "do": "prepare", "work": workload.work, "file": file });
            let figures = match workload.measure {
                Measure::Threads => threads(&prepare, trio, sides, settings.rounds),
                Measure::Busy => busy(&prepare, trio, sides, settings.rounds),
                _ => times(&prepare, trio, settings.rounds),
            };
            let _ = fs::remove_file(&file);
            figures
        }
        Measure::Memory => peaks(&workload.work, sides),
        Measure::Start => starts(&workload.work, sides, settings.rounds),
    }
}

/// Each side's time in each round.
fn times(prepare: &Value, trio: &mut Trio, rounds: usize) -> Result<Figures> {
    let Trio { plywood, torch, tuned } = trio;
    let ours = plywood.ask(prepare)?;
    agree(&ours, &torch.ask(prepare)?, "PyTorch")?;
    let variant = tune(&ours, tuned, prepare)?;
    let mut turns = [0, 1, 2].map(Turn::Alone);
    let ([plywood, torch, tuned], noisy) =
        alternate(&mut [plywood, torch, tuned], &mut turns, rounds, TURN)?;
    Ok(Figures { plywood, torch, tuned, variant, noisy, hindered: None })
}

/// The time on one thread, beside that on all.
fn threads(prepare: &Value, trio: &mut Trio, sides: &Sides, rounds: usize) -> Result<Figures> {
    let Trio { plywood, tuned, .. } = trio;
    let variant = tune(&plywood.ask(prepare)?, tuned, prepare)?;
    let one = sides.on(1);
    let mut single = Worker::start("Plywood on one thread", &mut one.plywood(&[]))?;
    let mut single_tuned = Worker::start("PyTorch on one thread", &mut one.torch(true, &[]))?;
    tune(&single.ask(prepare)?, &mut single_tuned, prepare)?;

    let mut workers = [plywood, &mut single, tuned, &mut single_tuned];
    let mut turns = [0, 1, 2, 3].map(Turn::Alone);
    let (times, noisy) = alternate(&mut workers, &mut turns, rounds, TURN)?;
    Ok(Figures::hindered(times, variant, noisy))
}

/// The time beside a busy program, beside that alone.
fn busy(prepare: &Value, trio: &mut Trio, sides: &Sides, rounds: usize) -> Result<Figures> {
    let Trio { plywood, tuned, .. } = trio;
    let variant = tune(&plywood.ask(prepare)?, tuned, prepare)?;
    let [mut beside, mut beside_tuned] = [sides.busy(), sides.busy()];
    let mut turns = [
        Turn::Alone(0),
        Turn::Beside(0, &mut beside),
        Turn::Alone(1),
        Turn::Beside(1, &mut beside_tuned),
    ];
    let (times, noisy) = alternate(&mut [plywood, tuned], &mut turns, rounds, TURN)?;
    Ok(Figures::hindered(times, variant, noisy))
}

/// Lets PyTorch find the quickest way to do the work, and says which it is.
fn tune(ours: &Value, tuned: &mut Worker, prepare: &Value) -> Result<String> {
    let theirs = tuned.ask(prepare)?;
    agree(ours, &theirs, "PyTorch, tuned")?;
    Ok(theirs["variant"].as_str().unwrap_or_default().to_string())
}

/// The peak memory of processes of their own.
fn peaks(work: &Value, sides: &Sides) -> Result<Figures> {
    let [plywood, torch] = both(work, sides, memory::STEPS);
    let (plywood, torch) = (vec![memory::peak(plywood)?], vec![memory::peak(torch)?]);
    Ok(Figures { plywood, torch, ..Default::default() })
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
