//! What of a run under way depends on neither the model's type nor the data's nor the loss's: it is compiled once, and
//! not in each program that trains.

use std::time::Instant;

use plywood_autodiff::{Grads, Params};
use plywood_tensor::{Error, ErrorKind, Result, optimized};

use crate::callback::{Callback, Flow};
use crate::checkpoint::{Best, Checkpoint, Lock, Norms};
use crate::history::{EpochRecord, Scores};
use crate::meter::Meter;
use crate::options::Options;
use crate::progress::Progress;
use crate::signals::Signals;
use crate::trainer_state::{AnyModel, TrainerState};

/// What is said once where the kernels are compiled for debugging.
pub(super) const SLOW: &str = "this program's kernels are compiled without optimisation, which makes training many times \
slower; two lines in Cargo.toml mend it:\n[profile.dev.package.\"*\"]\nopt-level = 3";

/// What a callback is called by.
type Hook = fn(&mut dyn Callback, &mut TrainerState<'_>) -> Result<Flow>;

/// The books of a run: what it is told, what it has come to, and whom it tells.
pub(super) struct Books {
    pub(super) options: Options,
    pub(super) callbacks: Vec<Box<dyn Callback>>,
    /// Of an epoch.
    pub(super) batches: usize,
    pub(super) gradients: Gradients,
    pub(super) meter: Meter,
    pub(super) state: Checkpoint,
    pub(super) progress: Progress,
    pub(super) signals: Signals,
    /// Held as long as the run has its folder.
    pub(super) lock: Option<Lock>,
    pub(super) begun: Instant,
    pub(super) saved: Instant,
    /// The time that training took before this process.
    pub(super) seconds_before: f64,
}

/// The gradients of a step's batches so far.
#[derive(Default)]
pub(super) struct Gradients {
    pub(super) sum: Grads,
    pub(super) samples: usize,
    /// The mean loss of a sample, or the sum over them where there are several batches.
    pub(super) loss: f64,
}

impl Books {
    pub(super) fn begin(&mut self, model: &mut dyn AnyModel, validated: bool) -> Result<()> {
        self.call(model, "", |callback, run| {
            callback.on_train_begin(run).map(|()| Flow::Continue)
        })?;
        if !self.is_over() {
            if !optimized() {
                self.progress.say(SLOW);
            }
            self.progress.say(&self.meter.head(validated));
        }
        Ok(())
    }

    /// Whether all epochs are done, or one that was told to be the last.
    pub(super) fn is_over(&self) -> bool {
        self.state.is_over(self.options.epochs)
    }

    pub(super) fn begin_epoch(&mut self) {
        self.meter.restore(&std::mem::take(&mut self.state.sums));
        self.progress.begin(&self.epoch_name(), self.batches, self.state.batch);
    }

    /// One more batch has been learnt from; takes a step if it is the step's last. Gives whether the epoch goes on.
    pub(super) fn end_batch(&mut self, model: &mut dyn AnyModel) -> Result<bool> {
        self.state.batch += 1;
        self.progress.advance(self.meter.mean_loss());
        if self.is_step_due() {
            self.step(model.params()).map_err(|error| error.at(self.place()))?;
            self.call(model, &self.place(), |callback, run| callback.on_step_end(run))?;
            self.save_if_due(model)?;
        }
        Ok(self.state.stopped.is_none())
    }

    /// The scores over the batches of the epoch.
    pub(super) fn end_batches(&mut self) -> Scores {
        let scores = self.meter.scores();
        // To come back to this place, if validation is cut short.
        self.state.sums = self.meter.sums();
        self.meter.reset();
        scores
    }

    /// The scores over the validation data, of which `whole` says whether all were looked at.
    pub(super) fn end_validation(
        &mut self,
        model: &dyn AnyModel,
        whole: Result<bool>,
    ) -> Result<Scores> {
        let whole = whole
            .map_err(|error| error.at(format!("epoch {}, validation", self.state.epoch + 1)))?;
        let scores = self.meter.scores();
        self.meter.reset();
        match self.signals.received().filter(|_| !whole) {
            Some(signal) => Err(self.save_and_stop(model, signal)),
            None => Ok(scores),
        }
    }

    /// Gives the model the average of the weights, where there is one, or its own back.
    pub(super) fn swap_average(&mut self, model: &mut dyn AnyModel) -> Result<()> {
        self.options.average.as_mut().map_or(Ok(()), |average| average.swap(model.params()))
    }

    /// Writes the epoch down, asks the callbacks, and saves.
    pub(super) fn end_epoch(
        &mut self,
        model: &mut dyn AnyModel,
        train: Scores,
        valid: Option<Scores>,
    ) -> Result<()> {
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
        self.keep_if_best(model, epoch)?;
        self.call(model, &self.place(), |callback, run| callback.on_epoch_end(run))?;
        self.state.epoch = epoch;
        self.state.batch = 0;
        // Those of a checkpoint in the middle of the epoch.
        self.state.sums.clear();
        if let Some(why) = &self.state.stopped {
            self.progress.say(&format!("stopped after epoch {epoch}: {why}"));
        }
        self.save(model)
    }

    /// Remembers the last epoch if it is the best so far. One without a number is never that.
    fn keep_if_best(&mut self, model: &mut dyn AnyModel, epoch: usize) -> Result<()> {
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
            self.swap_average(model)?;
            let keep = self.options.keep_best.then_some(&*model.params());
            self.state.best = Some(Best::new(epoch, value, keep));
            self.swap_average(model)?;
        }
        Ok(())
    }

    /// Calls every callback, and notes the first that wants the run to end.
    pub(super) fn call(&mut self, model: &mut dyn AnyModel, place: &str, hook: Hook) -> Result<()> {
        let ended = self.state.history.last().filter(|record| record.epoch > self.state.epoch);
        let loss = ended.map_or_else(|| self.meter.mean_loss(), |record| record.train.loss);
        let mut callbacks = std::mem::take(&mut self.callbacks);
        for callback in &mut callbacks {
            let mut run = TrainerState {
                model,
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
    pub(super) fn save_if_due(&mut self, model: &dyn AnyModel) -> Result<()> {
        let signal = self.signals.received();
        let long_ago = self.saved.elapsed() >= self.options.checkpoint_every;
        // At the end of an epoch it is saved anyway.
        if signal.is_none() && !(long_ago && self.state.batch < self.batches) {
            return Ok(());
        }
        self.state.sums = self.meter.sums();
        match signal {
            Some(signal) => Err(self.save_and_stop(model, signal)),
            None => self.save(model),
        }
    }

    /// What a run says that was asked to stop, when it has saved where it is.
    pub(super) fn save_and_stop(&mut self, model: &dyn AnyModel, signal: &str) -> Error {
        if let Err(error) = self.save(model) {
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

    fn save(&mut self, model: &dyn AnyModel) -> Result<()> {
        self.state.train_seconds = self.seconds();
        self.saved = Instant::now();
        let Some(folder) = &self.options.checkpoint else { return Ok(()) };
        let Options { optimizer, average, .. } = &self.options;
        let average = average.as_ref().map(|averaging| &averaging.average);
        self.state.capture(model.as_params(), &**optimizer, average, &self.callbacks);
        let saved = self.state.save(folder);
        self.state.release();
        saved
    }

    /// Gives the model the weights that the run is for.
    pub(super) fn finish(&self, model: &mut dyn Params) -> Result<()> {
        match (&self.state.best, &self.options.average) {
            (Some(best), _) if self.options.keep_best => best.restore(model),
            (_, Some(averaging)) if averaging.average.models() > 0 => {
                averaging.average.apply_to(model)
            }
            _ => Ok(()),
        }
    }

    fn seconds(&self) -> f64 {
        self.seconds_before + self.begun.elapsed().as_secs_f64()
    }

    fn epoch_name(&self) -> String {
        format!("{}/{}", self.state.epoch + 1, self.options.epochs)
    }

    /// The batch that was the last, for errors.
    pub(super) fn place(&self) -> String {
        format!("epoch {}, batch {}", self.state.epoch + 1, self.state.batch)
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
