//! The times that the benchmarks print, read and compared.
//!
//! divan prints a tree and keeps nothing; its lines are read here.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The times of benchmarks by their names: `matmul/product/[512, 512, 512]`.
pub(super) type Times = BTreeMap<String, Time>;

/// The times of one benchmark in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Time {
    pub(super) fastest: f64,
    pub(super) median: f64,
}

/// Reads divan's tree. Other lines, such as those of bytes a second, are passed over.
pub(super) fn parse(text: &str) -> Times {
    let mut path: Vec<&str> = Vec::new();
    let mut times = Times::new();
    for line in text.lines() {
        let branch = ["├─ ", "╰─ "].iter().find_map(|branch| line.split_once(branch));
        let Some((before, rest)) = branch else { continue };
        let mut columns = rest.split('│');
        let first = columns.next().unwrap_or_default().trim_end();
        // The name, then at least two spaces, then the first time.
        let (name, fastest) = first.split_once("  ").unwrap_or((first, ""));
        // Each level is three characters wide.
        path.truncate(before.chars().count() / 3);
        path.push(name.trim());
        let median = columns.nth(1).unwrap_or_default();
        if let (Some(fastest), Some(median)) = (nanoseconds(fastest), nanoseconds(median)) {
            times.insert(path.join("/"), Time { fastest, median });
        }
    }
    times
}

/// A time such as `126.3 µs`.
fn nanoseconds(text: &str) -> Option<f64> {
    let (number, unit) = text.trim().split_once(' ')?;
    let unit = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * unit)
}

/// A table of what both have: above 1 is faster now.
pub(super) fn compare(before: &Times, now: &Times) -> String {
    let width = now.keys().map(|name| name.chars().count()).max().unwrap_or(0).max(9);
    let mut table = format!(
        "{:<width$}{:>12}{:>12}{:>10}{:>14}",
        "benchmark", "before", "now", "faster", "fastest runs"
    );
    let mut gains = Vec::new();
    for (name, now) in now {
        let Some(before) = before.get(name) else {
            let _ = write!(table, "\n{name:<width$}{:>12}{:>12}", "new", shown(now.median));
            continue;
        };
        let gain = before.median / now.median;
        gains.push(gain);
        let _ = write!(
            table,
            "\n{name:<width$}{:>12}{:>12}{:>10}{:>14}",
            shown(before.median),
            shown(now.median),
            format!("{gain:.2} ×"),
            format!("{:.2} ×", before.fastest / now.fastest),
        );
    }
    if let Some(mean) = super::geometric_mean(&gains) {
        let mean = format!("{mean:.2} ×");
        let _ = write!(table, "\n{:<width$}{:>12}{:>12}{mean:>10}", "geometric mean", "", "");
    }
    table
}

fn shown(nanoseconds: f64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    let (size, unit) = units.into_iter().find(|(size, _)| nanoseconds >= *size).unwrap_or(units[3]);
    let number = nanoseconds / size;
    let digits = if number >= 100.0 {
        0
    } else if number >= 10.0 {
        1
    } else {
        2
    };
    format!("{number:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "\
Timer precision: 20 ns
kernels                      fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ conv                                    │               │               │               │         │
│  ╰─ 3→64 k11 s4 p2 @224    3.726 ms      │ 351.9 ms      │ 8.5 ms        │ 114.3 ms      │ 8       │ 8
│                            36.01 Gitem/s │ 381.3 Mitem/s │ 1.539 Gitem/s │ 1.173 Gitem/s │         │
╰─ matmul                                  │               │               │               │         │
   ├─ layer                                │               │               │               │         │
   │  ├─ [64, 84, 10]        8.455 µs      │ 35.04 ms      │ 10.23 µs      │ 360.4 µs      │ 100     │ 100
   │  ╰─ [128, 784, 512]     900 ns        │ 178.4 ms      │ 1 µs          │ 64.23 ms      │ 16      │ 16
   ╰─ product                1.377 s       │ 1.377 s       │ 1.377 s       │ 1.377 s       │ 1       │ 1
";

    #[test]
    fn a_tree_is_read() {
        let times = parse(TREE);
        let names: Vec<&str> = times.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "conv/3→64 k11 s4 p2 @224",
                "matmul/layer/[128, 784, 512]",
                "matmul/layer/[64, 84, 10]",
                "matmul/product"
            ]
        );
        let conv = times["conv/3→64 k11 s4 p2 @224"];
        assert_eq!(conv, Time { fastest: 3.726e6, median: 8.5e6 });
        assert_eq!(times["matmul/layer/[128, 784, 512]"], Time { fastest: 900.0, median: 1e3 });
    }

    #[test]
    fn a_comparison_says_how_much_faster_it_is_now() {
        let times = |fastest, median| Time { fastest, median };
        let before =
            Times::from([("a".to_string(), times(1e6, 2e6)), ("gone".into(), times(1., 1.))]);
        let now = Times::from([("a".to_string(), times(1e6, 1e6)), ("b".into(), times(5., 12.5))]);
        let table = compare(&before, &now);
        let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "benchmark      before         now    faster  fastest runs",
                "a             2.00 ms     1.00 ms    2.00 ×        1.00 ×",
                "b                 new     12.5 ns",
                "geometric mean                            2.00 ×",
            ]
        );
    }
}
