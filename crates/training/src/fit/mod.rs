//! The training loop.

mod resume;
mod step;

use std::time::Instant;

use plywood_autodiff::Params;
use plywood_datasets::{DataLoader, Dataset};
use plywood_tensor::{Error, ErrorKind, Result, optimized};

use crate::batches;
use crate::callback::{Callback, Flow};
use crate::checkpoint::{Best, Checkpoint, Lock, Norms};
use crate::evaluator::Evaluator;
use crate::history::{EpochRecord, Scores};
use crate::meter::Meter;
use crate::objective::Objective;
use crate::options::Options;
use crate::progress::Progress;
use crate::run::Run;
use crate::signals::Signals;
use crate::trainer::Trainer;
use crate::trainer_state::TrainerState;
use step::Gradients;

/// What is said once where the kernels are compiled for debugging.
const SLOW: &str = "this program's kernels are compiled without optimisation, which makes training many times \
slower; two lines in Cargo.toml mend it:\n[profile.dev.package.\"*\"]\nopt-level = 3";

impl<S> Trainer<S> {
    /// Trains the model on the samples of `train`, and looks at those of `valid` after each epoch. With
    /// `None` there is no validation: early stopping and schedules go by what the run monitors over the
    /// training samples.
    ///
    /// With a [checkpoint](Self::checkpoint_in), an interrupted run goes on where it was, and a
    /// finished one is only loaded.
    ///
    /// # Errors
    /// When a setting makes no sense, a step or a callback fails, the loss is no longer finite, a parameter
    /// gets no gradient, the checkpoint can't be read or written, another run has its folder, or a signal
    /// [stopped](Self::stop_on_signals) it. What has been saved stays.
    pub fn fit<'v, M, D>(
        self,
        model: &mut M,
        train: &D,
        valid: impl Into<Option<&'v D>>,
    ) -> Result<Run<S>>
    where
        M: Params + Send + Sync + 'static,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        let mut fit = Fit::prepare(self, model, train, valid.into())?;
        let trained = fit.train();
        fit.progress.end();
        trained?;
        fit.finish()
    }
}

/// A run under way.
struct Fit<'a, S, M, D> {
    evaluator: Evaluator<S>,
    options: Options,
    callbacks: Vec<Box<dyn Callback>>,
    model: &'a mut M,
    loader: DataLoader<D>,
    valid: Option<&'a D>,
    /// Of an epoch.
    batches: usize,
    gradients: Gradients,
    meter: Meter,
    state: Checkpoint,
    progress: Progress,
    signals: Signals,
    /// Held as long as the run has its folder.
    lock: Option<Lock>,
    begun: Instant,
    saved: Instant,
    /// The time that training took before this process.
    seconds_before: f64,
}

