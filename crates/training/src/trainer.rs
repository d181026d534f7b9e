//! The settings of a training run.

use std::path::PathBuf;
use std::time::Duration;

use plywood_autodiff::Pass;
use plywood_optimizers::{Average, Optimizer, Schedule};
use plywood_tensor::{Result, Seed};

use crate::averaging::Averaging;
use crate::callback::Callback;
use crate::callbacks::{EarlyStopping, FreezeAfter};
use crate::evaluator::Evaluator;
use crate::metrics::Metric;
use crate::objective::{Step, Supervised};
use crate::options::{Clip, Options};

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
///     Sequential::new().add(Flatten).add(Linear::new(64, 10, &mut Rng::new(Seed(7)))?);
///
/// let run = Trainer::new(AdamW::scheduled())
///     .schedule(OneCycle::new(0.05)) // a schedule owns the learning rate
///     .loss(cross_entropy)
///     .metric(Accuracy::top(1))
///     .epochs(3)
///     .batch_size(64)
///     .seed(Seed(7))
///     .fit(&mut model, &train, &valid)?;
/// let result = run.evaluate(&model, &test)?; // the test set is looked at once
/// assert!(result.metric("accuracy").unwrap() > 0.9);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Trainer<S = ()> {
    pub(crate) evaluator: Evaluator<S>,
    pub(crate) options: Options,
}

impl Trainer {
    /// With this optimizer, for 10 epochs in batches of 32, from seed 0.
    pub fn new(optimizer: impl Optimizer + 'static) -> Self {
        Self { evaluator: Evaluator::new(), options: Options::new(Box::new(optimizer)) }
    }
}

