//! The settings of a training run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use plywood_autodiff::{Params, Pass};
use plywood_datasets::Dataset;
use plywood_optimizers::{Optimizer, Schedule};
use plywood_tensor::{Error, Result, check_instructions};

use crate::checkpoint::BEGINNING;
use crate::evaluation::{Evaluation, look};
use crate::metrics::Metric;
use crate::objective::{Objective, Step, Supervised};

/// Trains a model: the loop, with everything that belongs to it.
///
/// ```
/// use plywood_datasets::{Digits, Split};
/// use plywood_layers::{Flatten, Linear, Sequential, cross_entropy};
/// use plywood_optimizers::{AdamW, OneCycle};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_training::{Accuracy, Trainer};
///
/// let [train, valid, test] = Digits::embedded()?.split([0.7, 0.1, 0.2], Seed(7))?;
/// let mut model =
///     Sequential::new().add(Flatten).add(Linear::config(64, 10).init(&mut Rng::new(Seed(7)))?);
///
/// let run = Trainer::new(AdamW::default())
///     .schedule(OneCycle::new(0.05)) // a schedule owns the learning rate
///     .loss(cross_entropy)
///     .metric(Accuracy::top(1))
///     .epochs(3)
///     .batch_size(64)
///     .seed(7)
///     .fit(&mut model, &train, &valid)?;
/// let result = run.evaluate(&model, &test)?; // the test set is looked at once
/// assert!(result.metric("accuracy").unwrap() > 0.9);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Trainer<S = ()> {
    pub(crate) optimizer: Box<dyn Optimizer>,
    pub(crate) schedule: Option<Box<dyn Schedule>>,
    pub(crate) objective: S,
    pub(crate) metrics: Vec<Box<dyn Metric>>,
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    pub(crate) seed: u64,
    pub(crate) loader_threads: usize,
    pub(crate) clip: Option<Clip>,
    /// Epochs, and the path of what stays as it is after them.
    pub(crate) freezes: Vec<(usize, String)>,
    pub(crate) monitor: String,
    pub(crate) patience: Option<usize>,
    pub(crate) keep_best: bool,
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) checkpoint_every: Duration,
    pub(crate) stop_on_signals: bool,
    pub(crate) quiet: bool,
}

/// How gradients are limited.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clip {
    Norm(f64),
    Value(f64),
}

impl Trainer {
    /// With this optimizer, for 10 epochs in batches of 32, from seed 0.
    pub fn new(optimizer: impl Optimizer + 'static) -> Self {
        Self {
            optimizer: Box::new(optimizer),
            schedule: None,
            objective: (),
            metrics: Vec::new(),
            epochs: 10,
            batch_size: 32,
            seed: 0,
            loader_threads: 1,
            clip: None,
            freezes: Vec::new(),
            monitor: "loss".to_owned(),
            patience: None,
            keep_best: false,
            checkpoint: None,
            checkpoint_every: Duration::from_secs(30),
            stop_on_signals: false,
            quiet: false,
        }
    }
}

