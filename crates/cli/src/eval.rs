//! `plywood eval`: how a trained model does on other data.

use std::collections::HashSet;
use std::path::PathBuf;

use plywood::datasets::{Dataset, ImageFolder, Split};
use plywood::layers::{cross_entropy, mse_loss};
use plywood::tensor::{Error, Result, memory};
use plywood::training::{Accuracy, Evaluator, RSquared};
use plywood::zoo::{MemberLoss, Pretrained, SavedModel};

use crate::how_good;
use crate::image_files;
use crate::learnt_from::{LearntFrom, Part, rows_of};
use crate::missing;
use crate::options::Weights;
use crate::say::{self, Output};
use crate::table_file::{Reading, tell};

/// The most bytes of images that are held: more are decoded twice, once to find those that can't be read.
const MOST_BYTES: usize = 1 << 30;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of a model that was trained here, or the name of one with published weights
    model: String,
    /// A folder with a sub-folder of images for each class
    #[arg(long, value_name = "FOLDER", conflicts_with = "Reading")]
    images: Option<PathBuf>,
    /// Leave out images that can't be read
    #[arg(long, requires = "images")]
    skip_broken: bool,
    /// A table with the columns that the model learnt from; others are ignored
    #[arg(long, value_name = "FILE", conflicts_with = "images")]
    csv: Option<PathBuf>,
    /// Only the samples that the run had in this part, where they are those that it was given
    #[arg(long)]
    part: Option<Part>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    weights: Weights,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    let evaluator = Evaluator::new().batch_size(64);
    if let Some(folder) = &arguments.images {
        let classifier = arguments.weights.classifier(&arguments.model)?;
        let images = image_files::open_for(folder, classifier.preprocess())?;
        image_files::same_classes(classifier.class_names(), &images, folder)?;
        let images = images.normalize(&classifier.preprocess().normalization()?)?;
        let images = images_of(arguments, images)?;
        let evaluator = evaluator.loss(cross_entropy).metric(Accuracy::top(1));
        let [channels, height, width] = images.shape();
        let bytes = images.len().saturating_mul(channels * height * width);
        let (result, predictions) = if bytes <= MOST_BYTES.min(memory::budget() / 4) {
            let images = image_files::loaded(&images, arguments.skip_broken)?;
            evaluator.examine(&classifier.model, &images)?
        } else {
            let images = image_files::readable(images, arguments.skip_broken)?;
            evaluator.examine(&classifier.model, &images)?
        };
        out.say(result);
        return how_good::classes(&predictions, out);
    }
    let Some(path) = &arguments.csv else {
        let needed = match saved(&arguments.model) {
            Ok(SavedModel::Table(_)) => "it is a model of tables: give it one by `--csv FILE`",
            Err(error) if Pretrained::named(&arguments.model).is_err() => return Err(error),
            _ => "give it a folder of images by `--images FOLDER`",
        };
        return Err(Error::value("there is nothing to evaluate on")
            .at(&arguments.model)
            .hint(needed));
    };
    let SavedModel::Table(model) = saved(&arguments.model)? else {
        return Err(Error::value("it is a model of images, and not of tables")
            .at(&arguments.model)
            .hint("give it a folder of images by `--images FOLDER`"));
    };
    let table = arguments
        .reading
        .apply(model.csv_with_target())?
        .read_file(path)
        .map_err(|error| missing::hinted(error, path))?;
    tell(path, table.notes());
    let (table, flattered) = rows_of(arguments.model.as_ref(), path, table, arguments.part)?;
    tell(path, flattered);
    tell(path, model.encoding().gaps(&table)?.notes());
    if model.is_classifier() {
        let evaluator = evaluator.objective(MemberLoss(cross_entropy)).metric(Accuracy::top(1));
        let (result, predictions) = evaluator.examine(&model.network, &model.classes(&table)?)?;
        out.say(result);
        return how_good::classes(&predictions, out);
    }
    let evaluator = evaluator.objective(MemberLoss(mse_loss)).metric(RSquared::new());
    out.say(evaluator.evaluate(&model.network, &model.values(&table)?)?);
    out.say(how_good::numbers(model.target(), &model.predict(&table)?, &table)?);
    Ok(())
}

/// The model in a run's folder.
fn saved(folder: &str) -> Result<SavedModel> {
    SavedModel::load(folder).map_err(|error| missing::hinted(error, folder.as_ref()))
}

/// The images that are in the part that is asked for; says how many of them the model learnt from where no
/// part is.
fn images_of(arguments: &Arguments, images: ImageFolder) -> Result<ImageFolder> {
    let here = images.paths().into_iter().map(|path| path.canonicalize().ok());
    let here: Vec<Option<PathBuf>> = here.collect();
    let kept = LearntFrom::of(arguments.model.as_ref())?;
    let places = |part| -> Result<Vec<usize>> {
        let files = kept.as_ref().map_or(Ok(HashSet::new()), |kept| kept.files(part))?;
        let known = here
            .iter()
            .enumerate()
            .filter(|(_, path)| path.as_ref().is_some_and(|path| files.contains(path)));
        Ok(known.map(|(place, _)| place).collect())
    };
    let Some(part) = arguments.part else {
        let seen = places(Part::Train)?.len();
        if seen > 0 {
            say::note(format!(
                "the model learnt from {seen} of these {} images, which flatters it; `--part test` looks at \
                 images that it hasn't seen",
                here.len()
            ));
        }
        return Ok(images);
    };
    match &places(part)?[..] {
        [] => Err(Error::value("none of these images is in that part of what the model was given")
            .hint("leave out `--part` to look at all")),
        some => images.subset(some),
    }
}
