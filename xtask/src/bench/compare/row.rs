//! A workload's figures on both sides, and what they say of the change.

use crate::bench::alone::duration;
use crate::bench::statistics::{geometric_mean, median};
use anyhow::{Result, bail};
use std::fmt;

/// No row may take more than so many times what it took.
const ROW: f64 = 1.05;
/// Nor may all together, by the geometric mean of their times.
const ALL: f64 = 1.01;

/// What was measured of a workload.
pub(super) struct Row {
    name: String,
    /// Of each run, before and now: milliseconds, or megabytes.
    figures: Vec<[f64; 2]>,
    /// Of each run: the median of its rounds' ratios, now to before.
    ratios: Vec<f64>,
    memory: bool,
    noisy: bool,
}

pub(super) fn heading(revision: &str) -> String {
    let revision: String = revision.chars().take(14).collect();
    format!("{:<44}{revision:>16}{:>14}{:>10}", "workload", "now", "ratio")
}

impl Row {
    /// Times in milliseconds of each round.
    pub(super) fn times(name: &str, [before, now]: [Vec<f64>; 2], noisy: bool) -> Self {
        // The two turns of a round stand next to each other: whatever slows the machine down for longer
        // slows both.
        let ratios: Vec<f64> = before.iter().zip(&now).map(|(before, now)| now / before).collect();
        let [before, now, ratio] =
            [before, now, ratios].map(|all| median(&all).unwrap_or(f64::NAN));
        let name = name.to_string();
        Self { name, figures: vec![[before, now]], ratios: vec![ratio], memory: false, noisy }
    }

    /// Peaks in megabytes.
    pub(super) fn memory(name: &str, before: f64, now: f64) -> Self {
        let (name, ratios) = (name.to_string(), vec![now / before]);
        Self { name, figures: vec![[before, now]], ratios, memory: true, noisy: false }
    }

    /// Another run of the same workload.
    pub(super) fn add(&mut self, run: Self) {
        self.figures.extend(run.figures);
        self.ratios.extend(run.ratios);
        self.noisy |= run.noisy;
    }

    pub(super) fn runs(&self) -> usize {
        self.ratios.len()
    }

    /// How many times what it took before it takes now.
    fn ratio(&self) -> f64 {
        median(&self.ratios).unwrap_or(f64::NAN)
    }

    pub(super) fn seems_slower(&self) -> bool {
        self.ratio() > ROW
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, now] = [0, 1].map(|side| {
            let all: Vec<f64> = self.figures.iter().map(|figures| figures[side]).collect();
            let figure = median(&all).unwrap_or(f64::NAN);
            if self.memory { format!("{figure:.0} MB") } else { duration(figure) }
        });
        let runs = match self.runs() {
            1 => String::new(),
            runs => format!("  median of {runs} runs"),
        };
        let slower = if self.seems_slower() { "  slower" } else { "" };
        let noise = if self.noisy { "  noisy" } else { "" };
        let ratio = format!("{:.3}", self.ratio());
        write!(f, "{:<44}{before:>16}{now:>14}{ratio:>10}{slower}{runs}{noise}", self.name)
    }
}

/// What all rows say together.
pub(super) struct Verdict {
    /// The geometric mean of the times' ratios, now to before.
    mean: Option<f64>,
    slower: Vec<String>,
}

impl Verdict {
    pub(super) fn of(rows: &[Row]) -> Self {
        let times: Vec<f64> = rows.iter().filter(|row| !row.memory).map(Row::ratio).collect();
        let slower = rows.iter().filter(|row| row.seems_slower());
        let slower = slower.map(|row| format!("{} ({:.3})", row.name, row.ratio())).collect();
        Self { mean: geometric_mean(&times), slower }
    }

    /// # Errors
    /// When it is slower, or takes more memory, than a change may make it.
    pub(super) fn check(&self) -> Result<()> {
        if let Some(mean) = self.mean.filter(|&mean| mean > ALL) {
            bail!("all together take {mean:.3} times as long; up to {ALL} is allowed");
        }
        if !self.slower.is_empty() {
            let slower = self.slower.join(", ");
            bail!("more than {ROW} times what it was: {slower}");
        }
        Ok(())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mean {
            Some(mean) => write!(f, "geometric mean of the times' ratios: {mean:.3}"),
            None => write!(f, "no times were compared"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_median_of_its_rounds() {
        let row = Row::times("a", [vec![10.0, 20.0, 10.0], vec![11.0, 20.0, 9.0]], false);
        assert_eq!(
            row.to_string(),
            format!("a{:43}{:>16}{:>14}{:>10}", "", "10.0 ms", "11.0 ms", "1.000")
        );
        assert!(!row.seems_slower());
    }

    #[test]
    fn what_seems_slower_is_judged_by_the_median_of_its_runs() {
        let run = |now| Row::times("a", [vec![10.0], vec![now]], false);
        let mut row = run(12.0);
        assert!(row.seems_slower());
        row.add(run(10.0));
        row.add(run(10.1));
        assert!(!row.seems_slower() && row.runs() == 3);
        assert!(row.to_string().ends_with("1.010  median of 3 runs"), "{row}");
    }

    #[test]
    fn a_slower_row_fails_and_so_do_all_together() {
        let time = |name: &str, now| Row::times(name, [vec![10.0], vec![now]], false);
        let refusal = |rows: &[Row]| Verdict::of(rows).check().unwrap_err().to_string();
        Verdict::of(&[time("a", 10.4), time("b", 9.7)]).check().unwrap();
        assert_eq!(
            refusal(&[time("a", 10.3), time("b", 10.2)]),
            "all together take 1.025 times as long; up to 1.01 is allowed"
        );
        assert_eq!(
            refusal(&[time("a", 8.0), time("b", 11.0), Row::memory("m", 100.0, 120.0)]),
            "more than 1.05 times what it was: b (1.100), m (1.200)"
        );
        assert!(Verdict::of(&[]).check().is_ok());
    }
}
