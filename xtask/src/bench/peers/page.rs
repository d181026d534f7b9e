//! What is shown: lines in the terminal, and BENCHMARKS.md.

use super::factors::Hindrance;
use super::figures::{refusal, time, times};
use super::goals::GOALS;
use super::machine::Machine;
use super::row::Row;
use crate::bench::statistics::geometric_mean;
use std::fmt::Write;

/// A group of rows: how names begin and end.
struct Group {
    title: &'static str,
    begins: &'static str,
    ends: &'static str,
}

const GROUPS: [Group; 9] = [
    Group { title: "Training steps", begins: "train/", ends: "" },
    Group { title: "Convolutions, forward", begins: "conv/", ends: "/fwd" },
    Group { title: "Convolutions, with gradients", begins: "conv/", ends: "/fwdbwd" },
    Group { title: "Matrix products", begins: "matmul/", ends: "" },
    Group { title: "Other operations", begins: "op/", ends: "" },
    Group { title: "Inference", begins: "infer/", ends: "" },
    Group {
        title: "Inference beside onnxruntime, in PyTorch's place",
        begins: "infer-onnxruntime/",
        ends: "",
    },
    Group { title: "Start to the end of the first step", begins: "start/", ends: "" },
    Group { title: "Peak memory of ten steps", begins: "memory/", ends: "" },
];

impl Group {
    fn has(&self, row: &Row) -> bool {
        row.workload.starts_with(self.begins) && row.workload.ends_with(self.ends)
    }

    /// How many ratios count, and their geometric means: to PyTorch as installed, and at its best.
    /// Noisy rows don't: two threads that wait for each other lose more to a third program than two
    /// that don't, which would flatter Plywood.
    fn means(&self, rows: &[Row]) -> (usize, [Option<f64>; 2]) {
        let own = || rows.iter().filter(|row| self.has(row) && !row.noisy);
        let installed: Vec<f64> = own().filter_map(|row| row.ratio).collect();
        let best: Vec<f64> = own().filter_map(|row| row.ratio_best).collect();
        (installed.len(), [geometric_mean(&installed), geometric_mean(&best)])
    }
}

/// The heading of the lines in the terminal, of this workload and others like it.
pub(super) fn heading(workload: &str, threads: usize) -> String {
    if let Some(hindrance) = Hindrance::of(workload) {
        return hindrance.heading(threads);
    }
    format!(
        "{:<32}{:>16}{:>16}{:>16}{:>8}{:>8}{:>9}{:>7}",
        "workload", "Plywood", "PyTorch", "its best", "ratio", "best", "GFLOP/s", "peak"
    )
}

/// A row as a line for the terminal.
pub(super) fn line(row: &Row) -> String {
    let name = &row.workload;
    if let Some(why) = &row.refused {
        return format!("{name:<32}refused: {why}");
    }
    if let Some(hindrance) = Hindrance::of(name) {
        return hindrance.line(row);
    }
    let [plywood, torch, best] = figures(row);
    let [ratio, ratio_best] = [row.ratio, row.ratio_best].map(times);
    let noise = if row.noisy { "  noisy" } else { "" };
    let gflops = row.gflops.map_or(String::new(), |gflops| format!("{gflops:.0}"));
    let share = row.peak_share.map_or(String::new(), |share| format!("{:.0} %", 100.0 * share));
    format!(
        "{name:<32}{plywood:>16}{torch:>16}{best:>16}{ratio:>8}{ratio_best:>8}{gflops:>9}{share:>7}{noise}"
    )
}

/// The three figures with their spread.
fn figures(row: &Row) -> [String; 3] {
    if row.plywood_mb.is_some() {
        let megabytes = |mb: Option<f64>| mb.map_or(String::new(), |mb| format!("{mb:.0} MB"));
        return [megabytes(row.plywood_mb), megabytes(row.torch_mb), String::new()];
    }
    [
        time(row.plywood_ms, row.plywood_spread),
        time(row.torch_ms, row.torch_spread),
        time(row.torch_best_ms, row.torch_best_spread),
    ]
}

