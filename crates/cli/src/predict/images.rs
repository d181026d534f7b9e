//! Predictions for images.

use std::path::{Path, PathBuf};

use plywood::tensor::Result;
use plywood::zoo::Classifier;

use super::answers::{Answer, PROBABILITIES};
use super::{Arguments, files};
use crate::image_files;
use crate::say::Output;

/// A line for each image: its path, and what the model says.
pub(super) fn predict(images: &[PathBuf], arguments: &Arguments, out: &mut Output) -> Result<()> {
    files::check(images, "image", "*.png")?;
    let classifier = arguments.weights.classifier(&arguments.model)?;
    let answer = |file: &Path| answer(&classifier, file);
    let classes = (classifier.class_names(), PROBABILITIES);
    files::predict(images, arguments.format, classes, out, answer)
}

fn answer(classifier: &Classifier, file: &Path) -> Result<Answer> {
    let image = image_files::read(file)?;
    let prediction = classifier.classify(&image).map_err(|error| error.at(file.display()))?;
    Ok(Answer::most_probable(&prediction))
}
