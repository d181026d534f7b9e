//! Rows that set each side beside itself: on one thread and on all, alone and beside a busy program.

use super::figures::{refusal, time, times};
use super::row::Row;
use std::fmt::Write;

/// What hinders both sides in a group of rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hindrance {
    OneThread,
    BusyProgram,
}

use Hindrance::{BusyProgram, OneThread};

impl Hindrance {
    /// What hinders in a workload of this name, if anything does.
    pub(super) fn of(workload: &str) -> Option<Self> {
        match workload.split_once('/')?.0 {
            "threads" => Some(OneThread),
            "busy" => Some(BusyProgram),
            _ => None,
        }
    }

    /// The heading of the lines in the terminal.
    pub(super) fn heading(self, threads: usize) -> String {
        let all = threads.to_string();
        let [what, plywood, second, torch] = match self {
            OneThread => ["threads", "Plywood, 1", &all, "PyTorch, 1"],
            BusyProgram => ["busy program", "Plywood", "beside it", "PyTorch"],
        };
        line(what, [plywood, second, "times", torch, second, "times"])
    }

    /// A row as a line for the terminal.
    pub(super) fn line(self, row: &Row) -> String {
        let noise = if row.noisy { "  noisy" } else { "" };
        line(&row.workload, self.figures(row).each_ref().map(String::as_str)) + noise
    }

    /// A section of BENCHMARKS.md; empty without rows.
    pub(super) fn section(self, rows: &[Row]) -> String {
        let mut own = rows.iter().filter(|row| Self::of(&row.workload) == Some(self)).peekable();
        let Some(first) = own.peek() else { return String::new() };
        let threads = first.threads;
        let [title, text, plywood, second, factor, torch] = match self {
            OneThread => [
                &format!("One thread, and {threads}"),
                "Each side beside itself: how many times as fast its training step is on all threads as \
                 on one. PyTorch is at its best on either number.",
                "Plywood, one thread",
                &format!("{threads} threads"),
                "times as fast",
                "PyTorch, one thread",
            ],
            BusyProgram => [
                "Beside a busy program",
                "Each side beside itself: how many times as long its training step takes while one more \
                 program counts without end. The system may move that one from core to core, as it \
                 would any other. PyTorch is at its best, which was found without it.",
                "Plywood alone",
                "beside it",
                "times as long",
                "PyTorch alone",
            ],
        };
        let mut section = format!(
            "\n## {title}\n\n{text}\n\n\
             | workload | {plywood} | {second} | {factor} | {torch} | {second} | {factor} |\n\
             |---|---|---|---|---|---|---|\n"
        );
        for row in own {
            let _ = writeln!(section, "{}", self.cells(row));
        }
        section
    }

    /// A row as a line of a table.
    fn cells(self, row: &Row) -> String {
        let noise = if row.noisy { " (noisy)" } else { "" };
        let cells = match refusal(row) {
            Some(refusal) => format!("{refusal} | | | | |"),
            None => self.figures(row).join(" | "),
        };
        format!("| {}{noise} | {cells} |", row.workload)
    }

    /// For either side both times, in the order that makes the factor read well, and the factor.
    fn figures(self, row: &Row) -> [String; 6] {
        let mut plywood = [
            time(row.plywood_ms, row.plywood_spread),
            time(row.plywood_hindered_ms, row.plywood_hindered_spread),
        ];
        let mut torch = [
            time(row.torch_best_ms, row.torch_best_spread),
            time(row.torch_best_hindered_ms, row.torch_best_hindered_spread),
        ];
        if self == OneThread {
            plywood.reverse();
            torch.reverse();
        }
        let ([a, b], [c, d]) = (plywood, torch);
        [a, b, times(row.plywood_factor), c, d, times(row.torch_best_factor)]
    }
}

fn line(what: &str, [a, b, c, d, e, f]: [&str; 6]) -> String {
    format!("{what:<16}{a:>13}{b:>13}{c:>6}{d:>13}{e:>13}{f:>6}")
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::{hindered, machine, workload};
    use super::*;
    use crate::bench::workload::Measure;

    fn row(name: &str, measure: Measure) -> Row {
        Row::new(
            &workload(name, measure, [0.0; 2]),
            &hindered([5.0, 9.0], [20.0, 36.0]),
            &machine(),
        )
    }

    #[test]
    fn names_say_what_hinders() {
        assert_eq!(Hindrance::of("threads/resnet18"), Some(OneThread));
        assert_eq!(Hindrance::of("busy/alexnet"), Some(BusyProgram));
        assert_eq!(Hindrance::of("train/busy"), None);
    }

    #[test]
    fn lines_fit_their_headings_and_a_terminal() {
        let threads = row("threads/resnet18", Measure::Threads);
        let busy = row("busy/resnet20", Measure::Busy);
        let lines = [
            OneThread.heading(2),
            OneThread.line(&threads),
            BusyProgram.heading(2),
            BusyProgram.line(&busy),
        ];
        let expected = [
            "threads            Plywood, 1            2 times   PyTorch, 1            2 times",
            "threads/resnet18  9.00 ms ±0% 5.00 ms ±10%  1.80  36.0 ms ±0%  20.0 ms ±0%  1.80",
            "busy program          Plywood    beside it times      PyTorch    beside it times",
            "busy/resnet20    5.00 ms ±10%  9.00 ms ±0%  1.80  20.0 ms ±0%  36.0 ms ±0%  1.80",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_section_has_both_times_and_the_factor() {
        let rows = [
            row("threads/resnet18", Measure::Threads),
            Row { noisy: true, ..row("busy/resnet20", Measure::Busy) },
            Row::refused(&workload("busy/alexnet", Measure::Busy, [0.0; 2]), &machine(), "a | b"),
        ];
        let threads = OneThread.section(&rows);
        let lines: Vec<&str> = threads.lines().collect();
        assert_eq!(lines[1], "## One thread, and 2");
        let expected = [
            "| workload | Plywood, one thread | 2 threads | times as fast | PyTorch, one thread | 2 threads | times as fast |",
            "|---|---|---|---|---|---|---|",
            "| threads/resnet18 | 9.00 ms ±0% | 5.00 ms ±10% | 1.80 | 36.0 ms ±0% | 20.0 ms ±0% | 1.80 |",
        ];
        assert_eq!(lines[5..], expected);
        let busy = BusyProgram.section(&rows);
        let lines: Vec<&str> = busy.lines().collect();
        assert_eq!(lines[1], "## Beside a busy program");
        let expected = [
            "| workload | Plywood alone | beside it | times as long | PyTorch alone | beside it | times as long |",
            "|---|---|---|---|---|---|---|",
            "| busy/resnet20 (noisy) | 5.00 ms ±10% | 9.00 ms ±0% | 1.80 | 20.0 ms ±0% | 36.0 ms ±0% | 1.80 |",
            "| busy/alexnet | refused: a \\| b | | | | | |",
        ];
        assert_eq!(lines[5..], expected);
        assert_eq!(OneThread.section(&rows[1..]), "");
    }
}
