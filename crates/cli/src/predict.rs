//! `plywood predict`: what a trained model says of data whose answers aren't known, as CSV.

use std::path::{Path, PathBuf};

use plywood::tensor::{Error, Result};

use crate::image_files;
use crate::options::Weights;
use crate::saved::TableModel;
use crate::say::Output;
use crate::table_file::{Reading, tell};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of a model that was trained here, or the name of one with published weights
    model: String,
    /// A table with the columns that the model was given, which need not have the one that it learnt; or
    /// images
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    weights: Weights,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    if TableModel::is_in(arguments.model.as_ref()) {
        return match &arguments.files[..] {
            [file] => rows(arguments, file, out),
            files => Err(Error::value(format!(
                "a model of tables takes one file at a time, there are {}",
                files.len()
            ))),
        };
    }
    if arguments.reading != Reading::default() {
        return Err(Error::value("options of tables don't apply to images")
            .at(&arguments.model)
            .hint("give the folder of a model that `train --csv` has made, or leave those options out"));
    }
    photos(arguments, out)
}

/// A line for each row of a table.
fn rows(arguments: &Arguments, file: &Path, out: &mut Output) -> Result<()> {
    let (saved, network) = TableModel::load(arguments.model.as_ref())?;
    let table = saved.input_csv(&arguments.reading)?.read_file(file)?;
    tell(file, table.notes());
    tell(file, saved.notes(&table)?);
    let predicted = saved.outputs(&network, &table)?;
    let target = field(saved.target());
    let mut answer = String::new();
    if saved.is_classifier() {
        answer += &format!("line,{target},probability");
        for (line, (class, probability)) in
            table.lines().iter().zip(saved.most_probable(&predicted)?)
        {
            answer += &format!("\n{line},{},{probability:.4}", field(class));
        }
    } else {
        answer += &format!("line,{target}");
        for (line, number) in table.lines().iter().zip(saved.restore(&predicted).as_slice()) {
            answer += &format!("\n{line},{number}");
        }
    }
    out.data(&answer);
    Ok(())
}

/// A line for each image.
fn photos(arguments: &Arguments, out: &mut Output) -> Result<()> {
    // Before anything large is read: weights for an image that isn't there are of no use.
    for path in &arguments.files {
        let found = std::fs::metadata(path).map_err(|error| Error::io("read", path, error))?;
        if found.is_dir() {
            return Err(Error::value("a folder is no image")
                .at(path.display())
                .hint(format!("name its images, such as {}/*.png", path.display())));
        }
    }
    let classifier = arguments.weights.classifier(&arguments.model)?;
    out.data("file,class,probability");
    for path in &arguments.files {
        let prediction = classifier.classify(&image_files::read(path)?)?;
        for (class, probability) in prediction.top(1) {
            let file = path.display().to_string();
            out.data(&format!("{},{},{probability:.4}", field(&file), field(class)));
        }
    }
    Ok(())
}

/// A value of CSV, in quotes where it needs them.
fn field(text: &str) -> String {
    let plain = !text.contains(['"', ',', '\n', '\r']) && text.trim() == text;
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}
