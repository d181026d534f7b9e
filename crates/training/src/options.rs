//! What a training run is told, but for the loss and the metrics.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use plywood_optimizers::{Optimizer, Schedule};
use plywood_tensor::{Error, Result, Seed, check_instructions};

use crate::averaging::Averaging;
use crate::callback::Callback;
use crate::checkpoint::EPOCHS;
use crate::history::Scores;
use crate::metrics::Metric;

/// The settings of a [`Trainer`](crate::Trainer).
pub(crate) struct Options {
    pub(crate) optimizer: Box<dyn Optimizer>,
    pub(crate) schedule: Option<Box<dyn Schedule>>,
    pub(crate) epochs: usize,
    pub(crate) batch_tokens: Option<usize>,
    pub(crate) drop_last: bool,
    pub(crate) accumulate: usize,
    pub(crate) shuffle: bool,
    pub(crate) augment: bool,
    pub(crate) seed: Seed,
    pub(crate) loader_threads: usize,
    pub(crate) clip: Option<Clip>,
    pub(crate) average: Option<Averaging>,
    pub(crate) callbacks: Vec<Box<dyn Callback>>,
    pub(crate) monitor: String,
    pub(crate) keep_best: bool,
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) checkpoint_every: Duration,
    pub(crate) overwrite: bool,
    pub(crate) stop_on_signals: bool,
    pub(crate) quiet: bool,
}

/// How gradients are limited.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clip {
    Norm(f64),
    Value(f64),
}

/// What the settings of a run are about, in words that differ where another run would come out.
pub(crate) struct Subject<'a> {
    pub(crate) loss: String,
    pub(crate) metrics: &'a [Box<dyn Metric>],
    pub(crate) batch_size: usize,
    pub(crate) model: BTreeMap<String, String>,
    pub(crate) train: String,
    pub(crate) valid: Option<String>,
}

impl Options {
    pub(crate) fn new(optimizer: Box<dyn Optimizer>) -> Self {
        Self {
            optimizer,
            schedule: None,
            epochs: 10,
            batch_tokens: None,
            drop_last: false,
            accumulate: 1,
            shuffle: true,
            augment: true,
            seed: Seed(0),
            loader_threads: 1,
            clip: None,
            average: None,
            callbacks: Vec::new(),
            monitor: "loss".to_owned(),
            keep_best: false,
            checkpoint: None,
            checkpoint_every: Duration::from_secs(30),
            overwrite: false,
            stop_on_signals: false,
            quiet: false,
        }
    }

    /// What is monitored of an epoch's scores.
    pub(crate) fn monitored(&self, scores: &Scores) -> f64 {
        scores.metric(&self.monitor).unwrap_or(scores.loss)
    }

    /// Whether more is better of what is monitored.
    pub(crate) fn larger_is_better(&self, metrics: &[Box<dyn Metric>]) -> bool {
        metrics.iter().any(|metric| metric.name() == self.monitor && metric.larger_is_better())
    }

    /// Refuses settings that make no sense.
    pub(crate) fn check(&self, metrics: &[Box<dyn Metric>], validated: bool) -> Result<()> {
        check_instructions()?;
        let refuse =
            |message: &str, hint: &str| Err(Error::value(message).operation("trainer").hint(hint));
        if let Some(schedule) = &self.schedule {
            schedule.check_settings()?;
        }
        if self.epochs == 0 {
            return Err(Error::value("0 epochs train nothing").operation("trainer"));
        }
        if self.accumulate == 0 {
            return refuse("a step over 0 batches", "`accumulate(1)` takes one for each batch");
        }
        if self.keep_best && !validated {
            return refuse(
                "there are no validation data to tell the best epoch's weights by",
                "give `fit` some, or leave out `keep_best`",
            );
        }
        if let Some(average) = &self.average {
            average.check(self.epochs)?;
        }
        let names: Vec<String> = metrics.iter().map(|metric| metric.name()).collect();
        if self.monitor == "loss" || names.contains(&self.monitor) {
            return Ok(());
        }
        let there = match names.len() {
            0 => "there is only loss; `metric` adds others".to_owned(),
            _ => format!("there are loss, {}", names.join(", ")),
        };
        refuse(&format!("there is no metric `{}` to monitor", self.monitor), &there)
    }

    /// Everything that the result depends on, by name.
    pub(crate) fn settings(
        &self,
        callbacks: &[Box<dyn Callback>],
        subject: Subject<'_>,
    ) -> BTreeMap<String, String> {
        let mut settings = subject.model;
        let mut set = |name: &str, value: String| settings.insert(name.to_owned(), value);
        set("loss", subject.loss);
        set("optimizer", self.optimizer.settings());
        match &self.schedule {
            Some(schedule) => set("schedule", schedule.settings()),
            None => set("learning rate", self.optimizer.learning_rate().to_string()),
        };
        set(EPOCHS, self.epochs.to_string());
        set("batch size", subject.batch_size.to_string());
        if let Some(tokens) = self.batch_tokens {
            set("tokens in a batch", tokens.to_string());
        }
        set("drop last", self.drop_last.to_string());
        set("batches in a step", self.accumulate.to_string());
        set("shuffling", self.shuffle.to_string());
        set("augmentation", self.augment.to_string());
        set("seed", self.seed.0.to_string());
        set(
            "clipping",
            match self.clip {
                None => "none".to_owned(),
                Some(Clip::Norm(limit)) => format!("to a norm of {limit}"),
                Some(Clip::Value(limit)) => format!("to values of {limit}"),
            },
        );
        if let Some(average) = &self.average {
            set("average", average.settings());
        }
        if !callbacks.is_empty() {
            set("callbacks", list(callbacks.iter().map(|callback| callback.settings())));
        }
        set("monitor", self.monitor.clone());
        set("keep best", self.keep_best.to_string());
        set("metrics", list(subject.metrics.iter().map(|metric| metric.settings())));
        set("training data", subject.train);
        set("validation data", subject.valid.unwrap_or_else(|| "none".to_owned()));
        settings
    }
}

fn list(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}
