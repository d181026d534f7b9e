//! Plots of a run: its curves, its mistakes, its thresholds, what its first layer looks for, and what was
//! computed from what.

mod attention;
mod calibration;
mod confusion;
mod curves;
mod filters;
mod graph;
mod layered;
mod pairs;
mod precision_recall;
mod residuals;
mod roc;
mod scatter;
mod steps;
mod svg;
mod unit_square;

pub use attention::attention;
pub use calibration::calibration;
pub use confusion::confusion;
pub use curves::curves;
pub use filters::filters;
pub use graph::graph;
pub use precision_recall::precision_recall;
pub use residuals::residuals;
pub use roc::{roc, roc_with_points};
pub use scatter::scatter;
pub use steps::steps;

/// A number of an axis that spans so much: with as many digits as tell its labels apart.
fn number(y: f64, span: f64) -> String {
    let decimals = (-(span / 6.0).log10()).ceil().max(0.0) as usize;
    if decimals > 4 || y.abs() >= 1e5 { format!("{y:.1e}") } else { format!("{y:.decimals$}") }
}
