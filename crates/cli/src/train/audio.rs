//! A network that learns the classes or the scores of recordings.

use std::path::Path;

use plywood::datasets::transforms::SpecAugment;
use plywood::datasets::{AddGaussianSnr, AudioFolder, Dataset, RowTarget, SpeedPerturbation};
use plywood::layers::{Module, mse_loss, summary};
use plywood::tensor::{Error, Result, Tensor};
use plywood::training::{Accuracy, Baseline, Mixup, RSquared};
use plywood::zoo::{SoundClassifier, SoundPreprocess, SoundRegressor};

use super::Arguments;
use crate::how_good;
use crate::image_files::same_classes;
use crate::learnt_from::keep_images;
use crate::options::{Pace, Training};
use crate::report::{Heard, REPORT, of_classes, of_recordings, of_scores};
use crate::say::{self, Output};
use crate::sound::files::{Source, any_input, fit, readable, sample_names};
use crate::sound::settings::{InputOptions, Measured};
use crate::split::{Parts, Splitting};

/// The network that learns from recordings, and the channels of its first convolution.
const MODEL: &str = "melnet";
const WIDTH: usize = 12;

/// How much training varies recordings, as the recipes of sound found best: the part of them that gets noise, and how
/// many decibels quieter it is at least; the lowest and the highest speed, the longest part of the time and the most
/// bands that are hidden, and the parameter of mixup.
const NOISY: f64 = 0.3;
const LEAST_SNR_DB: f64 = 15.0;
const SPEEDS: [f64; 2] = [1.0 / 1.2, 1.2];
const HIDDEN_TIME: f64 = 0.125;
const HIDDEN_BANDS: f64 = 0.125;
const MIXUP: f64 = 0.2;
/// How far the goals of classes are from 0 and 1.
const SMOOTHING: f64 = 0.1;

/// What is to be learnt of what.
pub(super) struct Task<'a> {
    source: Source,
    input: &'a InputOptions,
    splitting: &'a Splitting,
    training: &'a Training,
    skip_broken: bool,
}

impl<'a> Task<'a> {
    pub(super) fn of(arguments: &'a Arguments, path: &Path) -> Result<Self> {
        let Arguments { model, table, list, input, splitting, training, .. } = arguments;
        if model != MODEL {
            return Err(Error::value(format!("`{model}` doesn't learn from recordings"))
                .hint(format!("`{MODEL}` does")));
        }
        let source = Source::of(path, table.target.as_deref(), list, &table.columns)?;
        if let Some(score) = source.score()
            && training.weighs_classes()
        {
            return Err(Error::value(format!(
                "`{score}` is a number, which has no classes to weigh"
            ))
            .at(path.display())
            .hint(format!("leave out `--class-weights`, or declare `--column {score}=category`")));
        }
        let skip_broken = arguments.image_options.skip_broken;
        Ok(Self { source, input, splitting, training, skip_broken })
    }

    fn at_path(&self, error: Error) -> Error {
        error.at(self.source.path().display())
    }

    /// What the network is given of these recordings, and whether they are kept in memory; says so.
    fn measured<T: RowTarget>(
        &self,
        files: &AudioFolder<T>,
        out: &mut Output,
    ) -> Result<(SoundPreprocess, bool)> {
        let measured = Measured::of(files);
        let (preprocess, rate) = self.input.preprocess(&measured)?;
        if !measured.seconds.is_empty() {
            let (count, range) = (files.len(), measured.range());
            out.say(format!("{count} recordings, {range} long"));
            let seconds = preprocess.input.seconds();
            out.say(format!("the network is given {seconds:.2} s of each, at {rate} Hz"));
        }
        Ok((preprocess, fit(measured.bytes(rate))))
    }

    /// The parts of the recordings, none of them empty.
    fn parts<T: RowTarget>(
        &self,
        all: &AudioFolder<T>,
        test: Option<AudioFolder<T>>,
    ) -> Result<Parts<AudioFolder<T>>> {
        let parts = self.splitting.parts(all, test, self.training.seed());
        let parts = parts.map_err(|error| self.at_path(error))?;
        let Parts { train, valid, test } = &parts;
        for (part, what) in [(train, "learn from"), (valid, "validate on"), (test, "test on")] {
            if part.is_empty() {
                return Err(self.at_path(
                    Error::data(format!("{} recordings leave none to {what}", all.len()))
                        .hint("ten and more of each class are needed, hundreds are better"),
                ));
            }
        }
        Ok(parts)
    }
}

