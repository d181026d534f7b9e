//! The program tells of each case as `cargo xtask storm` reads it.

use std::process::Command;

#[test]
fn each_case_has_a_beginning_and_an_outcome() {
    let program = env!("CARGO_BIN_EXE_plywood-storm");
    let mut command = Command::new(program);
    let output =
        command.args(["arguments", "--only", "schedules", "--cases", "3"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3 * 2 + 1, "{text}");
    for (case, lines) in lines.chunks_exact(2).enumerate() {
        assert!(lines[0].starts_with(&format!("begin\t{case}\t")), "{text}");
        assert!(["accepted", "refused"].contains(&lines[1]), "{text}");
    }
    assert_eq!(lines[6], "done");
    assert!(output.status.success());
}