impl<S> Trainer<S> {
    /// The schedule that owns the learning rate.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        self.schedule = Some(Box::new(schedule));
        self
    }

    /// What the model's output for a batch's input is compared by with the batch's target.
    #[must_use]
    pub fn loss<L>(self, loss: L) -> Trainer<Supervised<L>> {
        self.objective(Supervised(loss))
    }

    /// A closure that turns a batch into a loss, or a loss and an output that metrics look at: for
    /// models with other inputs or losses. Its arguments need their types:
    /// `.step(|model: &Net, batch: &ImageBatch, pass: &mut Pass| …)`.
    #[must_use]
    pub fn step<M, B, R, F>(self, step: F) -> Trainer<Step<F>>
    where
        F: Fn(&M, &B, &mut Pass) -> Result<R> + Send + Sync,
    {
        self.objective(Step(step))
    }

    fn objective<O>(self, objective: O) -> Trainer<O> {
        Trainer {
            optimizer: self.optimizer,
            schedule: self.schedule,
            objective,
            metrics: self.metrics,
            epochs: self.epochs,
            batch_size: self.batch_size,
            seed: self.seed,
            loader_threads: self.loader_threads,
            clip: self.clip,
            freezes: self.freezes,
            monitor: self.monitor,
            patience: self.patience,
            keep_best: self.keep_best,
            checkpoint: self.checkpoint,
            checkpoint_every: self.checkpoint_every,
            stop_on_signals: self.stop_on_signals,
            quiet: self.quiet,
        }
    }

    /// One more metric, of training, validation and evaluation.
    #[must_use]
    pub fn metric(mut self, metric: impl Metric + 'static) -> Self {
        self.metrics.push(Box::new(metric));
        self
    }

    /// How often all samples are gone through.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Samples in a step.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// What the order of the samples, their augmentation and the model's own randomness follow
    /// from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Threads that prepare batches ahead; with 0 the training thread does it. Their number
    /// changes nothing in the result.
    #[must_use]
    pub fn loader_threads(mut self, threads: usize) -> Self {
        self.loader_threads = threads;
        self
    }

    /// Scales each step's gradients together so that their norm is at most this. The history tells
    /// how often that was needed.
    #[must_use]
    pub fn clip_grad_norm(mut self, max_norm: f64) -> Self {
        self.clip = Some(Clip::Norm(max_norm));
        self
    }

    /// Limits each element of the gradients.
    #[must_use]
    pub fn clip_grad_value(mut self, limit: f64) -> Self {
        self.clip = Some(Clip::Value(limit));
        self
    }

    /// Freezes every parameter at or below `path`, such as `conv1` or `conv1.bias`, when so many
    /// epochs are over: the first layers are soon as good as they get, and what stays as it is costs
    /// no gradient.
    ///
    /// Source: Brock et al., "FreezeOut: accelerate training by progressively freezing layers" (2017).
    #[must_use]
    pub fn freeze_after(mut self, epochs: usize, path: impl Into<String>) -> Self {
        self.freezes.push((epochs, path.into()));
        self
    }

    /// What is looked at to tell the best epoch: `loss`, or a metric's name, over the validation
    /// samples. The loss by default.
    #[must_use]
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.monitor = name.into();
        self
    }

    /// Stops when so many epochs in a row are no better than the best before.
    #[must_use]
    pub fn early_stopping(mut self, patience: usize) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Gives the model the best epoch's weights at the end instead of the last one's.
    #[must_use]
    pub fn keep_best(mut self, keep_best: bool) -> Self {
        self.keep_best = keep_best;
        self
    }

    /// Keeps a checkpoint in this folder. A run that was interrupted, at whatever moment, goes on
    /// from there by itself, and ends with the same bits as one that never stopped. A checkpoint
    /// of other settings, data, parameters, first values or frozen layers is refused; what a
    /// checkpoint can't see is code: after a change to the model's or the loss's own, delete it. Two
    /// runs can't be at work in one folder: the second is refused.
    ///
    /// The bits are those of one set of vector instructions: on a machine with another, a run goes on
    /// all the same, but its sums are rounded otherwise from there on. `PLYWOOD_INSTRUCTIONS` names a
    /// set that both machines have ([`instructions`](plywood_tensor::instructions)); set it for the
    /// whole run.
    #[must_use]
    pub fn checkpoint_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.checkpoint = Some(folder.into());
        self
    }

    /// How long at most to go on in an epoch without a checkpoint; 30 seconds by default. There is
    /// one after each epoch anyway.
    #[must_use]
    pub fn checkpoint_every(mut self, time: Duration) -> Self {
        self.checkpoint_every = time;
        self
    }

    /// Whether Ctrl-C and SIGTERM, while it trains, let it finish its step, save a
    /// [checkpoint](Self::checkpoint_in) and fail with an error that says how to go on, of the kind
    /// [`Interrupted`](plywood_tensor::ErrorKind::Interrupted). A second one ends the process at once.
    /// No by default: signals belong to the program, and not to a library. Before and after training
    /// they do what they always do.
    #[must_use]
    pub fn stop_on_signals(mut self, stop: bool) -> Self {
        self.stop_on_signals = stop;
        self
    }

    /// Whether nothing is shown while it trains.
    #[must_use]
    pub fn quiet(mut self, quiet: bool) -> Self {
        self.quiet = quiet;
        self
    }

    /// Looks at a model without training it: the loss, the metrics, and for a classifier of up to
    /// 1,000 classes the confusion matrix.
    ///
    /// # Errors
    /// When there are no samples, or they don't fit the model.
    pub fn evaluate<M, D>(self, model: &M, data: &D) -> Result<Evaluation>
    where
        M: Params + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        look(&self.objective, model, data, self.batch_size, self.metrics)
    }

    /// Refuses settings that make no sense.
    pub(crate) fn check(&self) -> Result<()> {
        check_instructions()?;
        let refuse = |message: String| Err(Error::value(message).operation("trainer"));
        if let Some(schedule) = &self.schedule {
            schedule.check()?;
        }
        if self.epochs == 0 {
            return refuse("0 epochs train nothing".into());
        }
        if self.patience == Some(0) {
            return refuse("early stopping with a patience of 0 epochs would stop at once".into());
        }
        let metrics: Vec<String> = self.metrics.iter().map(|metric| metric.name()).collect();
        if self.monitor != "loss" && !metrics.contains(&self.monitor) {
            return Err(Error::value(format!("there is no metric `{}` to monitor", self.monitor))
                .operation("trainer")
                .hint(match metrics.len() {
                    0 => "there is only loss; `metric` adds others".to_owned(),
                    _ => format!("there are loss, {}", metrics.join(", ")),
                }));
        }
        Ok(())
    }

    /// Everything that the result depends on, by name.
    pub(crate) fn settings(
        &self,
        model: String,
        [train, valid]: [String; 2],
    ) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        let mut set = |name: &str, value: String| settings.insert(name.to_owned(), value);
        set("optimizer", self.optimizer.settings());
        match &self.schedule {
            Some(schedule) => set("schedule", schedule.settings()),
            None => set("learning rate", self.optimizer.learning_rate().to_string()),
        };
        set("epochs", self.epochs.to_string());
        set("batch size", self.batch_size.to_string());
        set("seed", self.seed.to_string());
        set(
            "clipping",
            match self.clip {
                None => "none".to_owned(),
                Some(Clip::Norm(limit)) => format!("to a norm of {limit}"),
                Some(Clip::Value(limit)) => format!("to values of {limit}"),
            },
        );
        if !self.freezes.is_empty() {
            let freezes = self.freezes.iter();
            let freezes = freezes.map(|(epochs, path)| format!("{path} after {epochs} epochs"));
            set("freezing", freezes.collect::<Vec<_>>().join(", "));
        }
        set("monitor", self.monitor.clone());
        set("patience", self.patience.map_or("none".to_owned(), |patience| patience.to_string()));
        set("keep best", self.keep_best.to_string());
        set(
            "metrics",
            self.metrics.iter().map(|metric| metric.name()).collect::<Vec<_>>().join(", "),
        );
        set(BEGINNING, model);
        set("training data", train);
        set("validation data", valid);
        settings
    }
}
