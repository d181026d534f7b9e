//! `plywood predict`: what a trained model says of data whose answers aren't known.

mod answers;
mod files;
mod images;
mod pixels;
mod recordings;
mod rows;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use plywood::tensor::{Error, Result};
use plywood::zoo::SavedModel;

use crate::options::Weights;
use crate::say::Output;
use crate::table_file::Reading;
use answers::Format;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of a model that was trained here, or the name of one with published weights
    model: String,
    /// A table with the columns that the model was given, which need not have the one that it learnt;
    /// or images, or recordings in WAV files, of which a longer one than the network's input gets the mean over
    /// pieces. A model of pixels draws masks, into the folder `predictions` of its own. `-` is standard input: a table, or paths of images or recordings, one in a line
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How answers are written: CSV with a line of names, or an object of JSON in each line
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    format: Format,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    weights: Weights,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    let standard_input = [PathBuf::from("-")];
    let files = match &arguments.files[..] {
        [] if io::stdin().is_terminal() => {
            return Err(Error::value("there is nothing to predict")
                .hint("name a table, images, recordings, or `-` for standard input"));
        }
        [] => &standard_input[..],
        files => files,
    };
    let folder = Path::new(&arguments.model);
    let saved = folder.is_dir().then(|| SavedModel::load(folder)).transpose()?;
    if let Some(SavedModel::Table(model)) = saved {
        let [file] = files else {
            return Err(Error::value(format!(
                "a model of tables takes one file at a time, there are {}",
                files.len()
            )));
        };
        return rows::predict(&model, file, arguments, out);
    }
    let is_of_sound = matches!(saved, Some(SavedModel::Sound(_) | SavedModel::SoundScore(_)));
    if arguments.reading != Reading::default() {
        let what = if is_of_sound { "recordings" } else { "images" };
        return Err(Error::value(format!("options of tables don't apply to {what}"))
            .at(&arguments.model)
            .hint("give the folder of a model that `train --csv` has made, or leave those options out"));
    }
    match &saved {
        Some(SavedModel::Sound(classifier)) => {
            recordings::classes(classifier, files, arguments, out)
        }
        Some(SavedModel::SoundScore(regressor)) => {
            recordings::scores(regressor, files, arguments, out)
        }
        Some(SavedModel::Pixels(classifier)) => pixels::predict(classifier, files, arguments, out),
        _ => images::predict(files, arguments, out),
    }
}

/// Whether a file is standard input.
fn is_standard_input(file: &Path) -> bool {
    file == Path::new("-")
}
