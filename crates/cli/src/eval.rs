//! `plywood eval`: how a trained model does on other data.

use std::path::PathBuf;

use plywood::datasets::{Dataset, ImageFolder, Split};
use plywood::layers::{cross_entropy, mse_loss};
use plywood::tensor::{Error, Result, memory};
use plywood::training::{Accuracy, Evaluator, RSquared};
use plywood::zoo::{MemberLoss, Pretrained, SavedModel};

use crate::eval_audio;
use crate::how_good;
use crate::image_files;
use crate::learnt_from::{Part, places_of, rows_of};
use crate::missing;
use crate::options::Weights;
use crate::say::Output;
use crate::sound::files::ListOptions;
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
    /// Recordings as `plywood train --audio` takes them: a folder with a sub-folder for each class, or a list.
    /// Of one that is longer than the network's input the middle is taken
    #[arg(long, value_name = "PATH", conflicts_with_all = ["csv", "images", "Reading"])]
    audio: Option<PathBuf>,
    /// The column of a list of recordings that has what is to be told [default: for a score the one that was learnt]
    #[arg(long, value_name = "COLUMN", requires = "audio")]
    target: Option<String>,
    #[command(flatten)]
    list: ListOptions,
    /// Leave out images or recordings that can't be read
    #[arg(long, conflicts_with = "csv")]
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
    if let Some(path) = &arguments.audio {
        let Arguments { target, list, skip_broken, part, .. } = arguments;
        let task = eval_audio::Task {
            folder: arguments.model.as_ref(),
            path,
            target: target.as_deref(),
            list,
            skip_broken: *skip_broken,
            part: *part,
        };
        return eval_audio::run(&task, saved(&arguments.model)?, out);
    }
    let Some(path) = &arguments.csv else {
        let needed = match saved(&arguments.model) {
            Ok(SavedModel::Table(_)) => "it is a model of tables: give it one by `--csv FILE`",
            Ok(SavedModel::Sound(_) | SavedModel::SoundScore(_)) => {
                "it is a model of recordings: give it some by `--audio PATH`"
            }
            Err(error) if Pretrained::named(&arguments.model).is_err() => return Err(error),
            _ => "give it a folder of images by `--images FOLDER`",
        };
        return Err(Error::value("there is nothing to evaluate on")
            .at(&arguments.model)
            .hint(needed));
    };
    let model = match saved(&arguments.model)? {
        SavedModel::Table(model) => model,
        SavedModel::Pixels(_) => {
            return Err(Error::value("it is a model of pixels, and not of tables")
                .at(&arguments.model)
                .hint("`plywood predict` draws what it makes of images"));
        }
        SavedModel::Images(_) => {
            return Err(Error::value("it is a model of images, and not of tables")
                .at(&arguments.model)
                .hint("give it a folder of images by `--images FOLDER`"));
        }
        SavedModel::Sound(_) | SavedModel::SoundScore(_) => {
            return Err(Error::value("it is a model of recordings, and not of tables")
                .at(&arguments.model)
                .hint("give it recordings by `--audio PATH`"));
        }
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
    let folder = arguments.model.as_ref();
    match places_of(folder, &images.paths(), arguments.part, "images")? {
        None => Ok(images),
        Some(places) => images.subset(&places),
    }
}
