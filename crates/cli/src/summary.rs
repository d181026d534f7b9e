//! `plywood summary`: what a model is made of.

use plywood::layers::summary;
use plywood::tensor::{Error, Result, Rng, Seed};
use plywood::zoo::{self, Classifier};

use crate::say::Output;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A model of `plywood models`, or the folder of a trained one
    model: String,
    /// The image that it is given: channels, height and width [default: as published]
    #[arg(long, value_name = "CxHxW")]
    image: Option<String>,
    /// The classes that it tells apart [default: as published]
    #[arg(long, value_name = "N")]
    classes: Option<usize>,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    if std::path::Path::new(&arguments.model).is_dir() {
        let classifier = Classifier::load(&arguments.model)?;
        let side = classifier.preprocess().side();
        out.say(summary(&classifier.model, [1, 3, side, side])?);
        return Ok(());
    }
    let entry = zoo::entry(&arguments.model)?;
    let (image, classes) = entry.published;
    let image = arguments.image.as_deref().map_or(Ok(image), sizes)?;
    let model = entry.build(image, arguments.classes.unwrap_or(classes), &mut Rng::new(Seed(0)))?;
    let [channels, height, width] = image;
    out.say(summary(&model, [1, channels, height, width])?);
    Ok(())
}

/// The sizes in a text such as `3x224x224`.
fn sizes(text: &str) -> Result<[usize; 3]> {
    let sizes = text.split(['x', '×', ',']).map(|size| size.trim().parse().ok());
    let sizes: Option<Vec<usize>> = sizes.collect();
    sizes.and_then(|sizes| sizes.try_into().ok()).ok_or_else(|| {
        Error::value(format!("`{text}` is no size of an image"))
            .hint("channels, height and width are written as 3x224x224")
    })
}