impl<S, M, D> Fit<'_, S, M, D>
where
    M: Params + Send + Sync + 'static,
    D: Dataset,
    S: Objective<M, D::Batch>,
{
    fn train(&mut self) -> Result<()> {
        self.begin()?;
        while !self.is_over() {
            let train = self.train_epoch()?;
            let valid = self.validate()?;
            self.end_epoch(train, valid)?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        self.call("", |callback, run| callback.on_train_begin(run).map(|()| Flow::Continue))?;
        if !self.is_over() {
            if !optimized() {
                self.progress.say(SLOW);
            }
            self.progress.say(&self.meter.head(self.valid.is_some()));
        }
        Ok(())
    }

    /// Whether all epochs are done, or one that was told to be the last.
    fn is_over(&self) -> bool {
        self.state.is_over(self.options.epochs)
    }

    /// Goes through the batches of an epoch, or those that are left of it, and gives the scores over all.
    fn train_epoch(&mut self) -> Result<Scores> {
        self.meter.restore(&std::mem::take(&mut self.state.sums));
        self.progress.begin(&self.epoch_name(), self.batches, self.state.batch);
        if self.state.stopped.is_none() {
            let rest = self.loader.epoch_from(self.state.epoch, self.state.batch);
            batches::for_each(rest, |batch| {
                batch.and_then(|batch| self.learn(&batch)).map_err(|error| self.locate(error))?;
                self.state.batch += 1;
                self.progress.advance(self.meter.mean_loss());
                if self.is_step_due() {
                    self.step().map_err(|error| error.at(self.place()))?;
                    self.call(&self.place(), |callback, run| callback.on_step_end(run))?;
                    self.save_if_due()?;
                }
                Ok(self.state.stopped.is_none())
            })?;
        }
        let scores = self.meter.scores();
        // To come back to this place, if validation is cut short.
        self.state.sums = self.meter.sums();
        self.meter.reset();
        Ok(scores)
    }

    /// The scores over the validation data, if there are any, of the average where there is one.
    fn validate(&mut self) -> Result<Option<Scores>> {
        let Some(valid) = self.valid else { return Ok(None) };
        let Self { evaluator, meter, signals, .. } = self;
        let mut look = |model: &M| {
            let go_on = || signals.received().is_none();
            evaluator.measure(model, valid, meter, go_on, |_, _| Ok(()))
        };
        let whole = match &mut self.options.average {
            Some(average) => average.during(self.model, look)?,
            None => look(self.model),
        };
        let whole = whole
            .map_err(|error| error.at(format!("epoch {}, validation", self.state.epoch + 1)))?;
        let scores = self.meter.scores();
        self.meter.reset();
        match self.signals.received().filter(|_| !whole) {
            Some(signal) => Err(self.save_and_stop(signal)),
            None => Ok(Some(scores)),
        }
    }

    /// Writes the epoch down, asks the callbacks, and saves.
    fn end_epoch(&mut self, train: Scores, valid: Option<Scores>) -> Result<()> {
        let row = self.meter.row(&self.epoch_name(), &train, valid.as_ref(), self.seconds());
        self.progress.say(&row);
        let Norms { sum, steps, clipped } = std::mem::take(&mut self.state.norms);
        let epoch = self.state.epoch + 1;
        self.state.history.push(EpochRecord {
            epoch,
            learning_rate: self.options.optimizer.learning_rate(),
            train,
            valid,
            grad_norm: sum / steps as f64,
            clipped,
        });
        self.keep_if_best(epoch)?;
        self.call(&self.place(), |callback, run| callback.on_epoch_end(run))?;
        self.state.epoch = epoch;
        self.state.batch = 0;
        // Those of a checkpoint in the middle of the epoch.
        self.state.sums.clear();
        if let Some(why) = &self.state.stopped {
            self.progress.say(&format!("stopped after epoch {epoch}: {why}"));
        }
        self.save()
    }

    /// Remembers the last epoch if it is the best so far. One without a number is never that.
    fn keep_if_best(&mut self, epoch: usize) -> Result<()> {
        let Some(record) = self.state.history.last() else { return Ok(()) };
        let value = self.options.monitored(record.scores());
        let larger = self.options.larger_is_better(&self.meter.metrics);
        if value.is_nan() {
            let monitor = &self.options.monitor;
            self.progress.say(&format!("epoch {epoch} can't be the best: its {monitor} is NaN"));
            return Ok(());
        }
        let better = |best: &Best| if larger { value > best.value } else { value < best.value };
        if self.state.best.as_ref().is_none_or(better) {
            let best = |model: &M| {
                let keep: Option<&dyn Params> =
                    if self.options.keep_best { Some(model) } else { None };
                Best::new(epoch, value, keep)
            };
            self.state.best = Some(match &mut self.options.average {
                Some(average) => average.during(self.model, best)?,
                None => best(self.model),
            });
        }
        Ok(())
    }

    /// Calls every callback, and notes the first that wants the run to end.
    fn call(
        &mut self,
        place: &str,
        hook: impl Fn(&mut dyn Callback, &mut TrainerState<'_>) -> Result<Flow>,
    ) -> Result<()> {
        let ended = self.state.history.last().filter(|record| record.epoch > self.state.epoch);
        let loss = ended.map_or_else(|| self.meter.mean_loss(), |record| record.train.loss);
        let mut callbacks = std::mem::take(&mut self.callbacks);
        for callback in &mut callbacks {
            let mut run = TrainerState {
                model: self.model,
                optimizer: &mut *self.options.optimizer,
                history: &self.state.history,
                best_epoch: self.state.best_epoch(),
                epoch: self.state.epoch + 1,
                epochs: self.options.epochs,
                batch: self.state.batch,
                batches: self.batches,
                step: self.state.step,
                loss,
            };
            let flow = hook(&mut **callback, &mut run).map_err(|error| {
                let error = error.at(format!("callback {}", callback.name()));
                if place.is_empty() { error } else { error.at(place) }
            })?;
            if let (Flow::Stop(why), None) = (flow, &self.state.stopped) {
                self.state.stopped = Some(format!("{}: {why}", callback.name()));
            }
        }
        self.callbacks = callbacks;
        Ok(())
    }

    /// Saves when that was long ago, and when a signal came, which ends the run.
    fn save_if_due(&mut self) -> Result<()> {
        let signal = self.signals.received();
        let long_ago = self.saved.elapsed() >= self.options.checkpoint_every;
        // At the end of an epoch it is saved anyway.
        if signal.is_none() && !(long_ago && self.state.batch < self.batches) {
            return Ok(());
        }
        self.state.sums = self.meter.sums();
        match signal {
            Some(signal) => Err(self.save_and_stop(signal)),
            None => self.save(),
        }
    }

    /// What a run says that was asked to stop, when it has saved where it is.
    fn save_and_stop(&mut self, signal: &str) -> Error {
        if let Err(error) = self.save() {
            return error;
        }
        let (epoch, batch, batches) = (self.state.epoch + 1, self.state.batch, self.batches);
        let message =
            format!("stopped by {signal} in epoch {epoch}, after {batch} of {batches} batches");
        let hint = match &self.options.checkpoint {
            Some(folder) => format!(
                "run the same again, and it goes on from {}",
                Checkpoint::path(folder).display()
            ),
            None => "nothing is saved: with `checkpoint_in` it could go on from there".to_owned(),
        };
        Error::new(ErrorKind::Interrupted, message).hint(hint)
    }

    fn save(&mut self) -> Result<()> {
        self.state.train_seconds = self.seconds();
        self.saved = Instant::now();
        let Some(folder) = &self.options.checkpoint else { return Ok(()) };
        let Options { optimizer, average, .. } = &self.options;
        self.state.capture(self.model, &**optimizer, average.as_ref(), &self.callbacks);
        let saved = self.state.save(folder);
        self.state.release();
        saved
    }

    /// Gives the model the weights that the run is for.
    fn finish(self) -> Result<Run<S>> {
        let Self { evaluator, state, options, model, .. } = self;
        match (&state.best, &options.average) {
            (Some(best), _) if options.keep_best => best.restore(model)?,
            (_, Some(average)) => average.apply_to(model)?,
            _ => {}
        }
        Ok(Run {
            evaluator,
            seed: options.seed,
            best_epoch: state.best_epoch(),
            stopped: state.stopped,
            settings: state.settings,
            history: state.history,
            steps: state.steps.records(),
            train_seconds: state.train_seconds,
        })
    }

    fn seconds(&self) -> f64 {
        self.seconds_before + self.begun.elapsed().as_secs_f64()
    }

    fn epoch_name(&self) -> String {
        format!("{}/{}", self.state.epoch + 1, self.options.epochs)
    }

    /// The batch that was the last, for errors.
    fn place(&self) -> String {
        format!("epoch {}, batch {}", self.state.epoch + 1, self.state.batch)
    }

    /// Says in which batch under way it happened, and of which sample.
    fn locate(&self, error: Error) -> Error {
        let (epoch, batch) = (self.state.epoch, self.state.batch);
        let error = self.loader.locate(error, epoch, batch);
        error.at(format!("epoch {}, batch {}", epoch + 1, batch + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_for_cargo_toml_are_those_of_readme() {
        let lines = SLOW.split_once('\n').unwrap().1;
        assert!(include_str!("../../../../README.md").contains(&format!("```toml\n{lines}\n```")));
    }
}
