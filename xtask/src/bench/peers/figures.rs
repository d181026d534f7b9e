//! How figures are written.

use super::row::Row;

/// A time with its spread.
pub(super) fn time(ms: Option<f64>, spread: Option<f64>) -> String {
    let Some(ms) = ms else { return String::new() };
    let spread = 50.0 * spread.unwrap_or(0.0);
    format!("{} ±{spread:.0}%", milliseconds(ms))
}

/// Three digits that count.
pub(super) fn milliseconds(ms: f64) -> String {
    let digits = if ms >= 100.0 {
        0
    } else if ms >= 10.0 {
        1
    } else if ms >= 1.0 {
        2
    } else {
        3
    };
    format!("{ms:.digits$} ms")
}

pub(super) fn times(ratio: Option<f64>) -> String {
    ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"))
}

/// Why a row has no figures, as a cell of a table.
pub(super) fn refusal(row: &Row) -> Option<String> {
    let why = row.refused.as_ref()?;
    Some(format!("refused: {}", why.replace('\n', " ").replace('|', "\\|")))
}
