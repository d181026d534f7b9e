//! `plywood finetune`: a trained network learns other classes.

use std::path::{Path, PathBuf};

use plywood::datasets::transforms::{RandomCrop, RandomHorizontalFlip};
use plywood::datasets::{Dataset, ImageBatch, Images};
use plywood::layers::{CrossEntropy, Layer, Params};
use plywood::tensor::{Error, Result, Tensor, did_you_mean};
use plywood::training::{Accuracy, Baseline, Objective, Run, Supervised, Trainer};
use plywood::zoo::Classifier;

use crate::image_files;
use crate::learnt_from::keep_images;
use crate::names;
use crate::options::{Pace, Training, Weights};
use crate::report::{REPORT, of_images};
use crate::say::Output;
use crate::split::{Parts, Splitting};

/// The most bytes that what a frozen network makes of images may take: beyond, each image goes through it in every
/// epoch.
const MOST_BYTES: usize = 1 << 30;

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
    /// Show images as they are: otherwise they are shifted a little and mirrored at random, and go
    /// through the whole network in every epoch. Without, where only the last layer learns, what it learns
    /// from is computed once, and epochs take moments
    #[arg(long)]
    no_augment: bool,
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
    let (preprocess, skip_broken) = (trained.preprocess(), arguments.skip_broken);
    let side = preprocess.side();
    let all = image_files::load(folder, preprocess, skip_broken)?;
    let seed = training.seed();
    let test = image_files::load_other(&arguments.splitting, preprocess, skip_broken, &all)?;
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
    let labels = Tensor::from(train.labels());
    let loss = training.told_loss(&labels, classifier.class_names(), out)?;
    let folder = training.out(folder, trained.name());
    let rate = if arguments.unfreeze.is_empty() { 5e-3 } else { 1e-3 };
    let pace = Pace::of_images(10, rate);
    let trainer = training.trainer(pace, &folder)?.loss(loss).metric(Accuracy::top(1));
    let (mut train, valid) = (train.normalize(&normalize)?, valid.normalize(&normalize)?);
    let run = if arguments.no_augment {
        fit_as_they_are(trainer, &mut classifier, [&train, &valid], training.batch_size(pace), out)?
    } else {
        train = train.transform(RandomCrop::new(side).padding(side / 14))?;
        if !arguments.no_flip {
            train = train.transform(RandomHorizontalFlip::new())?;
        }
        trainer.fit(&mut classifier.model, &train, &valid)?
    };
    finish(&folder, &classifier, kept, &labels, &run, &test, out)
}

/// Trains on images that are the same in every epoch: on what a frozen network makes of them, computed once, where
/// that comes to the same.
fn fit_as_they_are(
    trainer: Trainer<Supervised<CrossEntropy>>,
    classifier: &mut Classifier,
    [train, valid]: [&Images; 2],
    batch_size: usize,
    out: &mut Output,
) -> Result<Run<Supervised<CrossEntropy>>> {
    let images = train.len() + valid.len();
    let frozen = classifier.frozen_body()?;
    let Some(mut frozen) = frozen.filter(|frozen| frozen.bytes(images) <= MOST_BYTES) else {
        return trainer.fit(&mut classifier.model, train, valid);
    };
    out.say(format!(
        "the frozen layers see each of {images} images once; what they make of them takes {} bytes",
        frozen.bytes(images)
    ));
    let (train, valid) = (frozen.features(train, batch_size)?, frozen.features(valid, batch_size)?);
    let run = trainer.fit(&mut frozen.head, &train, &valid)?;
    classifier.model = frozen.head.into_model();
    Ok(run)
}

/// Tests what has been learnt, of the labels `learnt`, writes it, then its figures and the report, and says where.
pub(crate) fn finish<S>(
    folder: &Path,
    classifier: &Classifier,
    samples: [Vec<String>; 3],
    learnt: &Tensor<u32>,
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
    let report = report.baseline(Baseline::of(learnt)?);
    let seconds = run.train_seconds();
    of_images(report, classifier, &predictions, test, counts, seconds)?
        .write_html(folder.join(REPORT))?;
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
