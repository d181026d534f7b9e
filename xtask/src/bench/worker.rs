//! A program that answers requests, one line of JSON each, and sleeps in between.

use crate::command::line;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

pub(super) struct Worker {
    name: &'static str,
    child: Child,
    /// `None` once the program has been told to stop.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts the program.
    pub(super) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let line = line(command);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("`{line}` didn't start"))?;
        let requests = child.stdin.take();
        let answers = child.stdout.take().context("a program without a standard output")?;
        Ok(Self { name, child, requests, answers: BufReader::new(answers) })
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&mut self, request: &Value) -> Result<Value> {
        let name = self.name;
        let requests = self.requests.as_mut().context("a program that was told to stop")?;
        writeln!(requests, "{request}").with_context(|| format!("{name} takes no requests"))?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.is_empty() {
            bail!("{name} stopped ({})", self.child.wait()?);
        }
        let answer: Value = serde_json::from_str(&answer)
            .with_context(|| format!("{name} gave no answer but: {}", answer.trim_end()))?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => bail!("{name}: {error}"),
            None => Ok(answer),
        }
    }

    /// How the program ended, if it has.
    pub(super) fn end(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("{} can't be watched", self.name))
    }

    /// The program's process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }
}

/// A program stops when there are no more requests.
impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shell(script: &str) -> Worker {
        Worker::start("sh", Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn an_answer_is_a_line() {
        let mut echo = shell("while read -r line; do echo \"$line\"; done");
        assert_eq!(echo.ask(&json!({ "do": 1 })).unwrap()["do"], 1);
        assert_eq!(echo.ask(&json!({ "do": 2 })).unwrap()["do"], 2);
        let error = echo.ask(&json!({ "error": "no such work" })).unwrap_err();
        assert_eq!(error.to_string(), "sh: no such work");
    }

    #[test]
    fn nonsense_and_an_early_end_are_errors() {
        let error = shell("read -r line; echo what").ask(&json!({})).unwrap_err();
        assert_eq!(error.to_string(), "sh gave no answer but: what");
        let error = shell("read -r line; exit 3").ask(&json!({})).unwrap_err();
        assert_eq!(error.to_string(), "sh stopped (exit status: 3)");
    }
}
