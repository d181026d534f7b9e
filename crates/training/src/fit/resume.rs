//! How a run begins, or goes on.

use std::path::Path;
use std::time::Instant;

use plywood_autodiff::Params;
use plywood_datasets::{DataLoader, Dataset};
use plywood_tensor::{Result, instructions, remove_unfinished};

use super::Fit;
use super::books::{Books, Gradients};
use crate::checkpoint::{Checkpoint, Epochs, Lock, of_model};
use crate::objective::Objective;
use crate::options::Subject;
use crate::progress::Progress;
use crate::signals::Signals;
use crate::trainer::Trainer;

impl<'a, S, M, D> Fit<'a, S, M, D>
where
    M: Params + Send + Sync + 'static,
    D: Dataset,
    S: Objective<M, D::Batch>,
{
    /// Checks everything that can be checked before the first step, and goes to where the run is.
    pub(super) fn prepare(
        trainer: Trainer<S>,
        model: &'a mut M,
        train: &D,
        valid: Option<&'a D>,
    ) -> Result<Self> {
        let Trainer { evaluator, mut options } = trainer;
        options.check(&evaluator.metrics, valid.is_some())?;
        let mut loader = DataLoader::new(train)
            .batch_size(evaluator.batch_size)
            .drop_last(options.drop_last)
            .threads(options.loader_threads);
        if let Some(tokens) = options.batch_tokens {
            loader = loader.batch_tokens(tokens);
        }
        if options.shuffle {
            loader = loader.shuffle(options.seed);
        }
        if options.augment {
            loader = loader.augment(options.seed);
        }
        let batches = loader.batches().map_err(|error| error.at("training data"))?;
        if let Some(valid) = valid {
            // Now, and not after the first epoch.
            let look = DataLoader::new(valid).batch_size(evaluator.batch_size).batches();
            look.map_err(|error| error.at("validation data"))?;
        }
        let callbacks = std::mem::take(&mut options.callbacks);
        let subject = Subject {
            loss: evaluator.objective.settings(),
            metrics: &evaluator.metrics,
            batch_size: evaluator.batch_size,
            model: of_model(&*model),
            train: train.fingerprint(),
            valid: valid.map(Dataset::fingerprint),
        };
        let settings = options.settings(&callbacks, subject);
        let lock = options.checkpoint.as_deref().map(Lock::take).transpose()?;
        let listen = options.stop_on_signals;
        let now = Instant::now();
        let mut books = Books {
            meter: evaluator.meter(),
            callbacks,
            progress: Progress::new(options.quiet),
            options,
            batches,
            gradients: Gradients::default(),
            state: Checkpoint::begin(settings),
            signals: if listen { Signals::listen()? } else { Signals::ignored() },
            lock,
            begun: now,
            saved: now,
            seconds_before: 0.0,
        };
        books.resume(model)?;
        Ok(Self { evaluator, model, loader, valid, books })
    }
}

impl Books {
    /// Takes up the state of an interrupted or finished run, if there is one.
    fn resume(&mut self, model: &mut dyn Params) -> Result<()> {
        let Some(folder) = self.options.checkpoint.clone() else { return Ok(()) };
        let path = Checkpoint::path(&folder);
        match self.lock.as_ref().and_then(Lock::missing) {
            // Nobody else writes here: what is unfinished is of processes that were killed.
            None => remove_unfinished(&path),
            Some(why) => self.progress.say(&format!(
                "{}: there are no locks here ({why}): see to it yourself that no other run has this \
                 folder",
                folder.display()
            )),
        }
        if self.options.overwrite {
            return Ok(());
        }
        let Some(mut state) = Checkpoint::load(&folder)? else { return Ok(()) };
        let epochs = Epochs {
            wanted: self.options.epochs,
            matter: self.options.schedule.as_ref().is_some_and(|own| own.depends_on_epochs()),
        };
        state.take_settings(&self.state, &*model, &folder, &epochs)?;
        state.restore(model, &mut *self.options.optimizer).map_err(|error| {
            error.at(path.display()).hint(
                "is it of another model? Choose another folder for this one, or delete the file",
            )
        })?;
        let average = self.options.average.as_mut().map(|averaging| &mut averaging.average);
        state
            .restore_beside(average, &mut self.callbacks)
            .map_err(|error| error.at(path.display()))?;
        state.release();
        self.seconds_before = state.train_seconds;
        self.state = state;
        self.say_where_it_goes_on(&path);
        Ok(())
    }

    fn say_where_it_goes_on(&mut self, path: &Path) {
        let (file, state) = (path.display(), &self.state);
        if self.is_over() {
            return self.progress.say(&format!(
                "this run is finished: its result is loaded from {file}\n\
                 (delete that file to train anew, or change the settings and the folder)"
            ));
        }
        self.progress.say(&format!(
            "going on from {file}: {} of {} epochs and {} batches are done",
            state.epoch, self.options.epochs, state.batch
        ));
        let (was, is) = (&state.instructions, instructions().to_string());
        if *was != is {
            self.progress.say(&format!(
                "the run was saved where the vector instructions were {was}, here they are {is}: sums are \
                 rounded otherwise from here on (where a machine has both, PLYWOOD_INSTRUCTIONS={was} keeps \
                 the bits)"
            ));
            self.state.instructions = is;
        }
    }
}
