//! `cargo xtask ci`: everything that a change must pass, cheapest first.

use crate::command::{cargo, line, run as run_command, seconds};
use crate::{budget, examples, props, report, storm, test, tidy};
use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Random cases for each property, several times what `cargo test` runs.
const PROPERTY_CASES: u32 = 512;

/// One step: its name, the command that runs it alone, and what it does.
struct Step {
    name: &'static str,
    alone: String,
    run: Box<dyn FnOnce() -> Result<Outcome>>,
}

enum Outcome {
    Passed,
    Skipped(&'static str),
}

impl Step {
    fn command(name: &'static str, mut command: Command) -> Self {
        let alone = line(&command);
        let run = move || run_command(&mut command).map(|()| Outcome::Passed);
        Step { name, alone, run: Box::new(run) }
    }

    fn xtask(name: &'static str, alone: &str, run: impl FnOnce() -> Result<()> + 'static) -> Self {
        let run = move || run().map(|()| Outcome::Passed);
        Step { name, alone: format!("cargo xtask {alone}"), run: Box::new(run) }
    }
}

/// The steps, cheapest first, so that a slip is found in seconds.
fn steps() -> Vec<Step> {
    let clippy = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    let mut docs = cargo(["doc", "--workspace", "--no-deps"]);
    docs.env("RUSTDOCFLAGS", "-D warnings");
    vec![
        Step::command("format", cargo(["fmt", "--all", "--check"])),
        Step::xtask("tidy", "tidy", tidy::run),
        Step::xtask("budget", "budget --packages-only", budget::check),
        deny(),
        Step::command("clippy", cargo(clippy)),
        Step::command("docs", docs),
        Step::xtask("test", "test", test::run),
        Step::xtask("props", &format!("props --cases {PROPERTY_CASES}"), || {
            props::run(PROPERTY_CASES)
        }),
        Step::xtask("storm", "storm --cases 300 --kills 20", storm::check),
        Step::xtask("examples", "examples", || examples::run(&examples::Args { name: None })),
        opened_report(),
    ]
}

/// A report as a browser has it.
fn opened_report() -> Step {
    let run = || match report::check()? {
        true => Ok(Outcome::Passed),
        false => Ok(Outcome::Skipped("Chromium isn't installed: Debian has it as `chromium`")),
    };
    Step { name: "report", alone: "cargo xtask report".to_string(), run: Box::new(run) }
}

/// Licences, sources and banned crates. Security advisories are left out: they need the network,
/// and would fail a change for what happened elsewhere.
fn deny() -> Step {
    let arguments = ["deny", "check", "bans", "licenses", "sources"];
    let run = move || {
        let mut probe = cargo(["deny", "--version"]);
        let probe = probe.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !probe.context("`cargo deny --version` didn't start")?.success() {
            return Ok(Outcome::Skipped("cargo-deny isn't installed: cargo install cargo-deny"));
        }
        run_command(&mut cargo(arguments)).map(|()| Outcome::Passed)
    };
    Step { name: "deny", alone: line(&cargo(arguments)), run: Box::new(run) }
}

pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    let summary = run_steps(steps())?;
    println!("\nci passed in {}:\n{summary}", seconds(start.elapsed()));
    Ok(())
}

/// Runs the steps up to the first that fails; returns one line for each.
fn run_steps(steps: Vec<Step>) -> Result<String> {
    let count = steps.len();
    let mut lines = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        let number = index + 1;
        println!("\nci {number}/{count}, {}: {}", step.name, step.alone);
        let start = Instant::now();
        let outcome = (step.run)();
        let time = start.elapsed();
        match outcome {
            Ok(Outcome::Passed) => lines.push(summary_line(step.name, time, "")),
            Ok(Outcome::Skipped(why)) => {
                println!("skipped: {why}");
                lines.push(summary_line(step.name, time, &format!("  skipped: {why}")));
            }
            Err(error) => {
                let passed = lines.join("\n");
                if !passed.is_empty() {
                    println!("\nci stopped at {}; before it:\n{passed}", step.name);
                }
                let alone = step.alone;
                bail!(error.context(format!(
                    "ci: step {number} of {count}, {}, failed after {}; run it alone with\n  {alone}",
                    step.name,
                    seconds(time),
                )));
            }
        }
    }
    Ok(lines.join("\n"))
}

fn summary_line(name: &str, time: Duration, note: &str) -> String {
    format!("  {name:<10}{:>12}{note}", seconds(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn the_summary_has_a_line_for_each_step() {
        let skipped = Step {
            name: "deny",
            alone: "cargo deny".to_string(),
            run: Box::new(|| Ok(Outcome::Skipped("not here"))),
        };
        let summary = run_steps(vec![Step::xtask("tidy", "tidy", || Ok(())), skipped]).unwrap();
        assert_eq!(
            summary,
            "  tidy             0.0 s\n  deny             0.0 s  skipped: not here"
        );
    }

    #[test]
    fn the_first_failure_stops_and_says_how_to_run_its_step() {
        let steps = vec![
            Step::xtask("tidy", "tidy", || Err(anyhow!("2 problems"))),
            Step::xtask("test", "test", || unreachable!("a step after a failure")),
        ];
        let error = run_steps(steps).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("ci: step 1 of 2, tidy, failed after 0.0 s"), "{text}");
        assert!(text.ends_with("run it alone with\n  cargo xtask tidy"), "{text}");
        assert_eq!(error.root_cause().to_string(), "2 problems");
    }

    #[test]
    fn ci_runs_the_command_that_the_readme_names() {
        assert!(steps().iter().any(|step| step.alone == "cargo xtask test"));
    }
}
