//! Looking at samples without learning from them.

use plywood_autodiff::{Params, Pass, Var};
use plywood_datasets::{Batch, DataLoader, Dataset, Target};
use plywood_tensor::{Error, Result, Tensor};

use crate::batches;
use crate::evaluation::Evaluation;
use crate::meter::Meter;
use crate::metrics::{ConfusionMatrix, Metric};
use crate::objective::{Objective, Step, StepOutput, Supervised};
use crate::predictions::{Collector, Predictions};

/// Classes up to which there is a confusion matrix: its size is their square, and a model of words
/// has ten thousands.
const MOST_CLASSES: usize = 1_000;

/// Measures a model: loss and metrics over a data set, without learning from it.
///
/// ```
/// use plywood_datasets::Digits;
/// use plywood_layers::{Flatten, Linear, Sequential, cross_entropy};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_training::{Accuracy, Evaluator};
///
/// let digits = Digits::embedded()?;
/// let linear = Linear::new(64, 10, &mut Rng::new(Seed(7)))?;
/// let model = Sequential::new().add(Flatten).add(linear);
///
/// let evaluator = Evaluator::new().loss(cross_entropy).metric(Accuracy::top(1)).batch_size(64);
/// let result = evaluator.evaluate(&model, &digits)?;
/// // It has learnt nothing: about one of ten digits is right.
/// assert!(result.metric("accuracy").unwrap() < 0.3);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Evaluator<S = ()> {
    pub(crate) objective: S,
    pub(crate) metrics: Vec<Box<dyn Metric>>,
    pub(crate) batch_size: usize,
    keep: usize,
}

impl Evaluator {
    /// Without metrics, in batches of 32.
    pub fn new() -> Self {
        Self { objective: (), metrics: Vec::new(), batch_size: 32, keep: usize::MAX }
    }
}

impl Default for Evaluator {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Evaluator<S> {
    /// What the model's output for a batch's input is compared by with the batch's target: see
    /// [`Loss`](plywood_layers::Loss).
    #[must_use]
    pub fn loss<L>(self, loss: L) -> Evaluator<Supervised<L>> {
        self.objective(Supervised(loss))
    }

    /// A closure that turns a batch into a loss, or a loss and an output that metrics look at: for
    /// models with other inputs or losses. Its arguments need their types:
    /// `.step(|model: &Net, batch: &ImageBatch, pass: &mut Pass| …)`.
    #[must_use]
    pub fn step<M, B, R, F>(self, step: F) -> Evaluator<Step<F>>
    where
        F: Fn(&M, &B, &mut Pass) -> Result<R> + Send + Sync,
    {
        self.objective(Step(step))
    }

    /// What turns a batch into a loss, as a type of its own: see [`Objective`](crate::Objective).
    #[must_use]
    pub fn objective<O>(self, objective: O) -> Evaluator<O> {
        let Self { metrics, batch_size, keep, .. } = self;
        Evaluator { objective, metrics, batch_size, keep }
    }

    /// One more metric.
    #[must_use]
    pub fn metric(mut self, metric: impl Metric + 'static) -> Self {
        self.metrics.push(Box::new(metric));
        self
    }

    /// Samples that the model is given at once.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// The samples that [`predictions`](Self::predictions) keeps at most, spread evenly over the data set. All by
    /// default.
    #[must_use]
    pub fn keep(mut self, most: usize) -> Self {
        self.keep = most;
        self
    }

    /// What the model answers to each sample, in the data set's order, to make curves, tables and plots of, and to
    /// look at its worst mistakes.
    ///
    /// They are held in memory: 4 bytes for each output and each number of the target, and the sample's name.
    /// Of a large data set, [`keep`](Self::keep) bounds how many.
    ///
    /// # Errors
    /// When there are no samples, they don't fit the model, or a step gives no output.
    pub fn predictions<M, D>(&self, model: &M, data: &D) -> Result<Predictions>
    where
        M: Params + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        let mut collector = self.collector(data.len())?;
        self.for_each_batch(
            model,
            data,
            || true,
            |step, batch| collector.add(batch.len(), output_of(step)?.value()?, batch.target()),
        )?;
        collector.finish(|sample| data.sample_name(sample), data.class_names())
    }

