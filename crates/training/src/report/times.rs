//! Which layers take the time.

use plywood_layers::{LayerTime, Profile};

use super::figure::Figure;
use super::words::{count, grouped};
use crate::order::largest_first;

/// Layers that have a row, those that take most.
const ROWS: usize = 30;

/// The time of each layer, the slowest first.
pub(super) fn by_layer(profile: &Profile) -> Figure {
    let seconds: Vec<f64> = profile.layers.iter().map(|own| own.seconds).collect();
    let layers = largest_first(&seconds).into_iter().map(|place| &profile.layers[place]);
    let layers: Vec<&LayerTime> = layers.collect();
    let all = profile.seconds();
    let row = |own: &&LayerTime| {
        let worked = own.multiply_adds > 0;
        [
            own.layer.clone(),
            format!("{:.1} %", 100.0 * own.seconds / all.max(f64::MIN_POSITIVE)),
            format!("{:.3}", 1e3 * own.seconds),
            grouped(own.multiply_adds),
            if worked { format!("{:.2}", own.gflops()) } else { "–".to_owned() },
        ]
    };
    let rows = layers.iter().take(ROWS).map(row);
    let seconds = layers.iter().take(ROWS).map(|own| own.seconds).collect();
    let more = match layers.get(ROWS..).unwrap_or_default() {
        [] => String::new(),
        rest => {
            let theirs: f64 = rest.iter().map(|own| own.seconds).sum();
            format!(
                " The other {} take {:.1} % together.",
                count(rest.len() as u64, "layer"),
                100.0 * theirs / all.max(f64::MIN_POSITIVE)
            )
        }
    };
    let caption = format!(
        "Measured when this page was written: a forward pass of {} takes {:.3} ms; each layer's time is with the \
         operations after it that have no parameters. Where a layer takes much time and has few billions of \
         operations a second (GFLOP/s), it is memory that it waits for.{more}",
        count(profile.samples as u64, "sample"),
        1e3 * all
    );
    let head = ["layer", "share", "ms", "multiply-adds", "GFLOP/s"];
    Figure::table("Time by layer", caption, head, rows).with_bars(seconds)
}
