//! Predictions for files, one after another: their names are arguments, or lines of standard input.

use std::io;
use std::path::{Path, PathBuf};

use plywood::tensor::{Error, Result};

use super::answers::{Answer, Answers, Format, Numbers};
use super::is_standard_input;
use crate::missing;
use crate::say::Output;

/// Refuses what is no such file: before anything large is read, since weights for files that aren't there are of no
/// use. `what` they are called, `such` as which a folder's are named.
pub(super) fn check(files: &[PathBuf], what: &str, such: &str) -> Result<()> {
    if let [file] = files
        && !is_standard_input(file)
    {
        std::fs::metadata(file)
            .map_err(|error| missing::hinted(Error::io("read", file, error), file))?;
    }
    match files.iter().find(|file| file.is_dir()) {
        None => Ok(()),
        Some(folder) => Err(Error::value(format!("a folder is no {what}"))
            .at(folder.display())
            .hint(format!("name its {what}s, such as {}/{such}", folder.display()))),
    }
}

/// A line for each file: its path, and what the model says.
pub(super) fn predict(
    files: &[PathBuf],
    format: Format,
    (class_names, numbers): (&[String], Numbers),
    out: &mut Output,
    mut answer: impl FnMut(&Path) -> Result<Answer>,
) -> Result<()> {
    let mut answers = Answers::begin(out, format, vec!["file".to_owned()], class_names, numbers);
    for file in files {
        if !is_standard_input(file) {
            answers.row(&[file.display().to_string()], answer(file));
            continue;
        }
        for line in io::stdin().lines() {
            let line = line.map_err(|error| Error::io("read", file, error))?;
            if !line.is_empty() {
                let answer = answer(Path::new(&line));
                answers.row(&[line], answer);
            }
        }
    }
    answers.end();
    Ok(())
}
