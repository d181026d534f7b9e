//! `plywood summary`: what a model is made of.

use std::path::Path;

use plywood::datasets::{Ames, Encoding};
use plywood::layers::summary;
use plywood::tensor::{Error, Result, Rng, Seed, did_you_mean};
use plywood::zoo::{self, MODELS, SavedModel, SoundPreprocess, TableModel};

use crate::missing;
use crate::names::{self, WIDE_AND_DEEP};
use crate::say::{self, Output};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A model of `plywood models`, or the folder of a trained one
    #[arg(value_parser = names::models(), hide_possible_values = true)]
    model: String,
    /// The image that it is given: channels, height and width [default: as published]
    #[arg(long, value_name = "CxHxW")]
    image: Option<String>,
    /// The classes that it tells apart [default: as published]
    #[arg(long, value_name = "N")]
    classes: Option<usize>,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    let told = arguments.image.is_some() || arguments.classes.is_some();
    if Path::new(&arguments.model).is_dir() {
        if told {
            return Err(Error::value(
                "`--image` and `--classes` are for models that aren't trained",
            )
            .at(&arguments.model)
            .hint("leave them out: what a trained one is given is in its folder"));
        }
        out.say(match SavedModel::load(&arguments.model)? {
            SavedModel::Images(classifier) => {
                let preprocess = classifier.preprocess();
                let side = preprocess.side();
                summary(&classifier.model, [1, preprocess.channels(), side, side])?
            }
            SavedModel::Pixels(classifier) => {
                let [height, width] = classifier.size();
                summary(&classifier.model, [1, 3, height, width])?
            }
            SavedModel::Table(model) => model.summary()?,
            SavedModel::Sound(classifier) => {
                summary(&classifier.model, picture(classifier.preprocess())?)?
            }
            SavedModel::SoundScore(regressor) => {
                summary(&regressor.model, picture(regressor.preprocess())?)?
            }
        });
        return Ok(());
    }
    if arguments.model == WIDE_AND_DEEP {
        return of_tables(told, out);
    }
    let entry = zoo::entry(&arguments.model).map_err(unknown(&arguments.model))?;
    let (image, classes) = entry.published;
    let image = arguments.image.as_deref().map_or(Ok(image), sizes)?;
    let model = entry.build(image, arguments.classes.unwrap_or(classes), &mut Rng::new(Seed(0)))?;
    let [channels, height, width] = image;
    out.say(summary(&model, [1, channels, height, width])?);
    Ok(())
}

/// The shape of what a network is given of a recording.
fn picture(preprocess: &SoundPreprocess) -> Result<[usize; 4]> {
    let [channels, bands, frames] = preprocess.input.shape()?;
    Ok([1, channels, bands, frames])
}

/// A network whose layers follow from a table's columns, for a table that is at hand.
fn of_tables(told: bool, out: &mut Output) -> Result<()> {
    if told {
        return Err(Error::value("`--image` and `--classes` are for models of images")
            .at(WIDE_AND_DEEP)
            .hint("its sizes follow from a table's columns"));
    }
    say::note(
        "its sizes follow from a table's columns; these are for the house sales inside the library",
    );
    let houses = Encoding::measured_on(&Ames::embedded()?, "Sale_Price")?;
    let model = TableModel::config(WIDE_AND_DEEP, houses).init(&mut Rng::new(Seed(0)))?;
    out.say(model.summary()?);
    Ok(())
}

/// What is said of a model that is neither a name nor a folder.
fn unknown(model: &str) -> impl FnOnce(Error) -> Error {
    move |error| {
        let names = MODELS.iter().map(|entry| entry.name).chain([WIDE_AND_DEEP]);
        match did_you_mean(model, names).is_empty() {
            true => missing::hinted(error, model.as_ref()),
            false => error,
        }
    }
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
