//! Predictions for images.

use std::io;
use std::path::{Path, PathBuf};

use plywood::tensor::{Error, Result};
use plywood::zoo::Classifier;

use super::answers::{Answer, Answers};
use super::{Arguments, is_standard_input};
use crate::image_files;
use crate::missing;
use crate::say::Output;

/// A line for each image: its path, and what the model says.
pub(super) fn predict(files: &[PathBuf], arguments: &Arguments, out: &mut Output) -> Result<()> {
    // Before anything large is read: weights for images that aren't there are of no use.
    if let [file] = files
        && !is_standard_input(file)
    {
        std::fs::metadata(file)
            .map_err(|error| missing::hinted(Error::io("read", file, error), file))?;
    }
    if let Some(folder) = files.iter().find(|file| file.is_dir()) {
        return Err(Error::value("a folder is no image")
            .at(folder.display())
            .hint(format!("name its images, such as {}/*.png", folder.display())));
    }
    let classifier = arguments.weights.classifier(&arguments.model)?;
    let names = vec!["file".to_owned()];
    let mut answers = Answers::begin(out, arguments.format, names, classifier.class_names());
    for file in files {
        if !is_standard_input(file) {
            answers.row(&[file.display().to_string()], answer(&classifier, file));
            continue;
        }
        for line in io::stdin().lines() {
            let line = line.map_err(|error| Error::io("read", file, error))?;
            if !line.is_empty() {
                let answer = answer(&classifier, Path::new(&line));
                answers.row(&[line], answer);
            }
        }
    }
    answers.end();
    Ok(())
}

fn answer(classifier: &Classifier, file: &Path) -> Result<Answer> {
    let image = image_files::read(file)?;
    let prediction = classifier.classify(&image).map_err(|error| error.at(file.display()))?;
    let class =
        prediction.top(1).first().map_or_else(String::new, |(class, _)| (*class).to_owned());
    Ok(Answer::Class(class, prediction.probabilities().to_vec()))
}
