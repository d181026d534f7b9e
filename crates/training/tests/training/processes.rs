//! Tests that need processes of their own: the test program starts itself, with one of its tests.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Long enough for a process that works, on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// This program, to run one test that is ignored otherwise, silently.
pub(crate) fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--quiet"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// What a parent has told the test that it started; nothing if somebody else runs it.
pub(crate) fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Waits until the process ends. One that hangs is killed, and fails the test.
#[track_caller]
pub(crate) fn wait(process: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > PATIENCE {
            process.kill().unwrap();
            panic!("it hangs: no end after {PATIENCE:?}");
        }
        sleep(Duration::from_millis(1));
    }
}

/// Sends a signal by its name, such as `INT`.
#[cfg(unix)]
pub(crate) fn send(signal: &str, process: &Child) {
    let kill = format!("kill -{signal} {}", process.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}
