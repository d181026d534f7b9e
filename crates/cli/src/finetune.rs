//! `plywood finetune`: a trained network learns other classes.

use std::path::{Path, PathBuf};

use plywood::datasets::transforms::{RandomCrop, RandomHorizontalFlip};
use plywood::datasets::{Dataset, ImageBatch, Images};
use plywood::layers::{Layer, Params, cross_entropy};
use plywood::tensor::{Error, Result, did_you_mean};
use plywood::training::{Accuracy, Objective, Run};
use plywood::zoo::Classifier;

use crate::image_files;
use crate::learnt_from::keep_images;
use crate::names;
use crate::options::{Pace, Training, Weights};
use crate::report::{REPORT, of_images};
use crate::say::Output;
use crate::split::{Parts, Splitting};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A folder with a sub-folder of images for each class
    folder: PathBuf,
    /// The network to begin with: one with published weights, or the folder of a trained one
    #[arg(
        long,
        default_value = "efficientnet_lite0",
        value_parser = names::trained(),
        hide_possible_values = true
    )]
    model: String,
    /// A layer that learns too, besides the new last one; the empty name is the whole network
    #[arg(long, value_name = "LAYER")]
    unfreeze: Vec<String>,
    /// Don't show images mirrored: for letters, arrows and the like
    #[arg(long)]
    no_flip: bool,
    /// Leave out images that can't be read
    #[arg(long)]
    skip_broken: bool,
    #[command(flatten)]
    weights: Weights,
    #[command(flatten)]
    splitting: Splitting,
    #[command(flatten)]
    training: Training,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    let Arguments { folder, training, .. } = arguments;
    let trained = arguments.weights.classifier(&arguments.model)?;
    let (side, fit) = (trained.preprocess().side(), trained.preprocess().fit());
    let all = image_files::load(folder, fit, arguments.skip_broken)?;
    let seed = training.seed();
    let test = image_files::load_other(&arguments.splitting, fit, arguments.skip_broken, &all)?;
    let Parts { train, valid, test } = arguments.splitting.parts(&all, test, seed)?;
    let kept = [&train, &valid, &test].map(image_files::sample_names);
    let mut classifier = trained.with_classes(all.class_names())?;
    for layer in &arguments.unfreeze {
        if classifier.model.unfreeze(layer) == 0 {
            return Err(unknown_layer(&classifier, layer));
        }
    }
    let learnt = classifier.model.named_parameters();
    let learnt = learnt.iter().filter(|(_, param)| !param.is_frozen());
    let count = learnt.map(|(_, param)| param.shape().numel()).sum::<usize>();
    out.say(format!(
        "{} classes; of {} parameters {count} learn",
        classifier.class_names().len(),
        classifier.model.parameter_count(),
    ));

    let normalize = classifier.preprocess().normalization()?;
    let mut train = train.transform(RandomCrop::new(side).padding(side / 14))?;
    if !arguments.no_flip {
        train = train.transform(RandomHorizontalFlip::new())?;
    }
    let folder = training.out(folder, trained.name());
    let rate = if arguments.unfreeze.is_empty() { 5e-3 } else { 1e-3 };
    let run = training
        .trainer(Pace::of_images(10, rate), &folder)?
        .loss(cross_entropy)
        .metric(Accuracy::top(1))
        .fit(&mut classifier.model, &train.normalize(&normalize)?, &valid.normalize(&normalize)?)?;
    finish(&folder, &classifier, kept, &run, &test, out)
}

/// Tests what has been learnt, writes it, then its figures and the report, and says where.
pub(crate) fn finish<S>(
    folder: &Path,
    classifier: &Classifier,
    samples: [Vec<String>; 3],
    run: &Run<S>,
    test: &Images,
    out: &mut Output,
) -> Result<()>
where
    S: Objective<Box<dyn Layer>, ImageBatch>,
{
    let normalized = test.normalize(&classifier.preprocess().normalization()?)?;
    let (result, predictions) = run.examine(&classifier.model, &normalized)?;
    let counts = [&samples[0], &samples[1], &samples[2]].map(Vec::len);
    classifier.save(folder)?;
    keep_images(folder, samples)?;
    run.write(folder, &classifier.model, &result)?;
    out.say(&result);
    let report = run.report().evaluation(&result).predictions(&predictions);
    of_images(report, classifier, &predictions, test, counts)?.write_html(folder.join(REPORT))?;
    out.say(format!(
        "\nwritten to {0}: look at {0}/{REPORT}, or try `plywood classify --model {0} PHOTO`",
        folder.display()
    ));
    Ok(())
}

fn unknown_layer(classifier: &Classifier, layer: &str) -> Error {
    let parameters = classifier.model.named_parameters();
    let mut layers: Vec<&str> =
        parameters.iter().filter_map(|(name, _)| name.split('.').next()).collect();
    layers.dedup();
    let meant = did_you_mean(layer, layers.iter().copied());
    Error::value(format!("{} has no layer `{layer}`", classifier.name()))
        .hint(format!("{meant}it has {}, and layers below them", layers.join(", ")))
}
