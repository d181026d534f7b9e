//! Random and senseless arguments for the public functions (`storm/src/arguments`), in a child
//! process for each area, with little memory: a panic, an abort or a hang is a failure, and the
//! next child goes on behind it.

use crate::command::{capture, run as run_command, seconds};
use crate::workspace;
use anyhow::{Context, Result, anyhow, bail};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The address space of a child. What asks for more fails at once, instead of filling the machine.
const ADDRESS_SPACE_KIB: u64 = 3 << 20;
/// What tensors may take of it; the rest is for the program, its threads and its decoders.
const MEMORY_BUDGET: &str = "512M";
/// The longest that a case may take: some hundred times what the slowest takes.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// A child that dies again and again is started this often for one area.
const MOST_STARTS: usize = 200;
/// The cases of each area that CI runs.
const CI_CASES: u64 = 300;

#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Choice {
    /// Random cases for each area
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    cases: u64,
    /// Which cases there are
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// One area only
    #[arg(long, value_name = "AREA")]
    only: Option<String>,
    /// One case only, showing its arguments; needs --only
    #[arg(long, value_name = "CASE", requires = "only")]
    case: Option<u64>,
}

impl Choice {
    pub(super) fn is_about_one_area(&self) -> bool {
        self.only.is_some()
    }
}

pub(super) fn check(program: &Path) -> Result<()> {
    run(program, &Choice { cases: CI_CASES, seed: 0, only: None, case: None })
}

pub(super) fn run(program: &Path, args: &Choice) -> Result<()> {
    let areas = capture(storm(program).arg("--areas"))?;
    let areas: Vec<&str> = areas.lines().filter(|area| !area.is_empty()).collect();
    if let Some(only) = &args.only {
        if !areas.contains(&only.as_str()) {
            bail!("there is no area `{only}`; there are:\n{}", areas.join("\n"));
        }
        if let Some(case) = args.case {
            return run_command(storm(program).args(one_case(only, args.seed, case)));
        }
    }
    let only = |area: &&&str| args.only.as_deref().is_none_or(|only| only == **area);
    let mut failures = Vec::new();
    for area in areas.iter().filter(only) {
        let start = Instant::now();
        let found = area_in_children(program, area, args)?;
        println!("{area:<12}{:>12}{found}", seconds(start.elapsed()));
        failures
            .extend(found.failures.into_values().map(|failure| failure.describe(area, args.seed)));
    }
    if !failures.is_empty() {
        bail!("senseless arguments were not refused with an error:\n\n{}", failures.join("\n\n"));
    }
    Ok(())
}

/// The program under a limit of memory, which a shell sets before it becomes the program.
fn storm(program: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -v {ADDRESS_SPACE_KIB}; exec \"$0\" arguments \"$@\""));
    command.arg(program).current_dir(workspace::root());
    command.env("PLYWOOD_MEMORY_BUDGET", MEMORY_BUDGET);
    // Each thread's stack and heap take address space, whether they are used or not.
    command.env("RAYON_NUM_THREADS", "2").env("MALLOC_ARENA_MAX", "2");
    command.env("RUST_BACKTRACE", "0");
    command
}

fn one_case(area: &str, seed: u64, case: u64) -> [String; 6] {
    ["--only", area, "--seed", &seed.to_string(), "--case", &case.to_string()].map(str::to_owned)
}

/// What the cases of one area came to.
#[derive(Default)]
struct Found {
    accepted: u64,
    refused: u64,
    failed: u64,
    /// How often each function accepted its arguments.
    calls: BTreeMap<String, u64>,
    /// By function and place, so that each is told once.
    failures: BTreeMap<[String; 2], Failure>,
}

/// What went wrong at one place of one function.
struct Failure {
    /// The first case that found it.
    case: u64,
    times: u64,
    call: String,
    what: String,
    arguments: String,
}

impl Failure {
    fn describe(&self, area: &str, seed: u64) -> String {
        let Self { case, times, call, what, arguments } = self;
        format!(
            "{area}, {call}: {what}\n  with {arguments}\n  {times} times; the first again: cargo \
             xtask storm --only {area} --seed {seed} --case {case}"
        )
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, refused, failed, calls, .. } = self;
        write!(f, "{accepted:>8} accepted{refused:>8} refused{failed:>6} failed")?;
        // What is always refused early may hide what would fail later.
        let never = calls.iter().filter(|(_, times)| **times == 0);
        let never: Vec<&str> = never.map(|(call, _)| call.as_str()).collect();
        if never.is_empty() { Ok(()) } else { write!(f, ", never accepted: {}", never.join(", ")) }
    }
}

impl Found {
    fn add(&mut self, place: &str, failure: Failure) {
        self.failed += 1;
        let key = [failure.call.clone(), place.to_owned()];
        self.failures.entry(key).or_insert(failure).times += 1;
    }
}

/// How a child ended.
enum End {
    Done,
    /// In this case, of this function, for this reason.
    Died(u64, String, String),
}

