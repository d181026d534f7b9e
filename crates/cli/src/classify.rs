//! `plywood classify`: what is in a photo, and whether a thing is.

use std::path::PathBuf;

use plywood::tensor::{Error, Result};

use crate::image_files;
use crate::missing;
use crate::names;
use crate::options::Weights;
use crate::say::Output;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Photos of any size, in PNG, JPEG, WebP, GIF, BMP or PNM
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<PathBuf>,
    /// A network with published weights, or the folder of one that was trained here
    #[arg(
        long,
        default_value = "efficientnet_lite0",
        value_parser = names::trained(),
        hide_possible_values = true
    )]
    model: String,
    /// How many classes are printed, the most probable first
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,
    /// Answer TRUE or FALSE: is there such a thing in the photo?
    #[arg(long, value_name = "WORD", conflicts_with = "top")]
    true_if: Option<String>,
    /// The probability from which the answer is TRUE
    #[arg(long, value_name = "P", default_value_t = 0.5, requires = "true_if")]
    at_least: f64,
    #[command(flatten)]
    weights: Weights,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    if !(0.0..=1.0).contains(&arguments.at_least) {
        let least = arguments.at_least;
        return Err(Error::value(format!("a probability of {least}")).hint("it is from 0 to 1"));
    }
    // Before anything large is read: weights for a photo that isn't there are of no use.
    for photo in &arguments.photos {
        std::fs::metadata(photo)
            .map_err(|error| missing::hinted(Error::io("read", photo, error), photo))?;
    }
    let classifier = arguments.weights.classifier(&arguments.model)?;
    for photo in &arguments.photos {
        let prediction = classifier.classify(&image_files::read(photo)?)?;
        let several = arguments.photos.len() > 1;
        let Some(word) = &arguments.true_if else {
            if several {
                out.say(photo.display());
            }
            for (class, probability) in prediction.top(arguments.top) {
                out.say(format!("{probability:.4}  {class}"));
            }
            continue;
        };
        let answer = prediction.is(word)?;
        let truth = if answer.probability >= arguments.at_least { "TRUE" } else { "FALSE" };
        let of = if several { format!("  {}", photo.display()) } else { String::new() };
        out.say(format!("{truth}  {:.4}{of}", answer.probability));
    }
    Ok(())
}
