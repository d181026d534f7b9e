//! How busy other programs keep the machine while one is measured.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The unit of the system's counts of processor time, in milliseconds.
const TICK: f64 = 10.0;

/// A stretch of time in which some processes are measured.
pub(super) struct Stretch {
    own: Vec<u32>,
    start: Instant,
    others_before: Option<f64>,
}

impl Stretch {
    /// Begins to watch all programs but these.
    pub(super) fn beside(own: Vec<u32>) -> Self {
        let others_before = others_ticks(&own);
        Self { own, start: Instant::now(), others_before }
    }

    /// Whether others have been busy since; where the system doesn't tell, they haven't.
    pub(super) fn was_disturbed(&self) -> bool {
        let wall = self.start.elapsed().as_secs_f64() * 1e3 / TICK;
        match (others_ticks(&self.own), self.others_before) {
            (Some(now), Some(before)) => disturbed(wall, now - before),
            _ => false,
        }
    }
}

/// Whether others took a part of a core that shows in the times, all in ticks. Counts may be off by
/// one at both ends.
fn disturbed(wall: f64, others: f64) -> bool {
    others > 0.15 * wall + 2.0
}

/// Whether others are busy now.
pub(super) fn is_disturbed() -> bool {
    let stretch = Stretch::beside(Vec::new());
    sleep(Duration::from_millis(200));
    stretch.was_disturbed()
}

/// The processor time of all programs but these.
fn others_ticks(own: &[u32]) -> Option<f64> {
    let own: Option<f64> = own.iter().map(|&process| own_ticks(process)).sum();
    Some(all_ticks()? - own?)
}

/// The processor time of all programs, and what the host took from this machine.
fn all_ticks() -> Option<f64> {
    busy(&fs::read_to_string("/proc/stat").ok()?)
}

/// From the first line of `/proc/stat`: user, nice, system, idle, waiting, interrupts (two), stolen.
fn busy(stat: &str) -> Option<f64> {
    let counts = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    let counts: Option<Vec<f64>> = counts.map(|count| count.parse().ok()).collect();
    let counts = counts.filter(|counts| counts.len() >= 8)?;
    Some(counts[..3].iter().sum::<f64>() + counts[5..8].iter().sum::<f64>())
}

/// The processor time of a process and its threads.
fn own_ticks(process: u32) -> Option<f64> {
    spent(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// From `/proc/PID/stat`: the fields 14 and 15, counted from the name's closing parenthesis, since
/// the name may hold anything.
fn spent(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let times: Vec<&str> = fields.split_whitespace().skip(11).take(2).collect();
    times.iter().map(|time| time.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn waiting_is_not_busy() {
        assert_eq!(busy("cpu  1 2 4 800 1600 8 16 32 0 0\ncpu0 1 1"), Some(63.0));
        assert_eq!(busy("intr 1 2"), None);
    }

    #[test]
    fn a_process_may_have_any_name() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 30 12 0 0";
        assert_eq!(spent(stat), Some(42.0));
    }

    #[test]
    fn a_tick_or_two_are_no_disturbance() {
        assert!(!disturbed(12.0, 3.0));
        assert!(disturbed(12.0, 6.0));
        assert!(disturbed(500.0, 100.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_busy_program_of_ours_is_not_another() {
        let mut ours = Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        sleep(Duration::from_millis(300));
        let without = others_ticks(&[ours.id()]).unwrap();
        let with = others_ticks(&[]).unwrap();
        ours.kill().unwrap();
        ours.wait().unwrap();
        assert!(with - without > 3.0, "{}", with - without);
    }
}
