//! Looking at samples without learning from them.

use std::fmt;

use plywood_autodiff::{Params, Pass};
use plywood_datasets::{Batch, DataLoader, Dataset, Target};
use plywood_tensor::{Result, Tensor};

use crate::batches;
use crate::history::Scores;
use crate::meter::Meter;
use crate::metrics::{ConfusionMatrix, Metric};
use crate::objective::Objective;
use crate::signals::Signals;

/// Classes up to which there is a confusion matrix: its size is their square, and a model of words
/// has ten thousands.
const MOST_CLASSES: usize = 1_000;

/// The loss and metrics of a model over a data set; none when a signal came before the end.
pub(crate) fn evaluate<S, M, D>(
    objective: &S,
    model: &M,
    data: &D,
    batch_size: usize,
    meter: &mut Meter,
    signals: &Signals,
) -> Result<Option<Scores>>
where
    S: Objective<M, D::Batch>,
    M: Params + Sync,
    D: Dataset,
{
    let go_on = || signals.received().is_none();
    let whole = evaluate_with(objective, model, data, batch_size, meter, go_on, |_, _| Ok(()))?;
    Ok(whole.then(|| meter.scores()))
}

/// Measures a model over a data set, as long as `go_on` says so before each batch, and shows each
/// batch's output to `look`. Says whether it went through to the end.
fn evaluate_with<S, M, D>(
    objective: &S,
    model: &M,
    data: &D,
    batch_size: usize,
    meter: &mut Meter,
    go_on: impl Fn() -> bool + Sync,
    mut look: impl FnMut(&Tensor, &dyn Target) -> Result<()> + Send,
) -> Result<bool>
where
    S: Objective<M, D::Batch>,
    M: Params + Sync,
    D: Dataset,
{
    let loader = DataLoader::new(data).batch_size(batch_size).threads(1);
    let mut done = 0;
    batches::for_each(loader.epoch(0), |batch| {
        if !go_on() {
            return Ok(false);
        }
        let measure = || {
            let batch = batch?;
            let step = objective.forward(model, &batch, &mut Pass::eval(model))?;
            let output = step.output.as_ref().map(|output| output.value()).transpose()?;
            meter.update(step.loss()?, batch.len(), output, batch.target())?;
            output.map_or(Ok(()), |output| look(output, batch.target()))
        };
        measure().map_err(|error| loader.locate(error, 0, done))?;
        done += 1;
        Ok(true)
    })
}

/// The loss, the metrics and the confusion matrix of a model over a data set.
pub(crate) fn look<S, M, D>(
    objective: &S,
    model: &M,
    data: &D,
    batch_size: usize,
    metrics: Vec<Box<dyn Metric>>,
) -> Result<Evaluation>
where
    S: Objective<M, D::Batch>,
    M: Params + Sync,
    D: Dataset,
{
    let mut meter = Meter::new(metrics);
    let mut confusion: Option<ConfusionMatrix> = None;
    let names = data.class_names();
    let look = |output: &Tensor, target: &dyn Target| {
        let classes = output.shape().get(1).copied().unwrap_or(0);
        if output.rank() == 2 && classes <= MOST_CLASSES && target.classes().is_some() {
            confusion
                .get_or_insert_with(|| ConfusionMatrix::new(classes).named(names))
                .update(output, target)?;
        }
        Ok(())
    };
    evaluate_with(objective, model, data, batch_size, &mut meter, || true, look)?;
    let scores = meter.scores();
    let described = meter.describe(&scores);
    Ok(Evaluation { samples: data.len(), scores, confusion, described })
}

/// What a model came to on samples that it didn't learn from.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// How many samples there were.
    pub samples: usize,
    /// The loss and the metrics.
    pub scores: Scores,
    /// Which classes were taken for which, of a classifier.
    pub confusion: Option<ConfusionMatrix>,
    pub(crate) described: String,
}

impl Evaluation {
    /// The value of a metric.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.scores.metric(name)
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} samples  {}", self.samples, self.described)?;
        match &self.confusion {
            Some(confusion) => write!(f, "\n\n{confusion}"),
            None => Ok(()),
        }
    }
}
