//! The busy program that others are measured beside.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

#[test]
fn it_is_busy_until_nobody_holds_its_input() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plywood-benchmarks"));
    let mut busy = command.arg("busy").stdin(Stdio::piped()).spawn().unwrap();
    let moment = Duration::from_millis(50);
    sleep(moment);
    assert!(busy.try_wait().unwrap().is_none(), "it has stopped by itself");

    drop(busy.stdin.take());
    for _ in 0..200 {
        if let Some(status) = busy.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return;
        }
        sleep(moment);
    }
    busy.kill().unwrap();
    panic!("it goes on without the program that has started it");
}
