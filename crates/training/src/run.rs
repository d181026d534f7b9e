//! A finished run.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use plywood_autodiff::Params;
use plywood_datasets::Dataset;
use plywood_layers::{replace_file, save};
use plywood_tensor::{Error, Result, Seed};
use serde::Serialize;

use crate::evaluation::Evaluation;
use crate::evaluator::Evaluator;
use crate::events;
use crate::history::EpochRecord;
use crate::lines;
use crate::objective::Objective;
use crate::order::by_name;
use crate::plots;
use crate::predictions::Predictions;
use crate::report::{Facts, Report};
use crate::steps::StepRecord;

/// A finished run: what it came to, and how to look at other samples the same way.
///
/// ```
/// use plywood_datasets::Rows;
/// use plywood_layers::{Init, Linear, mse_loss};
/// use plywood_optimizers::SGD;
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::Trainer;
///
/// let data = Rows::new(Tensor::from([[1.0]]), Tensor::from([[2.0]]))?;
/// let zero = Linear::config(1, 1).weight_init(Init::Zeros).bias(false);
/// let mut model = zero.init(&mut Rng::new(Seed(7)))?;
///
/// let trainer = Trainer::new(SGD::new(0.5)).loss(mse_loss).epochs(3);
/// # let trainer = trainer.quiet(true);
/// let run = trainer.fit(&mut model, &data, None)?;
/// let losses: Vec<f64> = run.history().iter().map(|record| record.train.loss).collect();
/// assert_eq!(losses, [4.0, 0.0, 0.0]); // each while the model learns, before the epoch's step
/// assert_eq!((run.best_epoch(), run.stopped()), (2, None));
/// assert_eq!(run.evaluate(&model, &data)?.scores.loss, 0.0);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Run<S> {
    pub(crate) evaluator: Evaluator<S>,
    pub(crate) seed: Seed,
    pub(crate) best_epoch: usize,
    pub(crate) stopped: Option<String>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) history: Vec<EpochRecord>,
    pub(crate) steps: Vec<StepRecord>,
    pub(crate) train_seconds: f64,
}

/// The name of a file of events: TensorBoard looks for `tfevents` in it.
const EVENTS: &str = "events.out.tfevents.plywood";

/// What `metrics.json` holds.
#[derive(Serialize)]
struct Figures<'r> {
    test_loss: f64,
    #[serde(flatten)]
    test_metrics: BTreeMap<String, f64>,
    test_samples: usize,
    train_seconds: f64,
    seed: u64,
    epochs: usize,
    best_epoch: usize,
    stopped: Option<&'r str>,
    parameters: usize,
    settings: &'r BTreeMap<String, String>,
    history: &'r [EpochRecord],
}

impl<S> Run<S> {
    /// What each epoch came to.
    pub fn history(&self) -> &[EpochRecord] {
        &self.history
    }

    /// What the steps came to, in at most 2,000 records: neighbours are one where there are more steps. Interrupted
    /// and resumed, a run has each step once.
    pub fn steps(&self) -> &[StepRecord] {
        &self.steps
    }

    /// The time that training took, over all interruptions, validation included.
    pub fn train_seconds(&self) -> f64 {
        self.train_seconds
    }

    /// The best epoch by what was monitored, counted from 1; 0 where that was NaN in each of them.
    pub fn best_epoch(&self) -> usize {
        self.best_epoch
    }

    /// Why it ended before its last epoch, such as `EarlyStopping: 5 epochs no better than epoch 12`;
    /// nothing if it didn't.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// Looks at samples that the model didn't learn from, as an [`Evaluator`] does: loss, metrics, and for a classifier of up
    /// to 1,000 classes the confusion matrix.
    ///
    /// # Errors
    /// When there are no samples, or they don't fit the model.
    pub fn evaluate<M, D>(&self, model: &M, data: &D) -> Result<Evaluation>
    where
        M: Params + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        self.evaluator.evaluate(model, data)
    }

    /// What the model answers to each sample, as [`Evaluator::predictions`] gives it.
    ///
    /// # Errors
    /// When there are no samples, they don't fit the model, or a step gives no output.
    pub fn predictions<M, D>(&self, model: &M, data: &D) -> Result<Predictions>
    where
        M: Params + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        self.evaluator.predictions(model, data)
    }

    /// A report of the run as one HTML page, of what the run itself knows: [`Report`] is told the rest.
    pub fn report(&self) -> Report<'_> {
        Report::new(Facts {
            settings: &self.settings,
            history: &self.history,
            steps: &self.steps,
            metrics: &self.evaluator.metrics,
            best_epoch: self.best_epoch,
            stopped: self.stopped(),
            train_seconds: self.train_seconds,
        })
    }

    /// The [evaluation](Self::evaluate) and the [predictions](Self::predictions), of one pass over the data.
    ///
    /// # Errors
    /// As those of both.
    pub fn examine<M, D>(&self, model: &M, data: &D) -> Result<(Evaluation, Predictions)>
    where
        M: Params + Sync,
        D: Dataset,
        S: Objective<M, D::Batch>,
    {
        self.evaluator.examine(model, data)
    }

    /// Writes what the run came to into a folder: `metrics.json`, `model.safetensors`, `curves.svg`, for a classifier
    /// `confusion.svg`, and for a model whose first layer is a convolution `filters.png`; and for other programs
    /// epochs and [steps](Self::steps) as lines of JSON (`steps.jsonl`) and as events that TensorBoard shows
    /// (`events.out.tfevents.plywood`).
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn write(
        &self,
        folder: impl AsRef<Path>,
        model: &(impl Params + ?Sized),
        result: &Evaluation,
    ) -> Result<()> {
        let folder = folder.as_ref();
        let metrics = result.scores.metrics.iter();
        let figures = Figures {
            test_loss: result.scores.loss,
            test_metrics: by_name(
                metrics.map(|(name, value)| (format!("test_{}", name.replace(' ', "_")), *value)),
            ),
            test_samples: result.samples,
            train_seconds: self.train_seconds,
            seed: self.seed.0,
            epochs: self.history.len(),
            best_epoch: self.best_epoch,
            stopped: self.stopped(),
            parameters: model.parameter_count(),
            settings: &self.settings,
            history: &self.history,
        };
        let json = serde_json::to_vec_pretty(&figures)
            .map_err(|error| Error::data(format!("the metrics can't be written: {error}")))?;
        save(model, folder.join("model.safetensors"))?;
        replace_file(folder.join("steps.jsonl"), &lines::of(&self.history, &self.steps)?)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        replace_file(folder.join(EVENTS), &events::of(&self.history, &self.steps, now))?;
        replace_file(folder.join("curves.svg"), plots::curves(&self.history)?.as_bytes())?;
        if let Some(confusion) = &result.confusion {
            replace_file(folder.join("confusion.svg"), plots::confusion(confusion)?.as_bytes())?;
        }
        let first = model.named_parameters().into_iter().next();
        if let Some((_, weight)) = first.filter(|(_, weight)| weight.shape().rank() == 4) {
            let png = plots::filters(weight.value(), 16)?.encode_png()?;
            replace_file(folder.join("filters.png"), &png)?;
        }
        // Last, so that new figures never stand beside old weights, whenever the process is killed.
        replace_file(folder.join("metrics.json"), &json)
    }
}