/// The training recordings as they are varied: with noise, at other speeds, with stretches of time and bands hidden.
fn varied<T: RowTarget>(
    train: &AudioFolder<T>,
    preprocess: &SoundPreprocess,
) -> Result<AudioFolder<T>> {
    let [_, bands, frames] = train.shape();
    let part = |of: usize, share: f64| (of as f64 * share).round() as usize;
    let masks = SpecAugment::new()
        .time_mask_param(part(frames, HIDDEN_TIME))
        .freq_mask_param(part(bands, HIDDEN_BANDS));
    train
        .transform_waveform(AddGaussianSnr::new().min_snr_db(LEAST_SNR_DB).p(NOISY))?
        .transform_waveform(SpeedPerturbation::new(SPEEDS[0], SPEEDS[1]))?
        .transform(preprocess.norm.clone())?
        .transform(masks)
}

pub(super) fn run(task: &Task<'_>, out: &mut Output) -> Result<()> {
    match task.source.score() {
        None => classes(task, out),
        Some(score) => scores(task, score, out),
    }
}

/// Says how many recordings are in which part, and how large the network is.
fn introduce<T: RowTarget>(
    parts: &Parts<AudioFolder<T>>,
    model: &impl Module,
    out: &mut Output,
) -> Result<()> {
    let [channels, bands, frames] = parts.train.shape();
    let parameters = summary(model, [1, channels, bands, frames])?.parameters;
    let [train, valid, test] = parts.each().map(Dataset::len);
    out.say(format!("{train} to learn from, {valid} to validate, {test} to test"));
    out.say(format!("{MODEL} has {parameters} parameters"));
    Ok(())
}

fn classes(task: &Task<'_>, out: &mut Output) -> Result<()> {
    let Task { source, training, skip_broken, .. } = task;
    let (preprocess, keep) = task.measured(&source.classes(&any_input())?, out)?;
    let open = |source: &Source| readable(&source.classes(&preprocess.input)?, keep, *skip_broken);
    let all = open(source)?;
    let names = all.class_names().to_vec();
    if names.len() < 2 {
        return Err(task.at_path(
            Error::data("all its recordings are of one class")
                .hint("each class has its recordings in a sub-folder with its name"),
        ));
    }
    let test = task.splitting.test().map(|path| -> Result<_> {
        let test = open(&source.like(path))?;
        same_classes(&names, &test, path)?;
        Ok(test)
    });
    let parts = task.parts(&all, test.transpose()?)?;
    let labels = parts.train.targets()?;
    let mut classifier = SoundClassifier::new(preprocess, WIDTH, names, training.seed())?;
    introduce(&parts, &classifier.model, out)?;
    let loss = training.told_loss(&labels, classifier.class_names(), out)?;
    let loss = loss.label_smoothing(SMOOTHING);

    let preprocess = classifier.preprocess().clone();
    let normal = |part: &AudioFolder| part.transform(preprocess.norm.clone());
    let (valid, test) = (normal(&parts.valid)?, normal(&parts.test)?);
    let folder = training.out(source.path(), MODEL);
    let run = training
        .trainer(Pace::of_recordings(parts.train.len()), &folder)?
        .objective(Mixup::new(MIXUP, loss))
        .metric(Accuracy::top(1))
        .fit(&mut classifier.model, &varied(&parts.train, &preprocess)?, &valid)?;
    let (result, predictions) = run.examine(&classifier.model, &test)?;
    run.write(&folder, &classifier.model, &result)?;
    classifier.save(&folder)?;
    keep_images(&folder, parts.each().map(sample_names))?;
    let title = format!("{MODEL} tells {} classes of recordings", classifier.class_names().len());
    let report = run.report().title(title).evaluation(&result).predictions(&predictions);
    let report = report.baseline(Baseline::of(&labels)?);
    let heard = Heard {
        source: source.path(),
        model: &*classifier.model,
        test: &test,
        answers: of_classes(&predictions)?,
        parts: parts.each().map(Dataset::len),
        train_seconds: run.train_seconds(),
        has_classes: true,
    };
    of_recordings(report, &heard)?.write_html(folder.join(REPORT))?;
    out.say(&result);
    how_good::classes(&predictions, out)?;
    let beside = how_good::most_frequent(&labels, predictions.target(), classifier.class_names())?;
    out.say(format!("beside it: {beside}"));
    written(&folder, out);
    Ok(())
}

