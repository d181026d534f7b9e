//! Programs that take turns, while others are watched.

use super::load::Stretch;
use super::worker::Worker;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// Milliseconds that a turn lasts at least: several steps of every network, since the first ones
/// find threads asleep and caches full of the other side's numbers, which no training run does.
pub(super) const TURN: f64 = 500.0;
/// The same beside a busy program, which takes more from one step than from another.
const TURN_BESIDE: f64 = 1500.0;
/// Rounds of a workload that are given up because another program was busy.
pub(super) const PATIENCE: usize = 5;
/// PyTorch's threads wait for more work without sleeping; after this they sleep.
const SETTLE: Duration = Duration::from_millis(20);
/// After this the system has found a place for a program that has just begun.
const BEGINNING: Duration = Duration::from_millis(100);

/// A turn of one of the programs.
pub(super) enum Turn<'a> {
    /// With the machine to itself.
    Alone(usize),
    /// Beside a program that this command starts. It isn't bound to a core: the system moves it as it
    /// would move any other.
    Beside(usize, &'a mut Command),
}

/// The milliseconds of each turn in each round, of which those alone last at least `turn`, and whether another program was busy, every time.
pub(super) fn alternate<const TURNS: usize>(
    workers: &mut [&mut Worker],
    turns: &mut [Turn; TURNS],
    rounds: usize,
    turn: f64,
) -> Result<([Vec<f64>; TURNS], bool)> {
    let mut times = [const { Vec::new() }; TURNS];
    let (mut patience, mut noisy) = (PATIENCE, false);
    while times[0].len() < rounds {
        let (mut round, mut disturbed) = ([0.0; TURNS], false);
        for (ms, who) in round.iter_mut().zip(&mut *turns) {
            let (at, least, mut beside) = match who {
                Turn::Alone(at) => (*at, turn, None),
                Turn::Beside(at, command) => {
                    let beside = Worker::start("the busy program", command)?;
                    sleep(BEGINNING);
                    (*at, TURN_BESIDE, Some(beside))
                }
            };
            sleep(SETTLE);
            let worker = &mut *workers[at];
            let own = [Some(worker.id()), beside.as_ref().map(Worker::id)];
            let stretch = Stretch::beside(own.into_iter().flatten().collect());
            let answer = worker.ask(&json!({ "do": "time", "ms": least }))?;
            disturbed |= stretch.was_disturbed();
            *ms = answer["ms"].as_f64().context("an answer without a time")?;
            if let Some(status) = beside.as_mut().map(Worker::end).transpose()?.flatten() {
                bail!("the busy program stopped while another was measured beside it ({status})");
            }
        }
        if disturbed && patience > 0 {
            patience -= 1;
            sleep(Duration::from_secs(1));
            continue;
        }
        noisy |= disturbed;
        for (times, ms) in times.iter_mut().zip(round) {
            times.push(ms);
        }
    }
    Ok((times, noisy))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with the milliseconds that it was given, and one more each time.
    fn counter(from: u32) -> Worker {
        let script = format!(
            "n={from}; while read -r line; do echo \"{{\\\"ms\\\": $n}}\"; n=$((n + 1)); done"
        );
        Worker::start("sh", Command::new("sh").args(["-c", &script])).unwrap()
    }

    #[test]
    fn each_turn_has_its_times() {
        let (mut a, mut b) = (counter(10), counter(20));
        let mut beside = Command::new("sh");
        beside.args(["-c", "read -r line"]);
        let mut turns = [Turn::Alone(1), Turn::Alone(0), Turn::Beside(0, &mut beside)];
        let (times, _) = alternate(&mut [&mut a, &mut b], &mut turns, 2, TURN).unwrap();
        // A round that was disturbed is done again.
        let [b, a, a_beside] = times.map(|times| times[1] - times[0]);
        assert!(b >= 1.0 && a >= 2.0 && a_beside >= 2.0, "{b} {a} {a_beside}");
    }

    #[test]
    fn a_busy_program_that_stops_is_an_error() {
        let mut worker = counter(1);
        let mut beside = Command::new("sh");
        beside.args(["-c", "exit 3"]);
        let mut turns = [Turn::Beside(0, &mut beside)];
        let error = alternate(&mut [&mut worker], &mut turns, 1, TURN).unwrap_err().to_string();
        let expected =
            "the busy program stopped while another was measured beside it (exit status: 3)";
        assert_eq!(error, expected);
    }
}
