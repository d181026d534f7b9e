//! How the zoo's models are trained on real data.

mod cifar;
mod digits;
mod emoji;
#[cfg(feature = "audio")]
mod fsdd;
mod latent;
mod mnist;
mod road;
mod signs;
#[cfg(feature = "audio")]
mod sound;
mod translation;
mod vit_tiny;
#[cfg(feature = "audio")]
mod voice;
mod writer;
mod xray;

use std::path::Path;

use plywood_datasets::Images;
use plywood_layers::{CrossEntropy, Layer, Summary, summary};
use plywood_tensor::{Result, Shape};
use plywood_training::{Evaluation, Run, Supervised, Trainer};

pub use cifar::{cifar10_fast, cifar10_resnet20};
pub use digits::{digits, digits_folds};
pub use emoji::{emoji, emoji_drawings};
#[cfg(feature = "audio")]
pub use fsdd::{SPEAKERS, spoken_digits};
pub use latent::{LatentRecipe, latent};
pub use mnist::{fashion, mnist};
pub use road::{PixelOutcome, PixelRecipe, ROAD_CLASSES, ROAD_COLORS, ROAD_VOID, road};
pub use signs::{signs, signs_network};
#[cfg(feature = "audio")]
pub use sound::{SoundOutcome, SoundRecipe};
pub use translation::{TranslationOutcome, TranslationRecipe, translation};
pub use vit_tiny::vit_tiny;
#[cfg(feature = "audio")]
pub use voice::{EMOTIONS, VOICE_FOLDS, VOICES, Voice, emotion_of, voice};
pub use writer::{WriterRecipe, writer};
pub use xray::{xray, xray_folds};

/// Everything that a training run of an image classifier needs.
///
/// ```
/// use plywood_datasets::Dataset;
/// use plywood_tensor::Seed;
/// use plywood_zoo::recipes;
///
/// let recipe = recipes::digits(Seed(7))?;
/// let sizes = [&recipe.train, &recipe.valid, &recipe.test].map(|set| set.len());
/// assert_eq!(sizes.iter().sum::<usize>(), 1797);
/// assert_eq!(recipe.summary()?.rows.last().unwrap().output, [1, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Recipe {
    /// The model, with its first values.
    pub model: Box<dyn Layer>,
    /// What it learns from.
    pub train: Images,
    /// What is looked at after each epoch.
    pub valid: Images,
    /// What is looked at once, at the end.
    pub test: Images,
    /// How it is trained.
    pub trainer: Trainer<Supervised<CrossEntropy>>,
}

/// What a recipe came to.
///
/// ```no_run
/// use plywood_tensor::Seed;
/// use plywood_zoo::recipes::{self, Outcome};
///
/// let mut recipe = recipes::digits(Seed(7))?;
/// recipe.trainer = recipe.trainer.epochs(1).quiet(true);
/// let Outcome { result, .. } = recipe.run("runs/digits")?;
/// println!("{result}");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Outcome {
    /// The trained model.
    pub model: Box<dyn Layer>,
    /// The training run.
    pub run: Run<Supervised<CrossEntropy>>,
    /// The model on the test set.
    pub result: Evaluation,
}

impl Recipe {
    /// The model's table of operations.
    ///
    /// # Errors
    /// When the model doesn't fit the images.
    pub fn summary(&self) -> Result<Summary> {
        let image = Shape::new(&[&[1], &self.train.shape()[..]].concat())?;
        summary(&self.model, image)
    }

    /// Trains, looks at the test set once, and writes everything into a folder: the checkpoint
    /// while it trains, then metrics, weights and images.
    ///
    /// # Errors
    /// When training fails, or a file can't be written.
    pub fn run(self, folder: impl AsRef<Path>) -> Result<Outcome> {
        let Self { mut model, train, valid, test, trainer } = self;
        let run = trainer.checkpoint_in(folder.as_ref()).fit(&mut model, &train, &valid)?;
        let result = run.evaluate(&model, &test)?;
        run.write(folder, &model, &result)?;
        Ok(Outcome { model, run, result })
    }
}

/// The WAV files in a folder and `below` levels of its sub-folders, sorted by their paths.
///
/// # Errors
/// When a folder can't be read, or there are none.
#[cfg(feature = "audio")]
fn files(folder: &Path, below: usize) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), below)];
    while let Some((folder, below)) = folders.pop() {
        let io = |error| plywood_tensor::Error::io("read", &folder, error);
        for entry in std::fs::read_dir(&folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if path.is_dir() && below > 0 {
                folders.push((path, below - 1));
            } else if path
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("wav"))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    match found.is_empty() {
        true => Err(plywood_tensor::Error::data("there are no WAV files").at(folder.display())),
        false => Ok(found),
    }
}
