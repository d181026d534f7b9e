//! A row of the comparison, and the arithmetic behind it.

use super::machine::Machine;
use super::measure::Figures;
use crate::bench::statistics::{median, spread};
use crate::bench::workload::{Measure, Workload};
use serde::Serialize;

/// A workload's figures. Times are medians over the rounds in milliseconds, memory is in megabytes,
/// a spread is (largest − smallest) / median over the rounds, a ratio PyTorch's figure divided by
/// Plywood's, a factor a side's hindered time divided by its own unhindered one. `null` is what doesn't
/// apply.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Row {
    pub(super) workload: String,
    pub(super) threads: usize,
    pub(super) plywood_ms: Option<f64>,
    pub(super) torch_ms: Option<f64>,
    pub(super) torch_best_ms: Option<f64>,
    pub(super) ratio: Option<f64>,
    pub(super) ratio_best: Option<f64>,
    /// Plywood's 10⁹ operations a second, where arithmetic is what takes the time.
    pub(super) gflops: Option<f64>,
    /// Plywood's share of the machine's multiply-adds, or of its memory's bandwidth where there are
    /// no `gflops`.
    pub(super) peak_share: Option<f64>,
    pub(super) plywood_mb: Option<f64>,
    pub(super) torch_mb: Option<f64>,
    pub(super) plywood_spread: Option<f64>,
    pub(super) torch_spread: Option<f64>,
    pub(super) torch_best_spread: Option<f64>,
    /// What PyTorch's best was made of.
    pub(super) torch_best: Option<String>,
    /// On one thread in `threads/…`, beside a busy program in `busy/…`.
    pub(super) plywood_hindered_ms: Option<f64>,
    pub(super) torch_best_hindered_ms: Option<f64>,
    pub(super) plywood_factor: Option<f64>,
    pub(super) torch_best_factor: Option<f64>,
    pub(super) plywood_hindered_spread: Option<f64>,
    pub(super) torch_best_hindered_spread: Option<f64>,
    /// Whether another program was busy, every time.
    pub(super) noisy: bool,
    /// Why there are no figures.
    pub(super) refused: Option<String>,
    /// The machine's limits, as they were measured in this run.
    pub(super) peak_gflops: f64,
    pub(super) bandwidth_gb_s: f64,
}

impl Row {
    fn empty(workload: &Workload, machine: &Machine) -> Self {
        Self {
            workload: workload.name.clone(),
            threads: machine.threads,
            peak_gflops: machine.limits.peak_gflops,
            bandwidth_gb_s: machine.limits.bandwidth_gb_s,
            ..Default::default()
        }
    }

    /// A workload that has no figures, and why.
    pub(super) fn refused(workload: &Workload, machine: &Machine, why: &str) -> Self {
        Self { refused: Some(why.to_string()), ..Self::empty(workload, machine) }
    }

    pub(super) fn new(workload: &Workload, figures: &Figures, machine: &Machine) -> Self {
        let mut row = Self { noisy: figures.noisy, ..Self::empty(workload, machine) };
        let [plywood, torch] = [&figures.plywood, &figures.torch].map(|all| median(all));
        row.ratio = quotient(torch, plywood);
        if workload.measure == Measure::Memory {
            row.plywood_mb = plywood;
            row.torch_mb = torch;
            return row;
        }
        row.plywood_ms = plywood;
        row.torch_ms = torch;
        row.plywood_spread = spread(&figures.plywood);
        row.torch_spread = spread(&figures.torch);
        // Its best is the lesser: what is meant to help may not.
        let tuned = median(&figures.tuned);
        if let Some(tuned) = tuned {
            let installed = torch.is_some_and(|torch| torch < tuned);
            row.torch_best_ms = if installed { torch } else { Some(tuned) };
            row.torch_best_spread =
                if installed { row.torch_spread } else { spread(&figures.tuned) };
            row.torch_best =
                Some(if installed { "as installed".into() } else { figures.variant.clone() });
        }
        if let Some(hindered) = &figures.hindered {
            // Each side is set beside itself: there is no ratio of the two.
            [row.plywood_hindered_ms, row.torch_best_hindered_ms] =
                [0, 1].map(|at| median(&hindered[at]));
            [row.plywood_hindered_spread, row.torch_best_hindered_spread] =
                [0, 1].map(|at| spread(&hindered[at]));
            row.plywood_factor = quotient(row.plywood_hindered_ms, plywood);
            row.torch_best_factor = quotient(row.torch_best_hindered_ms, tuned);
            return row;
        }
        row.ratio_best = quotient(row.torch_best_ms, plywood);
        let a_second = |amount: f64| plywood.filter(|_| amount > 0.0).map(|ms| amount / ms * 1e3);
        row.gflops = a_second(workload.gflop);
        row.peak_share = match row.gflops {
            Some(gflops) => Some(gflops / machine.limits.peak_gflops),
            None => a_second(workload.gbyte).map(|bytes| bytes / machine.limits.bandwidth_gb_s),
        };
        row
    }
}

