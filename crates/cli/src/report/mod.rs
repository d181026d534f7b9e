//! `report.html`: what a training run leaves to look at.

mod images;
mod pixels;
mod sound;
mod table;

use plywood_fetch::command::quoted;

pub(crate) use images::of_images;
pub(crate) use pixels::{OPACITY, of_pixels};
pub(crate) use sound::{Heard, of_classes, of_recordings, of_scores};
pub(crate) use table::of_table;

/// The report's name in a run's folder.
pub(crate) const REPORT: &str = "report.html";

/// The line that this process was started by, such that a shell takes it in again.
fn command_line() -> String {
    let words = std::env::args_os().skip(1);
    words.fold("plywood".to_owned(), |line, word| {
        format!("{line} {}", quoted(&word.to_string_lossy()))
    })
}
