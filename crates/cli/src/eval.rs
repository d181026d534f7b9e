//! `plywood eval`: how a trained model does on other data.

use std::path::PathBuf;

use plywood::datasets::{ImageFolder, Table};
use plywood::layers::cross_entropy;
use plywood::tensor::{Error, Result};
use plywood::training::{Accuracy, Evaluator, RSquared};
use plywood::zoo::{TableModel, TableNetwork};

use crate::finetune::same_classes;
use crate::image_files;
use crate::options::Weights;
use crate::say::Output;
use crate::table_file::{Reading, tell};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of a model that was trained here, or the name of one with published weights
    model: String,
    /// A folder with a sub-folder of images for each class
    #[arg(
        long,
        value_name = "FOLDER",
        required_unless_present = "csv",
        conflicts_with = "Reading"
    )]
    images: Option<PathBuf>,
    /// A table with the columns that the model learnt from; others are ignored
    #[arg(long, value_name = "FILE", conflicts_with = "images")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    weights: Weights,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    let evaluator = Evaluator::new().batch_size(64);
    if let Some(folder) = &arguments.images {
        let classifier = arguments.weights.classifier(&arguments.model)?;
        let images = ImageFolder::open(folder, classifier.preprocess().fit())?;
        same_classes(classifier.class_names(), &images).map_err(|e| e.at(folder.display()))?;
        let images = images.normalize(&classifier.preprocess().normalization()?)?;
        let evaluator = evaluator.loss(cross_entropy).metric(Accuracy::top(1));
        let result = evaluator.evaluate(&classifier.model, &images)?;
        image_files::tell(&images);
        out.say(result);
        return Ok(());
    }
    let Some(path) = &arguments.csv else {
        return Err(Error::value("there is nothing to evaluate on"));
    };
    let model = TableModel::load(&arguments.model)?;
    let table = arguments.reading.apply(model.csv_with_target())?.read_file(path)?;
    tell(path, table.notes());
    tell(path, model.encoding().gaps(&table)?.notes());
    if model.is_classifier() {
        let evaluator = evaluator.step(TableNetwork::class_step).metric(Accuracy::top(1));
        out.say(evaluator.evaluate(&model.network, &model.classes(&table)?)?);
        return Ok(());
    }
    let evaluator = evaluator.step(TableNetwork::value_step).metric(RSquared::new());
    out.say(evaluator.evaluate(&model.network, &model.values(&table)?)?);
    out.say(mean_error(&model, &table)?);
    Ok(())
}

/// How far predictions are from the truth, in the target's own unit.
pub(crate) fn mean_error(model: &TableModel, table: &Table) -> Result<String> {
    let predicted = model.predict(table)?;
    let target = model.target();
    let pairs = predicted.numbers().unwrap_or(&[]).iter().zip(table.numbers(target)?);
    let sum: f64 = pairs.map(|(&predicted, y)| (f64::from(predicted) - y).abs()).sum();
    let mean = sum / table.len() as f64;
    Ok(format!("mean error of `{target}`: {mean:.4}"))
}