fn quotient(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    Some(a? / b?)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::machine::{Limits, Torch};
    use super::*;

    pub(in super::super) fn machine() -> Machine {
        Machine {
            processor: "A processor".to_string(),
            threads: 2,
            limits: Limits { peak_gflops: 200.0, bandwidth_gb_s: 25.0 },
            torch: Torch {
                torch: "2.15.0".to_string(),
                python: "3.11.7".to_string(),
                date: "2026-01-31".to_string(),
            },
            rust: "1.95.0".to_string(),
        }
    }

    pub(in super::super) fn workload(name: &str, measure: Measure, cost: [f64; 2]) -> Workload {
        let [gflop, gbyte] = cost;
        Workload { name: name.to_string(), measure, work: serde_json::Value::Null, gflop, gbyte }
    }

    pub(in super::super) fn figures(plywood: f64, torch: f64, tuned: f64) -> Figures {
        Figures {
            plywood: vec![plywood * 1.1, plywood, plywood * 0.9],
            torch: vec![torch; 3],
            tuned: vec![tuned; 3],
            variant: "channels-last".to_string(),
            ..Default::default()
        }
    }

    /// For Plywood, whose unhindered times are apart, and PyTorch: unhindered and hindered.
    pub(in super::super) fn hindered(plywood: [f64; 2], torch: [f64; 2]) -> Figures {
        Figures {
            torch: Vec::new(),
            hindered: Some([vec![plywood[1]; 3], vec![torch[1]; 3]]),
            ..figures(plywood[0], 0.0, torch[0])
        }
    }

    #[test]
    fn a_ratio_is_pytorchs_time_over_plywoods() {
        let conv = workload("conv/a/fwd", Measure::Time, [0.5, 0.0]);
        let row = Row::new(&conv, &figures(5.0, 10.0, 8.0), &machine());
        assert_eq!((row.ratio, row.ratio_best), (Some(2.0), Some(1.6)));
        assert_eq!((row.gflops, row.peak_share), (Some(100.0), Some(0.5)));
        assert!((row.plywood_spread.unwrap() - 0.2).abs() < 1e-9);
        assert_eq!(row.torch_best.as_deref(), Some("channels-last"));
    }

    #[test]
    fn its_best_is_as_installed_where_tuning_hurts() {
        let relu = workload("op/relu", Measure::Time, [0.0, 0.05]);
        let row = Row::new(&relu, &figures(5.0, 10.0, 12.0), &machine());
        assert_eq!((row.torch_best_ms, row.ratio_best), (Some(10.0), Some(2.0)));
        assert_eq!(row.torch_best.as_deref(), Some("as installed"));
        assert_eq!((row.gflops, row.peak_share), (None, Some(0.4)));
    }

    #[test]
    fn memory_is_in_megabytes() {
        let memory = workload("memory/a", Measure::Memory, [0.0, 0.0]);
        let row = Row::new(&memory, &figures(100.0, 700.0, 0.0), &machine());
        assert_eq!(
            (row.plywood_mb, row.torch_mb, row.ratio),
            (Some(100.0), Some(700.0), Some(7.0))
        );
        assert_eq!((row.plywood_ms, row.torch_best_ms, row.ratio_best), (None, None, None));
    }

    #[test]
    fn a_factor_is_hindered_over_unhindered() {
        let busy = workload("busy/a", Measure::Busy, [0.0, 0.0]);
        let row = Row::new(&busy, &hindered([5.0, 10.0], [20.0, 60.0]), &machine());
        assert_eq!((row.plywood_ms, row.plywood_hindered_ms), (Some(5.0), Some(10.0)));
        assert_eq!((row.torch_best_ms, row.torch_best_hindered_ms), (Some(20.0), Some(60.0)));
        assert_eq!((row.plywood_factor, row.torch_best_factor), (Some(2.0), Some(3.0)));
        assert_eq!((row.torch_ms, row.ratio, row.ratio_best, row.gflops), (None, None, None, None));
    }
}
