//! `plywood train`: a model on the user's own data.

mod audio;
mod images;
mod pairs;
mod pixels;
mod skewed;
mod table;

use std::path::PathBuf;

use plywood::tensor::Result;

use crate::names;
use crate::options::Training;
use crate::say::Output;
use crate::sound::files::ListOptions;
use crate::sound::settings::InputOptions;
use crate::split::Splitting;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A model of `plywood models`; for tables `mlp` or `wide_and_deep`, for recordings
    /// `melnet`, for images with masks `unet`, for pairs of sentences `translation`
    #[arg(value_parser = names::models(), hide_possible_values = true)]
    model: String,
    /// A table to learn from, with the columns' names in its first line
    #[arg(long, value_name = "FILE", required_unless_present_any = ["images", "audio", "pairs"], requires = "target")]
    csv: Option<PathBuf>,
    /// A folder to learn from, with a sub-folder of images for each class; with `--masks` a folder of images
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["csv", "Reading", "Columns"])]
    images: Option<PathBuf>,
    /// Recordings to learn from, in WAV files: a folder with a sub-folder for each class, or a CSV file that
    /// lists files with the class or the number that `--target` names. Parts are drawn by recording, so that a
    /// speaker may be in several: `--test` gives those whom training never heard
    #[arg(
        long,
        value_name = "PATH",
        conflicts_with_all = [
            "csv", "images", "Reading", "without", "log", "skewed", "members", "hidden", "dropout",
            "size", "no_flip", "grey", "masks",
        ]
    )]
    audio: Option<PathBuf>,
    /// Sentences and their translations: two files whose lines belong together, plain or gzipped, or one file
    /// whose lines have both, with a tab between
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..=2,
        conflicts_with_all = [
            "csv", "images", "audio", "Reading", "Columns", "target", "without", "log", "skewed", "members",
            "hidden", "dropout", "size", "no_flip", "grey", "skip_broken", "class_weights",
        ]
    )]
    pairs: Vec<PathBuf>,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    input: InputOptions,
    #[command(flatten)]
    table: table::Options,
    #[command(flatten)]
    image_options: images::Options,
    #[command(flatten)]
    pixel_options: pixels::Options,
    #[command(flatten)]
    splitting: Splitting,
    #[command(flatten)]
    training: Training,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    let Arguments { model, csv, images, audio, table, image_options, splitting, training, .. } =
        arguments;
    if !arguments.pairs.is_empty() {
        return pairs::run(model, &arguments.pairs, splitting, training, out);
    }
    match (csv, images, audio) {
        (Some(csv), ..) => table::run(model, csv, table, splitting, training, out),
        (None, Some(images), _) if arguments.pixel_options.masks().is_some() => {
            pixels::run(&pixels::Task::of(arguments, images)?, out)
        }
        (None, Some(folder), _) => {
            images::run(model, folder, image_options, splitting, training, out)
        }
        (None, None, Some(path)) => audio::run(&audio::Task::of(arguments, path)?, out),
        // The arguments' own rules ask for one of them.
        (None, None, None) => Ok(()),
    }
}
