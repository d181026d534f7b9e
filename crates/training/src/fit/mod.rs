//! The training loop.

mod books;
mod resume;
mod step;

use plywood_autodiff::{Params, Pass};
use plywood_datasets::{Batch, DataLoader, Dataset};
use plywood_tensor::{Error, Result};

use crate::batches;
use crate::evaluator::Evaluator;
use crate::history::Scores;
use crate::objective::Objective;
use crate::run::Run;
use crate::trainer::Trainer;
use books::Books;

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
        fit.books.progress.end();
        trained?;
        fit.finish()
    }
}

/// A run under way.
struct Fit<'a, S, M, D> {
    evaluator: Evaluator<S>,
    model: &'a mut M,
    loader: DataLoader<D>,
    valid: Option<&'a D>,
    books: Books,
}

impl<S, M, D> Fit<'_, S, M, D>
where
    M: Params + Send + Sync + 'static,
    D: Dataset,
    S: Objective<M, D::Batch>,
{
    fn train(&mut self) -> Result<()> {
        self.books.begin(self.model, self.valid.is_some())?;
        while !self.books.is_over() {
            let train = self.train_epoch()?;
            let valid = self.validate()?;
            self.books.end_epoch(self.model, train, valid)?;
        }
        Ok(())
    }

    /// Goes through the batches of an epoch, or those that are left of it, and gives the scores over all.
    fn train_epoch(&mut self) -> Result<Scores> {
        self.books.begin_epoch();
        let state = &self.books.state;
        if state.stopped.is_none() {
            let rest = self.loader.epoch_from(state.epoch, state.batch);
            batches::for_each(rest, |batch| {
                batch.and_then(|batch| self.learn(&batch)).map_err(|error| self.locate(error))?;
                self.books.end_batch(self.model)
            })?;
        }
        Ok(self.books.end_batches())
    }

    /// Forward and backward: the gradients of a batch are added to those of the step.
    fn learn(&mut self, batch: &D::Batch) -> Result<()> {
        let mut pass = Pass::train(self.model, &mut self.books.randomness());
        let step = self.evaluator.objective.forward(self.model, batch, &mut pass)?;
        self.books.learn(pass, step, batch.len(), batch.target())
    }

    /// The scores over the validation data, if there are any, of the average where there is one.
    fn validate(&mut self) -> Result<Option<Scores>> {
        let Some(valid) = self.valid else { return Ok(None) };
        self.books.swap_average(self.model)?;
        let Books { meter, signals, .. } = &mut self.books;
        let go_on = || signals.received().is_none();
        let whole = self.evaluator.measure(&*self.model, valid, meter, go_on, |_, _, _| Ok(()));
        self.books.swap_average(self.model)?;
        self.books.end_validation(self.model, whole).map(Some)
    }

    fn finish(self) -> Result<Run<S>> {
        let Self { evaluator, books, model, .. } = self;
        books.finish(model)?;
        let Books { state, options, .. } = books;
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

    /// Says in which batch under way it happened, and of which sample.
    fn locate(&self, error: Error) -> Error {
        let (epoch, batch) = (self.books.state.epoch, self.books.state.batch);
        let error = self.loader.locate(error, epoch, batch);
        error.at(format!("epoch {}, batch {}", epoch + 1, batch + 1))
    }
}
