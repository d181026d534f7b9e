//! What Plywood wants to reach, and whether it has.

use super::figures::milliseconds;
use super::row::Row;
use crate::bench::statistics::geometric_mean;

/// A goal for some rows.
pub(super) struct Goal {
    pub(super) what: &'static str,
    /// Names of workloads; a `*` stands for anything.
    rows: &'static [&'static str],
    figure: Figure,
    of: Of,
    wanted: f64,
}

/// Which figure of a row.
#[derive(Clone, Copy)]
enum Figure {
    /// Over PyTorch, as it is installed.
    Ratio,
    /// Over its best.
    RatioBest,
    /// The share of the machine's peak.
    Peak,
    /// Plywood's milliseconds, of which fewer are better.
    Time,
    /// How many times as fast Plywood is on two threads as on one; on more threads it would prove less.
    Gain,
    /// How many times as long Plywood takes beside a busy program: fewer are better.
    Loss,
}

impl Figure {
    fn less_is_better(self) -> bool {
        matches!(self, Time | Loss)
    }
}

/// What is made of the figures of all rows.
#[derive(Clone, Copy)]
enum Of {
    Mean,
    Worst,
}

use Figure::{Gain, Loss, Peak, Ratio, RatioBest, Time};
use Of::{Mean, Worst};

const fn goal(
    what: &'static str,
    rows: &'static [&'static str],
    figure: Figure,
    of: Of,
    wanted: f64,
) -> Goal {
    Goal { what, rows, figure, of, wanted }
}

#[rustfmt::skip]
pub(super) const GOALS: [Goal; 27] = [
    goal("training steps, geometric mean, to PyTorch", &["train/*"], Ratio, Mean, 1.75),
    goal("training steps, geometric mean, to its best", &["train/*"], RatioBest, Mean, 1.6),
    goal("ResNet-18's step, to its best", &["train/resnet18"], RatioBest, Worst, 1.8),
    goal("AlexNet's step, to its best", &["train/alexnet"], RatioBest, Worst, 1.7),
    goal("ResNet-20's step, to its best", &["train/resnet20"], RatioBest, Worst, 1.5),
    goal("LeNet's step, to its best", &["train/lenet"], RatioBest, Worst, 3.0),
    goal("the MLP's step with each optimizer, to its best", &["train/mlp*"], RatioBest, Worst, 1.3),
    goal("the Transformer's step, to its best", &["train/transformer"], RatioBest, Worst, 1.2),
    goal("convolutions with gradients, geometric mean, to its best", &["conv/*/fwdbwd"], RatioBest, Mean, 1.8),
    goal(
        "3 × 3 of 64 channels or more at 13 pixels or more, forward, geometric mean of the peak",
        &[
            "conv/192x384k3@13b16/fwd", "conv/384x256k3@13b16/fwd", "conv/256x256k3@13b16/fwd",
            "conv/64x64k3@56b8/fwd", "conv/128x128k3@28b8/fwd", "conv/256x256k3@14b8/fwd",
        ],
        Peak, Mean, 1.8,
    ),
    goal("5 × 5, forward, share of the peak", &["conv/64x192k5@27b16/fwd"], Peak, Worst, 0.85),
    goal("matrix products", &["matmul/*"], Peak, Worst, 0.85),
    goal("7 × 7 and 11 × 11 stems", &["conv/3x64k11*/fwd", "conv/3x64k7*/fwd"], Peak, Worst, 0.75),
    goal("3 × 3 with stride 2", &["conv/*k3s2@*/fwd"], Peak, Worst, 0.75),
    goal("1 × 1 with stride 2", &["conv/*k1s2@*/fwd"], Peak, Worst, 0.65),
    goal("elementwise operations, to PyTorch", &["op/relu16M", "op/gelu16M", "op/tanh16M", "op/exp16M", "op/add16M"], Ratio, Worst, 3.0),
    goal("max-pool and transposed copy", &["op/maxpool*/fwd", "op/transpose4096"], Ratio, Worst, 3.0),
    goal("peak memory, but for AlexNet's", &["memory/mlp*", "memory/lenet", "memory/resnet*", "memory/transformer"], Ratio, Worst, 2.0),
    goal("AlexNet's memory", &["memory/alexnet"], Ratio, Worst, 1.0 / 0.6),
    goal("ResNet-18's step on two threads, times as fast as on one", &["threads/resnet18"], Gain, Worst, 1.8),
    goal("AlexNet's step on two threads, times as fast as on one", &["threads/alexnet"], Gain, Worst, 1.7),
    goal("a step beside a busy program, times as long as alone", &["busy/*"], Loss, Worst, 2.2),
    goal("ResNet-18, inference, to its best", &["infer/resnet18"], RatioBest, Worst, 1.6),
    goal("ResNet-18, inference, to onnxruntime", &["infer-onnxruntime/resnet18"], RatioBest, Worst, 1.15),
    goal("AlexNet, inference, to its best", &["infer/alexnet"], RatioBest, Worst, 1.3),
    goal("AlexNet, inference, to onnxruntime", &["infer-onnxruntime/alexnet"], RatioBest, Worst, 1.0),
    goal("from the start of a process to the end of LeNet's first step", &["start/lenet"], Time, Worst, 100.0),
];