/// Runs an area's cases in one child, or in more if it dies.
fn area_in_children(program: &Path, area: &str, args: &Choice) -> Result<Found> {
    let mut found = Found::default();
    let mut from = 0;
    for _ in 0..MOST_STARTS {
        let mut command = storm(program);
        command.args(["--only", area, "--seed", &args.seed.to_string()]);
        command.args(["--from", &from.to_string(), "--cases", &args.cases.to_string()]);
        match child(&mut command, &mut found)? {
            End::Done => return Ok(found),
            End::Died(case, call, what) => {
                let arguments = arguments(program, area, args.seed, case)?;
                let place = what.clone();
                found.add(&place, Failure { case, times: 0, call, what, arguments });
                from = case + 1;
            }
        }
    }
    Ok(found)
}

/// Runs one child to its end, and notes what it says.
fn child(command: &mut Command, found: &mut Found) -> Result<End> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let lines = lines(&mut child)?;
    let errors = errors(&mut child)?;
    let mut current: Option<(u64, String)> = None;
    let why = loop {
        let line = match lines.recv_timeout(TIME_LIMIT) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                child.kill().context("can't end a child that hangs")?;
                break format!("did not end within {}", seconds(TIME_LIMIT));
            }
            Err(RecvTimeoutError::Disconnected) => {
                break "the process died".to_owned();
            }
        };
        let (parts, case) = (line.split('\t').collect::<Vec<_>>(), current.clone());
        match (&parts[..], case) {
            (["begin", case, call], _) => {
                found.calls.entry((*call).to_owned()).or_default();
                current = Some((case.parse()?, (*call).to_owned()));
            }
            (["accepted"], Some((_, call))) => {
                found.accepted += 1;
                *found.calls.entry(call).or_default() += 1;
            }
            (["refused"], _) => found.refused += 1,
            (["panic", place, message, arguments], Some((case, call))) => {
                let what = format!("panicked at {place}: {message}");
                let arguments = (*arguments).to_owned();
                found.add(place, Failure { case, times: 0, call, what, arguments });
            }
            (["done"], _) => {
                child.wait()?;
                return Ok(End::Done);
            }
            _ => bail!("the child said `{line}`"),
        }
    };
    let status = child.wait()?;
    let said = errors.join().map_err(|_| anyhow!("reading standard error panicked"))?;
    let said = said.trim().replace('\n', " ");
    let (case, call) =
        current.with_context(|| format!("a child died at once: {status}: {said}"))?;
    Ok(End::Died(case, call, format!("{why} ({status}) {said}")))
}

/// The lines of a child's standard output, as they come.
fn lines(child: &mut Child) -> Result<Receiver<String>> {
    let output = child.stdout.take().context("the child's output is piped")?;
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    Ok(lines)
}

/// All that a child writes to standard error.
fn errors(child: &mut Child) -> Result<thread::JoinHandle<String>> {
    let mut errors = child.stderr.take().context("the child's errors are piped")?;
    Ok(thread::spawn(move || {
        let mut text = Vec::new();
        // A child that was killed has said what it could.
        let _ = errors.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }))
}

/// The arguments of a case that kills its process: it is run once more and says them as it draws.
fn arguments(program: &Path, area: &str, seed: u64, case: u64) -> Result<String> {
    let mut command = storm(program);
    command.args(one_case(area, seed, case)).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let errors = errors(&mut child)?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > Duration::from_secs(2) {
            child.kill().context("can't end a child that hangs")?;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let said = errors.join().map_err(|_| anyhow!("reading standard error panicked"))?;
    let arguments: Vec<&str> = said.lines().filter(|line| line.contains(" = ")).collect();
    Ok(arguments.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        command
    }

    #[test]
    fn a_child_that_dies_names_its_case() {
        let mut found = Found::default();
        let script =
            "printf 'begin\\t6\\tsum\\nbegin\\t7\\tmean\\n'; echo no memory >&2; kill -6 $$";
        let End::Died(case, call, what) = child(&mut shell(script), &mut found).unwrap() else {
            panic!("it died");
        };
        assert_eq!((case, call.as_str()), (7, "mean"));
        assert_eq!(what, "the process died (signal: 6 (SIGABRT)) no memory");
    }

    #[test]
    fn panics_at_one_place_are_one_failure() {
        let mut found = Found::default();
        let panic = |case| format!("begin\\t{case}\\tsum\\npanic\\ta.rs:1:2\\tno\\tx = {case}\\n");
        let script = format!("printf '{}{}accepted\\nrefused\\ndone\\n'", panic(2), panic(5));
        assert!(matches!(child(&mut shell(&script), &mut found).unwrap(), End::Done));
        assert_eq!((found.accepted, found.refused, found.failed), (1, 1, 2));
        let failures: Vec<_> =
            found.failures.values().map(|failure| failure.describe("tensors", 9)).collect();
        assert_eq!(
            failures,
            ["tensors, sum: panicked at a.rs:1:2: no\n  with x = 2\n  \
              2 times; the first again: cargo xtask storm --only tensors --seed 9 --case 2"]
        );
    }
}