    /// The loss, the metrics, and for a classifier of up to 1,000 classes the confusion matrix.
    ///
    /// # Errors
    /// When there are no samples, or they don't fit the model.
    pub fn evaluate<M, D>(&self, model: &M, data: &D) -> Result<Evaluation>
    where
        M: Params + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        self.evaluation(model, data, |_, _, _| Ok(()))
    }

    /// The [evaluation](Self::evaluate) and the [predictions](Self::predictions), of one pass over the data.
    ///
    /// ```
    /// use plywood_datasets::Rows;
    /// use plywood_layers::{Init, Linear, mse_loss};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    /// use plywood_training::Evaluator;
    ///
    /// let data = Rows::new(Tensor::from([[1.0], [2.0]]), Tensor::from([[3.0], [4.0]]))?;
    /// let twice = Linear::config(1, 1).weight_init(Init::Constant(2.0)).bias(false);
    /// let model = twice.init(&mut Rng::new(Seed(7)))?;
    /// let (result, predictions) = Evaluator::new().loss(mse_loss).examine(&model, &data)?;
    /// assert_eq!(result.scores.loss, 0.5); // (2 − 3)² and (4 − 4)²
    /// assert_eq!(predictions.outputs(), &Tensor::from([[2.0], [4.0]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// As those of both.
    pub fn examine<M, D>(&self, model: &M, data: &D) -> Result<(Evaluation, Predictions)>
    where
        M: Params + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        let mut collector = self.collector(data.len())?;
        let evaluation = self.evaluation(model, data, |samples, output, target| {
            collector.add(samples, output.ok_or_else(no_output)?, target)
        })?;
        let predictions =
            collector.finish(|sample| data.sample_name(sample), data.class_names())?;
        Ok((evaluation, predictions))
    }

    /// Evaluates a model, and shows the number of samples, the output and the target of each batch to `look`.
    fn evaluation<M, D>(
        &self,
        model: &M,
        data: &D,
        mut look: impl FnMut(usize, Option<&Tensor>, &dyn Target) -> Result<()> + Send,
    ) -> Result<Evaluation>
    where
        M: Params + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        let mut meter = self.meter();
        let mut confusion: Option<ConfusionMatrix> = None;
        let names = data.class_names();
        let add = |samples: usize, output: Option<&Tensor>, target: &dyn Target| {
            if let Some(output) = output {
                let classes = output.shape().get(1).copied().unwrap_or(0);
                if output.rank() == 2 && classes <= MOST_CLASSES && target.classes().is_some() {
                    confusion
                        .get_or_insert_with(|| ConfusionMatrix::new(classes).named(names))
                        .update(output, target)?;
                }
            }
            look(samples, output, target)
        };
        self.measure(model, data, &mut meter, || true, add)?;
        let scores = meter.scores();
        let described = meter.describe(&scores);
        Ok(Evaluation { samples: data.len(), scores, confusion, described })
    }

    /// What keeps the outputs for so many samples.
    fn collector(&self, samples: usize) -> Result<Collector> {
        match self.keep {
            0 => Err(Error::value("of 0 samples nothing is kept").operation("predictions")),
            keep => Ok(Collector::new(samples, keep)),
        }
    }

    /// What adds up loss and metrics.
    pub(crate) fn meter(&self) -> Meter {
        Meter::new(self.metrics.clone())
    }

    /// Measures a model over a data set, as long as `go_on` says so before each batch, and shows the number of
    /// samples, the output and the target of each to `look`. Says whether it went through to the end.
    pub(crate) fn measure<M, D>(
        &self,
        model: &M,
        data: &D,
        meter: &mut Meter,
        go_on: impl Fn() -> bool + Sync,
        mut look: impl FnMut(usize, Option<&Tensor>, &dyn Target) -> Result<()> + Send,
    ) -> Result<bool>
    where
        M: Params + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        self.for_each_batch(model, data, go_on, |step, batch| {
            let output = step.output.as_ref().map(|output| output.value()).transpose()?;
            meter.update(step.loss()?, batch.len(), output, batch.target())?;
            look(batch.len(), output, batch.target())
        })
    }

    /// Runs the model on each batch, as long as `go_on` says so before it. Says whether it went through to the
    /// end.
    fn for_each_batch<M, D>(
        &self,
        model: &M,
        data: &D,
        go_on: impl Fn() -> bool + Sync,
        mut look: impl FnMut(&StepOutput, &D::Batch) -> Result<()> + Send,
    ) -> Result<bool>
    where
        M: Params + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        let loader = DataLoader::new(data).batch_size(self.batch_size).threads(1);
        let mut done = 0;
        batches::for_each(loader.epoch(0), |batch| {
            if !go_on() {
                return Ok(false);
            }
            let measure = || {
                let batch = batch?;
                let step = self.objective.forward(model, &batch, &mut Pass::eval(model))?;
                look(&step, &batch)
            };
            measure().map_err(|error| loader.locate(error, 0, done))?;
            done += 1;
            Ok(true)
        })
    }
}

fn output_of(step: &StepOutput) -> Result<&Var> {
    step.output.as_ref().ok_or_else(no_output)
}

fn no_output() -> Error {
    Error::value("the step gives a loss alone, there is nothing to keep")
        .operation("predictions")
        .hint("give `(loss, output)`")
}
