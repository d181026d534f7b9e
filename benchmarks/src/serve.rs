//! The conversation: one request a line, one answer a line.

use std::error::Error;
use std::hint::black_box;
use std::io::{Write, stdin, stdout};
use std::path::PathBuf;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::catalog;
use crate::fingerprint::fingerprints;
use crate::tensors::write;
use crate::work::{Work, Workload};

/// What may be asked.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Request {
    /// Which workloads are there?
    List,
    /// Make this one ready, write what it begins with to a file, and say what its first run gives.
    Prepare { work: Box<Work>, file: PathBuf },
    /// Run it for at least so long, and say how long one run takes.
    Time { ms: f64 },
}

/// Answers until there are no more requests.
pub(crate) fn serve() -> Result<(), Box<dyn Error>> {
    let mut workload = None;
    for line in stdin().lines() {
        let answer = match answer(&line?, &mut workload) {
            Ok(answer) => answer,
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(stdout(), "{answer}")?;
    }
    Ok(())
}

fn answer(line: &str, current: &mut Option<Box<dyn Workload>>) -> Result<Value, Box<dyn Error>> {
    match serde_json::from_str(line)? {
        Request::List => Ok(json!({ "workloads": catalog()? })),
        Request::Prepare { work, file } => {
            // The last one's memory is needed for this one.
            *current = None;
            let workload = current.insert(work.prepare()?);
            write(&workload.tensors(), &file)?;
            Ok(json!({ "check": fingerprints(&workload.check()?) }))
        }
        Request::Time { ms } => {
            let workload = current.as_mut().ok_or("nothing is prepared")?;
            Ok(json!({ "ms": time(workload.as_mut(), ms)? }))
        }
    }
}

/// The median time of one run in milliseconds, from as many as last `at_least` together, after a
/// few that warm the caches.
fn time(workload: &mut dyn Workload, at_least: f64) -> Result<f64, Box<dyn Error>> {
    let mut run = || -> Result<f64, Box<dyn Error>> {
        let start = Instant::now();
        black_box(&mut *workload).run()?;
        Ok(start.elapsed().as_secs_f64() * 1e3)
    };
    let mut warm = 0.0;
    while warm < at_least / 5.0 {
        warm += run()?;
    }
    let (mut times, mut sum) = (Vec::new(), 0.0);
    while sum < at_least {
        times.push(run()?);
        sum += times[times.len() - 1];
    }
    times.sort_by(f64::total_cmp);
    Ok(f64::midpoint(times[(times.len() - 1) / 2], times[times.len() / 2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation() {
        let folder = tempfile::tempdir().unwrap();
        let work = json!({ "kind": "matmul", "m": 2, "k": 3, "n": 4 });
        let file = folder.path().join("tensors");
        let prepare = json!({ "do": "prepare", "work": work, "file": file }).to_string();
        let mut current = None;
        let mut ask = |line: &str| answer(line, &mut current);
        assert_eq!(
            ask(r#"{"do": "time", "ms": 1}"#).unwrap_err().to_string(),
            "nothing is prepared"
        );
        let check = ask(&prepare).unwrap();
        assert!(check["check"]["y"][0].as_f64().unwrap() > 0.0, "{check}");
        assert!(file.exists());
        assert!(ask(r#"{"do": "time", "ms": 1}"#).unwrap()["ms"].as_f64().unwrap() > 0.0);
        assert!(ask(r#"{"do": "dance"}"#).unwrap_err().to_string().contains("dance"));
    }
}
