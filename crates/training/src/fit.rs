//! The training loop.

use std::collections::BTreeMap;
use std::time::Instant;

use plywood_autodiff::{Grads, Params, Pass};
use plywood_datasets::{Batch, DataLoader, Dataset};
use plywood_optimizers::{self as optimizers, clip_grad_norm, clip_grad_value, grad_norm};
use plywood_tensor::{Error, ErrorKind, Result, Rng, Seed, remove_unfinished};

use crate::batches;
use crate::checkpoint::{Best, Checkpoint, Lock, MODEL, Norms, fingerprint};
use crate::evaluation::evaluate;
use crate::history::{EpochRecord, Scores};
use crate::meter::Meter;
use crate::objective::Objective;
use crate::progress::Progress;
use crate::run::Run;
use crate::signals::Signals;
use crate::trainer::{Clip, Trainer};

/// The label of the randomness that steps draw from, apart from the loader's.
const STEPS: u64 = u64::from_le_bytes(*b"steps   ");

impl<S> Trainer<S> {
    /// Trains the model on the samples of `train`, and looks at those of `valid` after each epoch.
    ///
    /// With a [checkpoint](Self::checkpoint_in), an interrupted run goes on where it was, and a
    /// finished one is only loaded.
    ///
    /// # Errors
    /// When a setting makes no sense, a step fails, the loss is no longer finite, a parameter gets
    /// no gradient, the checkpoint can't be read or written, another run has its folder, or a signal
    /// [stopped](Self::stop_on_signals) it. What has been saved stays.
    pub fn fit<M, D>(mut self, model: &mut M, train: &D, valid: &D) -> Result<Run<S>>
    where
        M: Params + Send + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        self.check()?;
        self.check_freezes(model)?;
        let loader = DataLoader::new(train)
            .batch_size(self.batch_size)
            .shuffle(Seed(self.seed))
            .threads(self.loader_threads);
        let count = loader.batches().map_err(|error| error.at("training data"))?;
        // Now, and not after the first epoch.
        let look = DataLoader::new(valid).batch_size(self.batch_size).batches();
        look.map_err(|error| error.at("validation data"))?;
        let data = [train.fingerprint(), valid.fingerprint()];
        let mut settings = self.settings(fingerprint(&*model), data);
        let own = model.settings().into_iter();
        settings.extend(own.map(|(path, value)| (format!("{MODEL}{path}"), value)));
        let progress = Progress::new(self.quiet);
        let lock = self.checkpoint.as_deref().map(Lock::take).transpose()?;
        let signals = if self.stop_on_signals { Signals::listen()? } else { Signals::ignored() };
        let mut state = self.resume(model, settings, lock.as_ref(), &progress)?;
        let mut meter = Meter::new(std::mem::take(&mut self.metrics));
        let steps = Rng::new(Seed(self.seed)).fork(STEPS);
        let (begun, before) = (Instant::now(), state.train_seconds);
        let seconds = || before + begun.elapsed().as_secs_f64();
        let mut saved = Instant::now();

