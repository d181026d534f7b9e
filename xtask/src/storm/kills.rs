//! Training runs that are killed, again and again, each time with another number of threads, and end
//! with the bits of one that never was.

use crate::command::seconds;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The kills of CI.
const CI_KILLS: usize = 20;
/// Steps in an epoch of the run that is killed (`storm/src/train.rs`).
const STEPS: usize = 5;
/// Steps that a run gets done between two kills, at least on the mean.
const STEPS_A_KILL: usize = 6;
/// The numbers of threads that a run goes on with, in turns.
const THREADS: [usize; 4] = [1, 8, 2, 3];
/// The longest that a run may go without a checkpoint, or from its last one to its end.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// About what writing a checkpoint takes, and what a step takes with it.
const WRITE: Duration = Duration::from_millis(15);
const STEP: Duration = Duration::from_millis(60);

#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Choice {
    /// Kills of a training run
    #[arg(long, value_name = "N", default_value_t = 200)]
    kills: usize,
}

pub(super) fn check(program: &Path) -> Result<()> {
    run(program, &Choice { kills: CI_KILLS })
}

pub(super) fn run(program: &Path, args: &Choice) -> Result<()> {
    if args.kills == 0 {
        return Ok(());
    }
    let start = Instant::now();
    let folder = std::env::temp_dir()
        .join(format!("plywood-storm-{:016x}", RandomState::new().hash_one(args.kills)));
    let killed = Killed {
        program: program.to_owned(),
        folder: folder.join("killed"),
        epochs: (args.kills * STEPS_A_KILL).div_ceil(STEPS) + 1,
    };
    let outcome = killed.storm(args.kills, &folder.join("whole"));
    let tidied = fs::remove_dir_all(&folder);
    let Outcome { while_writing, lives } = outcome?;
    tidied.with_context(|| format!("can't remove {}", folder.display()))?;
    println!(
        "{} kills, {while_writing} of them while a checkpoint was being written; {lives} processes; \
         the same bits{:>14}",
        args.kills,
        seconds(start.elapsed())
    );
    Ok(())
}

/// A run that is killed.
struct Killed {
    program: PathBuf,
    folder: PathBuf,
    epochs: usize,
}

struct Outcome {
    /// Kills that found a half-written checkpoint.
    while_writing: usize,
    /// Processes that it took.
    lives: usize,
}

impl Killed {
    /// Kills so often, then compares with a run in the folder `whole` that nobody kills.
    fn storm(&self, kills: usize, whole: &Path) -> Result<Outcome> {
        let mut uninterrupted = self.start(whole, 2, 1)?;
        let mut outcome = Outcome { while_writing: 0, lives: 0 };
        let mut done = 0;
        while done < kills {
            ensure!(outcome.lives < 3 * kills + 10, "the runs end before they can be killed");
            let threads = THREADS[outcome.lives % THREADS.len()];
            let mut process = self.start(&self.folder, threads, outcome.lives % 3)?;
            outcome.lives += 1;
            if done == 0 {
                self.second_comer(&mut process)?;
            }
            // Half of the kills are to come in the middle of writing.
            match done % 2 {
                0 => self.wait_until(&mut process, || !self.parts().is_empty(), WRITE)?,
                _ => {
                    let before = self.written();
                    self.wait_until(&mut process, || self.written() != before, STEP)?;
                }
            }
            process.kill().context("can't kill a run")?;
            let status = process.wait()?;
            // Nothing but the kill may end it before its time: least of all a damaged checkpoint.
            match (status.success(), status.code()) {
                (true, _) => bail!("the run was over after {done} kills: it is too short"),
                (_, Some(_)) => {
                    bail!("a run that goes on failed ({status}); {}", said(&mut process))
                }
                (_, None) => done += 1,
            }
            let parts = self.parts().len();
            ensure!(parts <= 1, "{parts} half-written checkpoints of one run");
            outcome.while_writing += parts;
        }
        let mut last = self.start(&self.folder, 1, 1)?;
        outcome.lives += 1;
        for process in [&mut last, &mut uninterrupted] {
            let status = wait(process)?;
            ensure!(status.success(), "a run failed ({status}); {}", said(process));
        }
        ensure!(self.parts().is_empty(), "a half-written checkpoint is left");
        same(&self.folder, whole)?;
        Ok(outcome)
    }

    fn start(&self, folder: &Path, threads: usize, loader_threads: usize) -> Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg("train").arg(folder).args(["--epochs", &self.epochs.to_string()]);
        command.args(["--loader-threads", &loader_threads.to_string()]);
        command.env("RAYON_NUM_THREADS", threads.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().context("can't start a run")
    }

    /// A run that comes while another has the folder is told so, and changes nothing.
    fn second_comer(&self, first: &mut Child) -> Result<()> {
        self.wait_until(first, || self.written().is_some(), Duration::ZERO)?;
        let mut second = self.start(&self.folder, 2, 0)?;
        let status = wait(&mut second)?;
        let said = said(&mut second);
        let told = said.contains(&format!("process {}", first.id()));
        ensure!(!status.success() && told, "two runs had one folder ({status}): {said}");
        Ok(())
    }

    /// Waits until something is so, and a random part of `longest` more.
    fn wait_until(
        &self,
        process: &mut Child,
        what: impl Fn() -> bool,
        longest: Duration,
    ) -> Result<()> {
        let start = Instant::now();
        while !what() && process.try_wait()?.is_none() {
            if start.elapsed() > TIME_LIMIT {
                process.kill()?;
                bail!("a run has saved nothing for {}", seconds(TIME_LIMIT));
            }
            sleep(Duration::from_micros(200));
        }
        let part = RandomState::new().hash_one(0) as f64 / u64::MAX as f64;
        sleep(longest.mul_f64(part));
        Ok(())
    }

    /// The checkpoints that are being written, or that a kill has left half-written.
    fn parts(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let paths = files.map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|end| end == "partial")).collect()
    }

    /// When the checkpoint was written.
    fn written(&self) -> Option<std::time::SystemTime> {
        fs::metadata(self.folder.join("checkpoint.bin")).ok()?.modified().ok()
    }
}

/// Waits for a run's end.
fn wait(process: &mut Child) -> Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > TIME_LIMIT {
            process.kill()?;
            bail!("a run has not ended within {}", seconds(TIME_LIMIT));
        }
        sleep(Duration::from_millis(1));
    }
}

/// What a process that has ended wrote to standard error.
fn said(process: &mut Child) -> String {
    use std::io::Read;
    let mut text = String::new();
    if let Some(mut errors) = process.stderr.take() {
        let _ = errors.read_to_string(&mut text);
    }
    format!("it said: {}", text.trim())
}

/// Compares what two runs came to, to the bit.
fn same(killed: &Path, whole: &Path) -> Result<()> {
    let model = |folder: &Path| fs::read(folder.join("model.safetensors"));
    ensure!(
        model(killed)? == model(whole)?,
        "the weights differ from those of a run without kills"
    );
    let history = |folder: &Path| -> Result<Value> {
        let metrics: Value = serde_json::from_slice(&fs::read(folder.join("metrics.json"))?)?;
        Ok(metrics["history"].clone())
    };
    let (killed, whole) = (history(killed)?, history(whole)?);
    ensure!(killed == whole && whole.is_array(), "the histories differ");
    Ok(())
}
