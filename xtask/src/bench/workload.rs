//! What can be measured, as Plywood's side of the benchmarks lists it.

use super::worker::Worker;
use anyhow::{Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

/// A workload, as Plywood's side describes it.
#[derive(Debug, Deserialize)]
pub(super) struct Workload {
    pub(super) name: String,
    pub(super) measure: Measure,
    /// What both sides are told.
    pub(super) work: Value,
    /// 10⁹ floating-point operations, or 0.
    pub(super) gflop: f64,
    /// 10⁹ bytes that must be moved, or 0.
    pub(super) gbyte: f64,
}

/// What is measured of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Measure {
    Time,
    /// The time of a kernel, which only Plywood has.
    Kernel,
    Memory,
    Start,
    /// The time on one thread, and on all.
    Threads,
    /// The time alone, and beside a busy program.
    Busy,
}

impl Measure {
    /// Whether there is anything to learn on so many threads and cores.
    pub(super) fn tells(self, threads: usize, cores: usize) -> bool {
        match self {
            Self::Time | Self::Kernel | Self::Memory | Self::Start => true,
            Self::Threads => threads > 1,
            // With fewer threads than cores, a busy program has a core that nobody else wants.
            Self::Busy => threads > 1 && threads >= cores,
        }
    }
}

/// All that a program can do.
pub(super) fn list(plywood: &mut Worker) -> Result<Vec<Workload>> {
    Ok(serde_json::from_value(plywood.ask(&json!({ "do": "list" }))?["workloads"].take())?)
}

/// Those with a text in their names.
///
/// # Errors
/// When there are none.
pub(super) fn choose(workloads: Vec<Workload>, filter: Option<&str>) -> Result<Vec<Workload>> {
    let wanted = filter.unwrap_or_default();
    let (chosen, others): (Vec<_>, Vec<_>) =
        workloads.into_iter().partition(|workload| workload.name.contains(wanted));
    if chosen.is_empty() {
        bail!("no workload has `{wanted}` in its name; there are:\n{}", names(&others, "\n"));
    }
    Ok(chosen)
}

/// Their names.
pub(super) fn names(workloads: &[Workload], between: &str) -> String {
    workloads.iter().map(|workload| &*workload.name).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::Measure::{Busy, Threads, Time};

    #[test]
    fn a_busy_program_needs_a_core_that_is_wanted() {
        let told =
            |threads, cores| [Time, Threads, Busy].map(|measure| measure.tells(threads, cores));
        assert_eq!(told(1, 2), [true, false, false]);
        assert_eq!(told(1, 1), [true, false, false]);
        assert_eq!(told(2, 2), [true, true, true]);
        assert_eq!(told(2, 8), [true, true, false]);
    }
}
