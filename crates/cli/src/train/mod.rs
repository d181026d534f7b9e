//! `plywood train`: a model on the user's own data.

mod images;
mod skewed;
mod table;

use std::path::PathBuf;

use plywood::tensor::Result;

use crate::options::Training;
use crate::say::Output;
use crate::split::Splitting;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A model of `plywood models`; for tables `mlp` or `wide_and_deep`
    model: String,
    /// A table to learn from, with the columns' names in its first line
    #[arg(long, value_name = "FILE", required_unless_present = "images", requires = "target")]
    csv: Option<PathBuf>,
    /// A folder to learn from, with a sub-folder of images for each class
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["csv", "Reading", "Columns"])]
    images: Option<PathBuf>,
    #[command(flatten)]
    table: table::Options,
    #[command(flatten)]
    image_options: images::Options,
    #[command(flatten)]
    splitting: Splitting,
    #[command(flatten)]
    training: Training,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    let Arguments { model, csv, images, table, image_options, splitting, training } = arguments;
    match (csv, images) {
        (Some(csv), _) => table::run(model, csv, table, splitting, training, out),
        (None, Some(folder)) => images::run(model, folder, image_options, splitting, training, out),
        // The arguments' own rules ask for one of them.
        (None, None) => Ok(()),
    }
}
