//! Tests that can't run here say so.

use std::io::Write;

/// Says that the test that calls it is left out, and why: on the terminal itself, since what a passing
/// test prints is shown to nobody.
pub fn skipped(reason: impl std::fmt::Display) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("a test");
    // Nobody reads what can't be written.
    let _ = writeln!(std::io::stderr(), "skipped: {name}: {reason}");
}