impl<S> Trainer<S> {
    /// The schedule that owns the learning rate.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        self.options.schedule = Some(Box::new(schedule));
        self
    }

    /// What the model's output for a batch's input is compared by with the batch's target: a function such
    /// as [`mse_loss`](plywood_layers::mse_loss), or a value with settings, such as
    /// `CrossEntropy::new().label_smoothing(0.1)`. See [`Loss`](plywood_layers::Loss).
    ///
    /// A loss of other targets than the data have doesn't compile:
    ///
    /// ```compile_fail,E0277
    /// # use plywood_datasets::Digits;
    /// # use plywood_layers::{Linear, mse_loss};
    /// # use plywood_optimizers::SGD;
    /// # use plywood_tensor::{Rng, Seed};
    /// # use plywood_training::Trainer;
    /// let digits = Digits::embedded()?; // their targets are classes, `Tensor<u32>`
    /// let mut model = Linear::new(8, 10, &mut Rng::new(Seed(7)))?;
    /// Trainer::new(SGD::new(0.1)).loss(mse_loss).fit(&mut model, &digits, None)?;
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[must_use]
    pub fn loss<L>(self, loss: L) -> Trainer<Supervised<L>> {
        Trainer { evaluator: self.evaluator.loss(loss), options: self.options }
    }

    /// A closure that turns a batch into a loss, or a loss and an output that metrics look at: for
    /// models with other inputs or losses. Its arguments need their types:
    /// `.step(|model: &Net, batch: &ImageBatch, pass: &mut Pass| …)`.
    #[must_use]
    pub fn step<M, B, R, F>(self, step: F) -> Trainer<Step<F>>
    where
        F: Fn(&M, &B, &mut Pass) -> Result<R> + Send + Sync,
    {
        Trainer { evaluator: self.evaluator.step(step), options: self.options }
    }

    /// What turns a batch into a loss, as a type of its own: its settings belong to the run as a loss's do, where a
    /// closure only says where it was written.
    #[must_use]
    pub fn objective<O>(self, objective: O) -> Trainer<O> {
        Trainer { evaluator: self.evaluator.objective(objective), options: self.options }
    }

    /// One more metric, of training, validation and evaluation.
    #[must_use]
    pub fn metric(mut self, metric: impl Metric + 'static) -> Self {
        self.evaluator = self.evaluator.metric(metric);
        self
    }

    /// How often all samples are gone through. A run with a [checkpoint](Self::checkpoint_in) that is
    /// finished goes on if it is given more, to the bits of one that had them from the beginning, unless its
    /// [schedule](Self::schedule) depends on their number, as [`OneCycle`](plywood_optimizers::OneCycle) does.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.options.epochs = epochs;
        self
    }

    /// Samples in a batch.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.evaluator = self.evaluator.batch_size(batch_size);
        self
    }

    /// Makes batches of samples of like lengths, each of at most so many tokens: see
    /// [`DataLoader::batch_tokens`](plywood_datasets::DataLoader::batch_tokens). The [batch size](Self::batch_size) is
    /// that of validation then. By default all batches have one size.
    #[must_use]
    pub fn batch_tokens(mut self, tokens: usize) -> Self {
        self.options.batch_tokens = Some(tokens);
        self
    }

    /// Whether a last batch smaller than the others is left out of each epoch. No by default. Validation
    /// takes in every sample.
    #[must_use]
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.options.drop_last = drop_last;
        self
    }

    /// Batches in a step: the step is that of one large batch, in the memory of a small one. Gradients are
    /// means over all samples of the step; what is left at the end of an epoch is a step of fewer batches.
    /// Schedules count steps. 1 by default.
    ///
    /// Layers and losses that look at a whole batch, such as batch normalisation and the weighted mean of
    /// class weights, look at each small one by itself.
    #[must_use]
    pub fn accumulate(mut self, batches: usize) -> Self {
        self.options.accumulate = batches;
        self
    }

    /// Whether each epoch has an order of its own. Yes by default.
    #[must_use]
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.options.shuffle = shuffle;
        self
    }

    /// Whether the training data's augmentation is on. Yes by default.
    #[must_use]
    pub fn augment(mut self, augment: bool) -> Self {
        self.options.augment = augment;
        self
    }

    /// Averages the weights over the steps: the average takes in the model after each, such as `Average::ema(0.999)`: validation looks at the average,
    /// and the model ends with it. None by default.
    ///
    /// Running statistics of batch normalisation are the last step's, unless the average
    /// [has them too](Average::use_buffers).
    #[must_use]
    pub fn average(mut self, average: Average) -> Self {
        self.options.average = Some(Averaging::by_steps(average));
        self
    }

    /// Averages the weights over the epochs: the average takes in the model at the end of each, from epoch `first` on,
    /// counted from 1. Until then validation looks at the model itself; an epoch that a callback ends early is not
    /// taken in. `Average::swa()` with a constant learning rate in those epochs is the usual way; PyTorch's `swa_start`
    /// is `first` − 2, since it counts from 0 and begins after it.
    ///
    /// ```
    /// use plywood_datasets::Rows;
    /// use plywood_layers::{Init, Linear, mse_loss};
    /// use plywood_optimizers::{Average, SGD};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    /// use plywood_training::Trainer;
    ///
    /// let data = Rows::new(Tensor::from([[1.0]]), Tensor::from([[2.0]]))?;
    /// let zero = Linear::config(1, 1).weight_init(Init::Zeros).bias(false);
    /// let mut model = zero.init(&mut Rng::new(Seed(7)))?;
    ///
    /// Trainer::new(SGD::new(0.25)) // halves the distance to 2: 1, 1.5, 1.75
    ///     .average_epochs(2, Average::swa())
    ///     .loss(mse_loss)
    ///     .epochs(3)
    /// #   .quiet(true)
    ///     .fit(&mut model, &data, None)?;
    /// assert_eq!(model.weight.value(), &Tensor::from([[1.625]])); // the mean of 1.5 and 1.75
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[doc(alias = "swa_start")]
    #[must_use]
    pub fn average_epochs(mut self, first: usize, average: Average) -> Self {
        self.options.average = Some(Averaging::by_epochs(first, average));
        self
    }

    /// What the order of the samples, their augmentation and the model's own randomness follow
    /// from.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.options.seed = seed;
        self
    }

    /// Threads that prepare batches ahead; with 0 the training thread does it. Their number
    /// changes nothing in the result.
    #[must_use]
    pub fn loader_threads(mut self, threads: usize) -> Self {
        self.options.loader_threads = threads;
        self
    }

    /// Scales each step's gradients together so that their norm is at most this. The history tells
    /// how often that was needed.
    #[must_use]
    pub fn clip_grad_norm(mut self, max_norm: f64) -> Self {
        self.options.clip = Some(Clip::Norm(max_norm));
        self
    }

    /// Limits each element of the gradients.
    #[must_use]
    pub fn clip_grad_value(mut self, limit: f64) -> Self {
        self.options.clip = Some(Clip::Value(limit));
        self
    }

    /// Freezes every parameter at or below `path`, such as `conv1` or `conv1.bias`, when so many
    /// epochs are over: the first layers are soon as good as they get, and what stays as it is costs
    /// no gradient. The callback [`FreezeAfter`].
    #[must_use]
    pub fn freeze_after(self, epochs: usize, path: impl Into<String>) -> Self {
        self.callback(FreezeAfter::new(epochs, path))
    }

    /// One more callback: what else happens while the model learns. See [`Callback`].
    #[must_use]
    pub fn callback(mut self, callback: impl Callback + 'static) -> Self {
        self.options.callbacks.push(Box::new(callback));
        self
    }

    /// What is looked at to tell the best epoch: `loss`, or a metric's name, over the validation
    /// samples, or over those of training where there are none to validate. The loss by default. An epoch
    /// where it is NaN, such as [`RocAuc`](crate::RocAuc) of a single class, is never the best.
    #[must_use]
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.options.monitor = name.into();
        self
    }

    /// Stops when so many epochs in a row are no better than the best before: the callback
    /// [`EarlyStopping`].
    #[must_use]
    pub fn early_stopping(self, patience: usize) -> Self {
        self.callback(EarlyStopping::new(patience))
    }

    /// Gives the model the best epoch's weights at the end instead of the last one's. It takes validation
    /// data: the loss of training is that of the models on the way, not of an epoch's last. Where what is
    /// monitored is NaN in every epoch, they are the last one's.
    #[must_use]
    pub fn keep_best(mut self, keep_best: bool) -> Self {
        self.options.keep_best = keep_best;
        self
    }

    /// Keeps a checkpoint in this folder. A run that was interrupted, at whatever moment, goes on
    /// from there by itself, and ends with the same bits as one that never stopped. A checkpoint
    /// of other settings, data, parameters, first values or frozen layers is refused; what a
    /// checkpoint can't see is code: after a change to the model's or the loss's own, delete it. The number
    /// of [`epochs`](Self::epochs) may change, where it changes no step that has been taken. Two
    /// runs can't be at work in one folder: the second is refused.
    ///
    /// The bits are those of one set of vector instructions: on a machine with another, a run goes on
    /// all the same and says so, but its sums are rounded otherwise from there on. `PLYWOOD_INSTRUCTIONS` names a
    /// set that both machines have ([`instructions`](plywood_tensor::instructions)); set it for the
    /// whole run.
    #[must_use]
    pub fn checkpoint_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.options.checkpoint = Some(folder.into());
        self
    }

    /// How long at most to go on in an epoch without a checkpoint; 30 seconds by default. There is
    /// one after each epoch anyway.
    #[must_use]
    pub fn checkpoint_every(mut self, time: Duration) -> Self {
        self.options.checkpoint_every = time;
        self
    }

    /// Whether it begins anew where its folder has a [checkpoint](Self::checkpoint_in) already, of this run or
    /// another: the first one that it saves takes that one's place. No by default.
    #[must_use]
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.options.overwrite = overwrite;
        self
    }

    /// Whether Ctrl-C and SIGTERM, while it trains, let it finish its step, save a
    /// [checkpoint](Self::checkpoint_in) and fail with an error that says how to go on, of the kind
    /// [`Interrupted`](plywood_tensor::ErrorKind::Interrupted). A second one ends the process at once.
    /// No by default: signals belong to the program, and not to a library. Before and after training
    /// they do what they always do.
    #[must_use]
    pub fn stop_on_signals(mut self, stop: bool) -> Self {
        self.options.stop_on_signals = stop;
        self
    }

    /// Whether nothing is shown while it trains.
    #[must_use]
    pub fn quiet(mut self, quiet: bool) -> Self {
        self.options.quiet = quiet;
        self
    }
}
