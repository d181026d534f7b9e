//! A classifier of the images in a folder.

use std::path::Path;

use plywood::datasets::transforms::{RandomCrop, RandomHorizontalFlip};
use plywood::datasets::{Dataset, Normalize};
use plywood::layers::summary;
use plywood::tensor::{Error, Result, Tensor};
use plywood::training::Accuracy;
use plywood::zoo::{self, Classifier, Preprocess, Task};

use crate::finetune::finish;
use crate::image_files;
use crate::options::{Pace, Training};
use crate::say::{self, Output};
use crate::split::{Parts, Splitting};

#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Options {
    /// The side of the squares that images become [default: as the model was published]; with `--masks` the
    /// longer side [default: 240, or as they are if that is less]
    #[arg(long, value_name = "PIXELS", conflicts_with = "csv")]
    pub(super) size: Option<usize>,
    /// Learn from greys alone, as images of one channel: for X-rays, scans and the like. Images that the trained
    /// network is asked about become grey, too. Without, grey images count as coloured ones, and where all are grey
    /// a note says so
    #[arg(long, conflicts_with = "csv")]
    grey: bool,
    /// Don't show images mirrored: for letters, arrows and the like
    #[arg(long, conflicts_with = "csv")]
    pub(super) no_flip: bool,
    /// Leave out images or recordings that can't be read
    #[arg(long, conflicts_with = "csv")]
    pub(super) skip_broken: bool,
}

pub(super) fn run(
    model: &str,
    folder: &Path,
    options: &Options,
    splitting: &Splitting,
    training: &Training,
    out: &mut Output,
) -> Result<()> {
    let entry = zoo::entry(model)?;
    if entry.task == Task::Segment {
        return Err(Error::value(format!(
            "`{model}` learns the class of each pixel, not of images"
        ))
        .hint("`--masks FOLDER` gives it the masks of the images"));
    }
    let ([_, published, _], _) = entry.published;
    let side = options.size.unwrap_or(published);
    let preprocess = match options.grey {
        true => Preprocess::fitted(side).grey(),
        false => Preprocess::fitted(side),
    };
    let all = image_files::load(folder, &preprocess, options.skip_broken)?;
    if !options.grey && image_files::are_grey(&all)? {
        say::note(
            "all images are grey: with `--grey` the network has one channel of them, not three alike",
        );
    }
    if all.classes() < 2 {
        return Err(Error::data("all its images are of one class")
            .at(folder.display())
            .hint("each class has its images in a sub-folder with its name"));
    }
    let test = image_files::load_other(splitting, &preprocess, options.skip_broken, &all)?;
    let Parts { train, valid, test } = splitting.parts(&all, test, training.seed())?;
    let kept = [&train, &valid, &test].map(image_files::sample_names);
    for (part, what) in [(&train, "learn from"), (&valid, "validate on"), (&test, "test on")] {
        if part.is_empty() {
            return Err(Error::data(format!("{} images leave none to {what}", all.len()))
                .at(folder.display())
                .hint("ten and more of each class are needed"));
        }
    }
    let normalize = Normalize::measured_on(&train);
    let preprocess = preprocess.normalize(normalize.mean(), normalize.std())?;
    let channels = preprocess.channels();
    let mut classifier = Classifier::new(model, preprocess, all.class_names(), training.seed())?;
    let table = summary(&classifier.model, [1, channels, side, side])?;
    out.say(format!(
        "{} images of {side}×{side} in {} classes; {model} has {} parameters",
        all.len(),
        all.classes(),
        table.parameters
    ));

    let mut train =
        train.normalize(&normalize)?.transform(RandomCrop::new(side).padding(side / 8))?;
    if !options.no_flip {
        train = train.transform(RandomHorizontalFlip::new())?;
    }
    let folder = training.out(folder, model);
    let labels = Tensor::from(train.labels());
    let run = training
        .trainer(Pace::of_images(30, 3e-3), &folder)?
        .loss(training.told_loss(&labels, classifier.class_names(), out)?)
        .metric(Accuracy::top(1))
        .fit(&mut classifier.model, &train, &valid.normalize(&normalize)?)?;
    finish(&folder, &classifier, kept, &labels, &run, &test, out)
}