        if !state.finished {
            progress.say(&meter.head());
        }
        while !state.finished {
            meter.restore(&std::mem::take(&mut state.sums));
            self.freeze(model, state.epoch);
            let name = format!("{}/{}", state.epoch + 1, self.epochs);
            progress.begin(&name, count, state.batch);
            batches::for_each(loader.epoch_from(state.epoch, state.batch), |batch| {
                self.schedule_rate(&state, count);
                let mut rng = steps.fork(state.step);
                let step =
                    batch.and_then(|batch| self.train_step(model, &batch, &mut rng, &mut meter));
                let norm = step.map_err(|error| {
                    let error = loader.locate(error, state.epoch, state.batch);
                    error.at(format!("epoch {}, batch {}", state.epoch + 1, state.batch + 1))
                })?;
                state.norms.sum += norm.norm;
                state.norms.steps += 1;
                state.norms.clipped += u64::from(norm.clipped);
                state.step += 1;
                state.batch += 1;
                progress.advance(meter.mean_loss());
                let signal = signals.received();
                let due = state.batch < count && saved.elapsed() >= self.checkpoint_every;
                if due || signal.is_some() {
                    state.sums = meter.sums();
                    state.train_seconds = seconds();
                    self.save(&mut state, model)?;
                    saved = Instant::now();
                }
                if let Some(signal) = signal {
                    progress.end();
                    return Err(self.stopped_by(signal, &state, count));
                }
                Ok(true)
            })?;
            let train_scores = meter.scores();
            // To come back to this place, if validation is cut short.
            state.sums = meter.sums();
            meter.reset();
            let scores =
                evaluate(&self.objective, model, valid, self.batch_size, &mut meter, &signals)
                    .map_err(|error| error.at(format!("epoch {}, validation", state.epoch + 1)))?;
            let Some(valid_scores) = scores else {
                state.train_seconds = seconds();
                self.save(&mut state, model)?;
                progress.end();
                let signal = signals.received().unwrap_or("a signal");
                return Err(self.stopped_by(signal, &state, count));
            };
            progress.say(&meter.row(&name, &train_scores, &valid_scores, seconds()));
            meter.reset();
            self.end_epoch(&mut state, model, &meter, train_scores, valid_scores);
            state.train_seconds = seconds();
            self.save(&mut state, model)?;
            saved = Instant::now();
        }
        progress.end();
        if let Some(best) = state.best.as_ref().filter(|_| self.keep_best) {
            best.restore(model)?;
        }
        Ok(Run {
            objective: self.objective,
            metrics: meter.metrics.into(),
            batch_size: self.batch_size,
            seed: self.seed,
            best_epoch: state.best.as_ref().map_or(0, |best| best.epoch),
            settings: state.settings,
            history: state.history,
            train_seconds: state.train_seconds,
        })
    }

    /// The state of an interrupted or finished run, or the beginning of a new one.
    fn resume<M: Params>(
        &mut self,
        model: &mut M,
        settings: BTreeMap<String, String>,
        lock: Option<&Lock>,
        progress: &Progress,
    ) -> Result<Checkpoint> {
        let Some(folder) = &self.checkpoint else { return Ok(Checkpoint::begin(settings)) };
        match lock.and_then(Lock::missing) {
            // Nobody else writes here: what is unfinished is of processes that were killed.
            None => remove_unfinished(&Checkpoint::path(folder)),
            Some(why) => progress.say(&format!(
                "{}: there are no locks here ({why}): see to it yourself that no other run has this \
                 folder",
                folder.display()
            )),
        }
        let Some(mut state) = Checkpoint::load(folder)? else {
            return Ok(Checkpoint::begin(settings));
        };
        let path = Checkpoint::path(folder);
        state.check_settings(&settings, &*model, folder)?;
        state.restore(model, &mut *self.optimizer).map_err(|error| {
            error.at(path.display()).hint(
                "is it of another model? Choose another folder for this one, or delete the file",
            )
        })?;
        state.release();
        let file = path.display();
        if state.finished {
            progress.say(&format!(
                "this run is finished: its result is loaded from {file}\n\
                 (delete that file to train anew, or change the settings and the folder)"
            ));
        } else {
            progress.say(&format!(
                "going on from {file}: {} of {} epochs and {} batches are done",
                state.epoch, self.epochs, state.batch
            ));
        }
        Ok(state)
    }

    /// What a run says that was asked to stop, and has saved where it is.
    fn stopped_by(&self, signal: &str, state: &Checkpoint, batches: usize) -> Error {
        let (epoch, batch) = (state.epoch + 1, state.batch);
        let message =
            format!("stopped by {signal} in epoch {epoch}, after {batch} of {batches} batches");
        let hint = match &self.checkpoint {
            Some(folder) => format!(
                "run the same again, and it goes on from {}",
                Checkpoint::path(folder).display()
            ),
            None => "nothing is saved: with `checkpoint_in` it could go on from there".to_owned(),
        };
        Error::new(ErrorKind::Interrupted, message).hint(hint)
    }

    /// Refuses to freeze what isn't there, before an epoch is spent.
    fn check_freezes<M: Params>(&self, model: &M) -> Result<()> {
        let names = model.named_parameters();
        let known = |path: &str| {
            let below = |name: &str| {
                name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            path.is_empty() || names.iter().any(|(name, _)| below(name))
        };
        match self.freezes.iter().find(|(_, path)| !known(path)) {
            Some((_, path)) => {
                Err(Error::value(format!("there is no parameter at or below `{path}` to freeze"))
                    .operation("trainer"))
            }
            None => Ok(()),
        }
    }

    /// Freezes what is to stay as it is from this epoch on, counted from 0.
    fn freeze<M: Params>(&self, model: &mut M, epoch: usize) {
        for (_, path) in self.freezes.iter().filter(|(epochs, _)| *epochs <= epoch) {
            model.freeze(path);
        }
    }

    /// What is monitored of an epoch's scores.
    fn monitored(&self, scores: &Scores) -> f64 {
        scores.metric(&self.monitor).unwrap_or(scores.loss)
    }

    fn schedule_rate(&mut self, state: &Checkpoint, batches: usize) {
        if let Some(schedule) = &self.schedule {
            let progress = optimizers::Progress {
                step: state.step,
                steps_per_epoch: batches as u64,
                epochs: self.epochs as u64,
            };
            let monitored: Vec<f64> =
                state.history.iter().map(|record| self.monitored(&record.valid)).collect();
            let rate = schedule.learning_rate_seeing(&progress, &monitored);
            self.optimizer.set_learning_rate(rate);
        }
    }

    /// One step: forward, backward, clipping, update.
    fn train_step<M, B>(
        &mut self,
        model: &mut M,
        batch: &B,
        rng: &mut Rng,
        meter: &mut Meter,
    ) -> Result<StepNorm>
    where
        M: Params,
        B: Batch,
        S: Objective<M, B>,
    {
        let mut pass = Pass::train(model, rng);
        let step = self.objective.forward(model, batch, &mut pass)?;
        let loss = step.loss()?;
        if !loss.is_finite() {
            return Err(Error::value(format!("the loss is {loss}"))
                .hint("a smaller learning rate, clipping or cleaner data may help"));
        }
        let output = step.output.as_ref().map(|output| output.value()).transpose()?;
        meter.update(loss, batch.len(), output, batch.target())?;
        let mut grads = pass.backward(&step.loss)?;
        drop(step);
        let norm = match self.clip {
            None => StepNorm { norm: checked_norm(&grads)?, clipped: false },
            Some(Clip::Norm(limit)) => {
                let norm = clip_grad_norm(&mut grads, limit)?;
                StepNorm { norm, clipped: norm > limit }
            }
            Some(Clip::Value(limit)) => {
                let norm = checked_norm(&grads)?;
                StepNorm { norm, clipped: clip_grad_value(&mut grads, limit)? > 0 }
            }
        };
        self.optimizer.step(model, &grads)?;
        Ok(norm)
    }

    /// Writes the epoch down, and says whether it was the last.
    fn end_epoch(
        &self,
        state: &mut Checkpoint,
        model: &dyn Params,
        meter: &Meter,
        train: Scores,
        valid: Scores,
    ) {
        let Norms { sum, steps, clipped } = std::mem::take(&mut state.norms);
        state.epoch += 1;
        state.batch = 0;
        // Those of a checkpoint in the middle of the epoch.
        state.sums.clear();
        let value = self.monitored(&valid);
        let larger = meter
            .metrics
            .iter()
            .any(|metric| metric.name() == self.monitor && metric.larger_is_better());
        let better = |best: &Best| match larger {
            // Anything is better than no number.
            _ if best.value.is_nan() => !value.is_nan(),
            true => value > best.value,
            false => value < best.value,
        };
        if state.best.as_ref().is_none_or(better) {
            state.best = Some(Best::new(state.epoch, value, self.keep_best.then_some(model)));
        }
        state.history.push(EpochRecord {
            epoch: state.epoch,
            learning_rate: self.optimizer.learning_rate(),
            train,
            valid,
            grad_norm: sum / steps as f64,
            clipped,
        });
        let best_epoch = state.best.as_ref().map_or(0, |best| best.epoch);
        let out_of_patience =
            self.patience.is_some_and(|patience| state.epoch - best_epoch >= patience);
        state.finished = state.epoch >= self.epochs || out_of_patience;
    }

    fn save(&self, state: &mut Checkpoint, model: &dyn Params) -> Result<()> {
        let Some(folder) = &self.checkpoint else { return Ok(()) };
        state.capture(model, &*self.optimizer);
        let saved = state.save(folder);
        state.release();
        saved
    }
}

/// The gradients' norm. Refuses gradients that are no numbers: the weights would become none, be
/// saved, and the run could never go on.
fn checked_norm(grads: &Grads) -> Result<f64> {
    let norm = grad_norm(grads);
    let broken = grads.iter().find(|(_, gradient)| !norm.is_finite() && !gradient.all_finite());
    match broken {
        None => Ok(norm),
        Some((name, _)) => Err(Error::value(format!("the gradient of {name} is not finite"))
            .hint("a smaller learning rate, or another loss, may help")),
    }
}

/// The gradients' norm in a step, before clipping, and whether they were clipped.
struct StepNorm {
    norm: f64,
    clipped: bool,
}
