//! Telling people how far it is: a bar on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows the progress of a run on standard error.
pub(crate) enum Progress {
    Silent,
    /// A line for each epoch.
    Lines,
    /// Such lines above a bar of the epoch's batches.
    Bar(ProgressBar),
}

impl Progress {
    /// A bar if standard error is a terminal, else plain lines.
    pub(crate) fn new(silent: bool) -> Self {
        if silent {
            return Self::Silent;
        }
        if !stderr().is_terminal() {
            return Self::Lines;
        }
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        let style =
            ProgressStyle::with_template("{prefix:>7}  {bar:24} {pos}/{len} batches  {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("━╸─"));
        Self::Bar(bar)
    }

    /// An epoch of so many batches begins, some of which may be done.
    pub(crate) fn begin(&self, epoch: &str, batches: usize, done: usize) {
        if let Self::Bar(bar) = self {
            bar.set_prefix(epoch.to_owned());
            bar.set_length(batches as u64);
            bar.reset_eta();
            bar.set_position(done as u64);
        }
    }

    /// One more batch is done.
    pub(crate) fn advance(&self, loss: f64) {
        if let Self::Bar(bar) = self {
            bar.set_message(format!("loss {loss:.4}"));
            bar.inc(1);
        }
    }

    /// Says something that stays. Where nobody can be told, for a full disk or a closed pipe, training
    /// goes on all the same.
    pub(crate) fn say(&self, line: &str) {
        match self {
            Self::Silent => {}
            Self::Lines => {
                let _ = writeln!(stderr(), "{line}");
            }
            Self::Bar(bar) => bar.println(line),
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
