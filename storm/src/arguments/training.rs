//! The training loop with senseless settings, on a few samples.

use std::time::Duration;

use plywood::datasets::Rows;
use plywood::layers::{Linear, Sequential, cross_entropy};
use plywood::optimizers::{AdamW, Average, Constant, CosineAnnealing, OneCycle, SGD, StepDecay};
use plywood::tensor::{Error, Result, Rng, Seed, Tensor};
use plywood::training::{
    Accuracy, Callback, Evaluator, Flow, Predictions, RSquared, Report, RocAuc, TemperatureScaling,
    Trainer, TrainerState,
};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("Trainer::fit", |draw| {
        let mut trainer = settings(draw).loss(cross_entropy);
        if draw.once_in(4) {
            trainer =
                trainer.callback(Unruly { hook: draw.small("hook", 2), fails: draw.flag("fails") });
        }
        let (mut model, train, valid) = (model(draw)?, rows(draw)?, rows(draw)?);
        let valid = if draw.once_in(4) { None } else { Some(&valid) };
        let run = trainer.fit(&mut model, &train, valid)?;
        let _ = (run.history().len(), run.best_epoch(), run.train_seconds());
        let (result, predictions) =
            (run.evaluate(&model, &rows(draw)?)?, run.predictions(&model, &rows(draw)?)?);
        let _ = (result.to_string(), run.examine(&model, &rows(draw)?).is_ok());
        let mut report: Report<'_> = run.report().title("<run>").model(&model).evaluation(&result);
        if draw.flag("with predictions") {
            report = report.predictions(&predictions);
        }
        if draw.once_in(4) {
            let (actual, predicted) = (draw.numbers("actual", 5), draw.numbers("predicted", 5));
            report = report.numbers("<price>", actual, predicted);
        }
        report.html().map(drop)
    }),
    ("Evaluator::evaluate", |draw| {
        let mut evaluator =
            Evaluator::new().loss(cross_entropy).batch_size(draw.size("batch size"));
        if draw.once_in(3) {
            evaluator = evaluator.metric(Accuracy::top(draw.size("k")));
        }
        evaluator.evaluate(&model(draw)?, &rows(draw)?)?.to_string();
        Ok(())
    }),
    ("Evaluator::predictions", |draw| {
        let evaluator = Evaluator::new().loss(cross_entropy).batch_size(draw.size("batch size"));
        let evaluator = evaluator.keep(draw.size("keep"));
        let predictions: Predictions = match draw.flag("evaluated too") {
            true => evaluator.examine(&model(draw)?, &rows(draw)?)?.1,
            false => evaluator.predictions(&model(draw)?, &rows(draw)?)?,
        };
        let (class, most) = (draw.size("class"), draw.size("most"));
        let _ = (predictions.measure(RocAuc::new()), predictions.confusion());
        let _ = (predictions.roc(class), predictions.precision_recall(class));
        let _ = (predictions.probabilities(class), predictions.numbers(class));
        let _ = predictions.calibration(draw.size("bins"));
        if let Ok(scaling) = TemperatureScaling::new(draw.number("temperature")) {
            let _ = predictions.scaled(&scaling);
        }
        predictions.worst(most).map(drop)
    }),
];

/// A callback that fails, or ends the run, in one of its hooks.
#[derive(Debug)]
struct Unruly {
    hook: usize,
    fails: bool,
}

impl Unruly {
    fn at(&self, hook: usize) -> Result<Flow> {
        match (self.hook == hook, self.fails) {
            (false, _) => Ok(Flow::Continue),
            (true, true) => Err(Error::value("it fails")),
            (true, false) => Ok(Flow::stop("enough")),
        }
    }
}

impl Callback for Unruly {
    fn on_train_begin(&mut self, _: &mut TrainerState<'_>) -> Result<()> {
        self.at(0).map(drop)
    }

    fn on_step_end(&mut self, _: &mut TrainerState<'_>) -> Result<Flow> {
        self.at(1)
    }

    fn on_epoch_end(&mut self, _: &mut TrainerState<'_>) -> Result<Flow> {
        self.at(2)
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}

/// A trainer that ends at once: what "until it is stopped" means is tested with few samples.
fn settings(draw: &mut Draw) -> Trainer {
    let mut trainer = match draw.flag("AdamW") {
        true => Trainer::new(AdamW::new(draw.number("learning rate"))),
        false => {
            Trainer::new(SGD::new(draw.number("learning rate")).momentum(draw.number("momentum")))
        }
    };
    trainer = trainer
        .epochs(draw.small("epochs", 3))
        .batch_size(draw.size("batch size"))
        .seed(Seed(draw.word("seed")))
        .loader_threads(draw.size("loader threads"))
        .checkpoint_every(Duration::MAX)
        .keep_best(draw.flag("keep best"))
        .quiet(true);
    trainer = match draw.small("schedule", 4) {
        0 => trainer.schedule(OneCycle::new(draw.number("max")).warm_up(draw.number("warm-up"))),
        1 => trainer.schedule(CosineAnnealing::new(draw.number("initial"))),
        2 => {
            trainer.schedule(StepDecay::new(0.1, draw.word("every")).factor(draw.number("factor")))
        }
        3 => trainer.schedule(Constant::new(draw.number("rate"))),
        _ => trainer,
    };
    if draw.once_in(3) {
        trainer = trainer.metric(Accuracy::top(draw.size("k")));
    }
    if draw.once_in(8) {
        trainer = trainer.metric(RSquared::new());
    }
    match draw.small("limit", 4) {
        0 => trainer = trainer.clip_grad_norm(draw.number("most")),
        1 => trainer = trainer.clip_grad_value(draw.number("limit of a number")),
        2 => trainer = trainer.early_stopping(draw.size("patience")),
        3 => {
            let path = draw.one_of("path", &["", "0", "0.weight", "no such"]);
            trainer = trainer.freeze_after(draw.size("after"), path);
        }
        _ => {}
    }
    if draw.once_in(4) {
        trainer = trainer.accumulate(draw.size("batches in a step")).drop_last(true);
    }
    if draw.once_in(4) {
        trainer = trainer.average(Average::ema(draw.number("decay")));
    }
    if draw.once_in(4) {
        trainer = trainer.monitor(draw.one_of("monitor", &["", "loss", "accuracy", "no such"]));
    }
    trainer
}

/// A linear classifier of three numbers, mostly.
fn model(draw: &mut Draw) -> Result<Sequential> {
    let inputs = if draw.once_in(8) { 2 } else { 3 };
    let outputs = draw.small("outputs", 3);
    Ok(Sequential::new().add(Linear::config(inputs, outputs).init(&mut Rng::new(Seed(1)))?))
}

/// Up to four samples of three numbers.
fn rows(draw: &mut Draw) -> Result<Rows<Tensor<u32>>> {
    let samples = draw.small("samples", 4);
    let input = draw.tensor_of("input", &[samples, 3]);
    let rows = Rows::new(input, draw.indices("labels", &[samples], 2))?;
    if draw.once_in(2) { rows.with_class_names(["a", "b"]) } else { Ok(rows) }
}