/// The geometric means of the groups, as lines for the terminal; none where there is no ratio.
pub(super) fn means(rows: &[Row]) -> String {
    let mut lines = Vec::new();
    for group in &GROUPS {
        let (count, means) = group.means(rows);
        let [installed, best] = means.map(times);
        if count > 0 {
            lines.push(format!("{:<40}{count:>5}{installed:>8}{best:>8}", group.title));
        }
    }
    if !lines.is_empty() {
        let heading = format!("{:<40}{:>5}{:>8}{:>8}", "geometric means", "rows", "ratio", "best");
        lines.insert(0, heading);
    }
    let noisy = rows.iter().filter(|row| row.noisy).count();
    if noisy > 0 {
        lines.push(format!(
            "without {noisy} noisy of {} rows: another program was busy",
            rows.len()
        ));
    }
    lines.join("\n")
}

/// BENCHMARKS.md: the figures, and what there is to say about the goals that are missed.
pub(super) fn page(machine: &Machine, rows: &[Row], revision: &str, missed: &str) -> String {
    let Machine { processor, threads, limits, torch, rust } = machine;
    let mut page = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench --peers` on {date}. Plywood {revision} (rustc {rust}) and PyTorch \
         {torch} (Python {python}) took turns on the same work: the same shapes, threads, first \
         weights and data. A row whose results, first loss or length of all gradients differ by more than \
         1e-3, or a single gradient of a network by more than 3e-2, is refused.\n\n\
         Machine: {processor}, {threads} threads; measured in the same run: {peak:.0} GFLOP/s of \
         multiply-adds, {bandwidth:.1} GB/s of memory traffic.\n\n\
         A figure is the median of the rounds, ± half of the distance between the slowest and the \
         quickest. A ratio is PyTorch's figure divided by Plywood's: above 1, Plywood is ahead. *Its \
         best* is the quickest of PyTorch's default and channels-last layouts, plain and fused \
         optimizers, with glibc told to keep its memory. *Peak* is Plywood's share of the machine's \
         multiply-adds, or of its memory traffic where that is the limit. Rows marked noisy were measured \
         while another program was busy, and count in no mean.\n",
        date = torch.date,
        torch = torch.torch,
        python = torch.python,
        peak = limits.peak_gflops,
        bandwidth = limits.bandwidth_gb_s,
    );
    let _ = write!(page, "\n## Goals\n\n| what | wanted | reached | |\n|---|---|---|---|\n");
    for cells in GOALS.iter().filter_map(|goal| goal.cells(rows)) {
        let _ = writeln!(page, "{cells}");
    }
    let _ = write!(page, "\n{missed}");
    let _ = write!(
        page,
        "\n## Geometric means of the ratios\n\n\
         | group | rows | to PyTorch | to its best |\n|---|---|---|---|\n"
    );
    for group in &GROUPS {
        let (count, means) = group.means(rows);
        let [installed, best] = means.map(times);
        if count > 0 {
            let _ = writeln!(page, "| {} | {count} | {installed} | {best} |", group.title);
        }
    }
    for group in &GROUPS {
        let own: Vec<&Row> = rows.iter().filter(|row| group.has(row)).collect();
        if !own.is_empty() {
            let _ = write!(
                page,
                "\n## {}\n\n\
                 | workload | Plywood | PyTorch | its best | ratio | to its best | GFLOP/s | peak |\n\
                 |---|---|---|---|---|---|---|---|\n",
                group.title
            );
        }
        for row in own {
            let _ = writeln!(page, "{}", cells(row));
        }
    }
    page + &Hindrance::OneThread.section(rows) + &Hindrance::BusyProgram.section(rows)
}

/// A row as a line of a table.
fn cells(row: &Row) -> String {
    let noise = if row.noisy { " (noisy)" } else { "" };
    if let Some(refusal) = refusal(row) {
        return format!("| {} | {refusal} | | | | | | |", row.workload);
    }
    let [plywood, torch, mut best] = figures(row);
    if let Some(variant) = row.torch_best.as_ref().filter(|variant| *variant != "default") {
        let _ = write!(best, " ({variant})");
    }
    let [ratio, ratio_best] = [row.ratio, row.ratio_best].map(times);
    let gflops = row.gflops.map_or(String::new(), |gflops| format!("{gflops:.0}"));
    let share = row.peak_share.map_or(String::new(), |share| format!("{:.0} %", 100.0 * share));
    format!(
        "| {}{noise} | {plywood} | {torch} | {best} | {ratio} | {ratio_best} | {gflops} | {share} |",
        row.workload
    )
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::{figures, machine, workload};
    use super::*;
    use crate::bench::workload::Measure;

    fn rows() -> Vec<Row> {
        let machine = machine();
        let time = |name, plywood, torch, best| {
            let workload = workload(name, Measure::Time, [0.5, 0.0]);
            Row::new(&workload, &figures(plywood, torch, best), &machine)
        };
        vec![
            time("conv/a/fwd", 5.0, 10.0, 8.0),
            time("conv/b/fwd", 5.0, 2.5, 2.5),
            time("conv/a/fwdbwd", 1.0, 3.0, 2.0),
            Row::refused(
                &workload("train/mlp", Measure::Time, [0.0; 2]),
                &machine,
                "loss differs: 1 | 2",
            ),
        ]
    }

    #[test]
    fn a_line_fits_its_heading() {
        let line = line(&rows()[0]);
        let expected = "conv/a/fwd                          5.00 ms ±10%     10.0 ms ±0%     \
                        8.00 ms ±0%    2.00    1.60      100   50 %";
        assert_eq!(line, expected);
        assert_eq!(line.chars().count(), heading("conv/a/fwd", 2).chars().count());
        assert!(super::line(&rows()[3]).ends_with("refused: loss differs: 1 | 2"));
    }

    #[test]
    fn forward_and_backward_are_different_groups() {
        let means = means(&rows());
        assert_eq!(means.lines().count(), 3, "{means}");
        assert!(
            means.contains("Convolutions, forward                       2    1.00    0.89"),
            "{means}"
        );
        assert!(
            means.contains("Convolutions, with gradients                1    3.00    2.00"),
            "{means}"
        );
    }

    #[test]
    fn noisy_rows_count_in_no_mean() {
        let mut rows = rows();
        rows[0].noisy = true;
        let means = means(&rows);
        assert!(
            means.contains("Convolutions, forward                       1    0.50    0.50"),
            "{means}"
        );
        assert!(means.ends_with("without 1 noisy of 4 rows: another program was busy"), "{means}");
    }

    #[test]
    fn the_page_is_a_table_for_each_group() {
        let page = page(&machine(), &rows(), "abc1234", "Why not.\n");
        assert!(page.contains("on 2026-01-31. Plywood abc1234"), "{page}");
        assert!(page.contains("its best | 1.80 | 2.00 | met |\n\nWhy not.\n\n## Geo"), "{page}");
        assert!(page.contains(
            "| conv/a/fwd | 5.00 ms ±10% | 10.0 ms ±0% | 8.00 ms ±0% (channels-last) | 2.00 | 1.60 | 100 | 50 % |"
        ));
        assert!(page.contains("| train/mlp | refused: loss differs: 1 \\| 2 | | | | | | |"));
        assert!(!page.contains("## Matrix products"));
        assert!(!page.contains("## Beside a busy program"));
    }

    #[test]
    fn times_have_three_digits() {
        let all = [0.0123, 1.234, 12.34, 123.4].map(super::super::figures::milliseconds);
        assert_eq!(all, ["0.012 ms", "1.23 ms", "12.3 ms", "123 ms"]);
    }
}