impl Goal {
    /// The figure that counts, without noisy rows; `None` where nothing was measured.
    fn reached(&self, rows: &[Row]) -> Option<f64> {
        let figures: Vec<f64> = rows
            .iter()
            .filter(|row| !row.noisy && self.rows.iter().any(|name| matches(name, &row.workload)))
            .filter_map(|row| match self.figure {
                Ratio => row.ratio,
                RatioBest => row.ratio_best,
                Peak => row.peak_share,
                Time => row.plywood_ms,
                Gain => row.plywood_factor.filter(|_| row.threads == 2),
                Loss => row.plywood_factor,
            })
            .collect();
        match self.of {
            Mean => geometric_mean(&figures),
            Worst if self.figure.less_is_better() => figures.into_iter().reduce(f64::max),
            Worst => figures.into_iter().reduce(f64::min),
        }
    }

    /// A line of a table: what, what is wanted, what was reached, and whether that is enough.
    pub(super) fn cells(&self, rows: &[Row]) -> Option<String> {
        let reached = self.reached(rows)?;
        let figure = |x: f64| match self.figure {
            Peak => format!("{:.0} %", 100.0 * x),
            Ratio | RatioBest | Gain | Loss => format!("{x:.2}"),
            Time => milliseconds(x),
        };
        let less = self.figure.less_is_better();
        let met = if less { reached <= self.wanted } else { reached >= self.wanted };
        let several = self.rows.len() > 1 || self.rows[0].contains('*');
        let bound = match self.of {
            Worst if several && less => "at most ",
            Worst if several => "at least ",
            _ => "",
        };
        let verdict = if met { "met" } else { "missed" };
        let [wanted, reached] = [self.wanted, reached].map(figure);
        Some(format!("| {} | {wanted} | {bound}{reached} | {verdict} |", self.what))
    }
}

/// Whether a name is as a pattern says.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((begin, rest)) => name.strip_prefix(begin).is_some_and(|tail| {
            (0..=tail.len())
                .filter(|&at| tail.is_char_boundary(at))
                .any(|at| matches(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::{figures, hindered, machine, workload};
    use super::*;
    use crate::bench::workload::Measure;

    fn found(rows: &[Row]) -> Vec<String> {
        GOALS.iter().filter_map(|goal| goal.cells(rows)).collect()
    }

    #[test]
    fn patterns() {
        assert!(matches("conv/*k3s2@*/fwd", "conv/64x128k3s2@56b8/fwd"));
        assert!(!matches("conv/*k3s2@*/fwd", "conv/64x128k3s2@56b8/fwdbwd"));
        assert!(matches("train/*", "train/mlp"));
        assert!(!matches("train/mlp", "train/mlp-adam"));
    }

    #[test]
    fn the_worst_and_the_mean_count() {
        let row = |name, best| {
            let workload = workload(name, Measure::Time, [0.5, 0.0]);
            Row::new(&workload, &figures(5.0, 20.0, best), &machine())
        };
        let mut rows = vec![row("train/mlp", 5.0), row("train/mlp-adam", 20.0)];
        let expected = [
            "| training steps, geometric mean, to PyTorch | 1.75 | 4.00 | met |",
            "| training steps, geometric mean, to its best | 1.60 | 2.00 | met |",
            "| the MLP's step with each optimizer, to its best | 1.30 | at least 1.00 | missed |",
        ];
        assert_eq!(found(&rows), expected);
        rows[0].noisy = true;
        assert!(found(&rows)[2].ends_with("| at least 4.00 | met |"));
    }

    #[test]
    fn two_threads_gain_and_a_busy_program_costs() {
        let row = |name, measure, slow| {
            let workload = workload(name, measure, [0.0; 2]);
            Row::new(&workload, &hindered([10.0, slow], [10.0, 50.0]), &machine())
        };
        let mut rows = vec![
            row("threads/resnet18", Measure::Threads, 18.7),
            row("threads/alexnet", Measure::Threads, 16.9),
            row("busy/resnet18", Measure::Busy, 21.0),
            row("busy/resnet20", Measure::Busy, 23.0),
        ];
        let expected = [
            "| ResNet-18's step on two threads, times as fast as on one | 1.80 | 1.87 | met |",
            "| AlexNet's step on two threads, times as fast as on one | 1.70 | 1.69 | missed |",
            "| a step beside a busy program, times as long as alone | 2.20 | at most 2.30 | missed |",
        ];
        assert_eq!(found(&rows), expected);
        rows[3].noisy = true;
        assert!(found(&rows)[2].ends_with("| 2.20 | at most 2.10 | met |"));
        for row in &mut rows {
            row.threads = 8;
        }
        assert_eq!(found(&rows).len(), 1);
    }
}