fn scores(task: &Task<'_>, name: &str, out: &mut Output) -> Result<()> {
    let Task { source, training, skip_broken, .. } = task;
    let (preprocess, keep) = task.measured(&source.scores(&any_input())?, out)?;
    // What is learnt follows from the training part, so that sets are made anew of the parts' files.
    let open = |source: &Source| readable(&source.scores(&preprocess.input)?, false, *skip_broken);
    let all = open(source)?;
    if few_numbers(&all.targets()?) {
        say::note(format!(
            "{}: `{name}` has few different numbers; if they are classes, declare `--column {name}=category`",
            source.path().display()
        ));
    }
    let test = task.splitting.test().map(|path| open(&source.like(path)));
    let parts = task.parts(&all, test.transpose()?)?;
    let learnt = parts.train.targets()?;
    let mut regressor = SoundRegressor::new(preprocess, WIDTH, name, &learnt, training.seed())?;
    introduce(&parts, &regressor.model, out)?;

    let preprocess = regressor.preprocess().clone();
    let standard = |part: &AudioFolder<Tensor>| -> Result<AudioFolder<Tensor>> {
        let paths = part.paths().into_iter().map(Path::to_owned).collect();
        let targets = regressor.standardized(&part.targets()?);
        let set = AudioFolder::from_files(paths, targets, Vec::<String>::new(), &preprocess.input)?;
        if keep { set.load() } else { Ok(set) }
    };
    let normal = |part: &AudioFolder<Tensor>| standard(part)?.transform(preprocess.norm.clone());
    let (valid, test) = (normal(&parts.valid)?, normal(&parts.test)?);
    let train = varied(&standard(&parts.train)?, &preprocess)?;
    let folder = training.out(source.path(), MODEL);
    let run = training
        .trainer(Pace::of_recordings(train.len()), &folder)?
        .objective(Mixup::new(MIXUP, mse_loss))
        .metric(RSquared::new())
        .fit(&mut regressor.model, &train, &valid)?;
    let (result, predictions) = run.examine(&regressor.model, &test)?;
    run.write(&folder, &regressor.model, &result)?;
    regressor.save(&folder)?;
    keep_images(&folder, parts.each().map(sample_names))?;
    let predicted = regressor.scores(predictions.outputs());
    let actual = parts.test.targets()?.rows(predictions.samples())?;
    let report = run
        .report()
        .title(format!("{MODEL} predicts {name}"))
        .evaluation(&result)
        .predictions(&predictions)
        .numbers(name, double(&actual), double(&predicted))
        .baseline(Baseline::of(&learnt)?);
    let heard = Heard {
        source: source.path(),
        model: &*regressor.model,
        test: &test,
        answers: of_scores(&predictions, &predicted, &actual),
        parts: parts.each().map(Dataset::len),
        train_seconds: run.train_seconds(),
        has_classes: false,
    };
    of_recordings(report, &heard)?.write_html(folder.join(REPORT))?;
    out.say(&result);
    out.say(how_good::scores(name, &predicted, &actual)?);
    out.say(how_good::beside_scores(&learnt, &actual)?);
    written(&folder, out);
    Ok(())
}

fn double(numbers: &Tensor) -> Vec<f64> {
    numbers.as_slice().iter().map(|&x| f64::from(x)).collect()
}

/// Whether scores look like classes that are numbered.
fn few_numbers(scores: &Tensor) -> bool {
    let mut bits: Vec<u32> = scores.as_slice().iter().map(|x| x.to_bits()).collect();
    bits.sort_unstable();
    bits.dedup();
    bits.len() <= 10 && scores.as_slice().iter().all(|x| x.fract() == 0.0)
}

fn written(folder: &Path, out: &mut Output) {
    out.say(format!(
        "\nwritten to {0}: look at {0}/{REPORT}, or try `plywood predict {0} FILE.wav`",
        folder.display()
    ));
}
