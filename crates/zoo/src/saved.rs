//! What a training run has left in its folder.

use std::path::Path;

use plywood_tensor::{Error, Result};

use crate::classifier::{self, Classifier};
use crate::pixel_classifier::{self, PixelClassifier};
#[cfg(feature = "audio")]
use crate::sound::{self, SoundClassifier, SoundRegressor};
use crate::tables::{self, TableModel};
use crate::translation;

/// A model that a run has left in its folder, whatever it is of.
///
/// ```
/// use plywood_datasets::chelsea;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{Classifier, Preprocess, SavedModel};
///
/// let folder = std::env::temp_dir().join("plywood_saved_model");
/// // Nothing learnt yet.
/// Classifier::new("resnet20", Preprocess::fitted(8), ["cat", "dog"], Seed(7))?.save(&folder)?;
/// let says = match SavedModel::load(&folder)? {
///     SavedModel::Images(classifier) => classifier.classify(&chelsea()?)?.top(1)[0].0.to_owned(),
///     SavedModel::Table(model) => format!("{}, which a table has", model.target()),
///     _ => "something about a sound".to_owned(),
/// };
/// assert!(says == "cat" || says == "dog");
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub enum SavedModel {
    /// A classifier of images.
    Images(Classifier),
    /// A network that gives each pixel of an image a class.
    Pixels(PixelClassifier),
    /// A model of tables.
    Table(TableModel),
    /// A classifier of recordings.
    #[cfg(feature = "audio")]
    Sound(SoundClassifier),
    /// A network that gives recordings a score.
    #[cfg(feature = "audio")]
    SoundScore(SoundRegressor),
}

impl SavedModel {
    /// Reads what is in a folder.
    ///
    /// # Errors
    /// When there is no model in it, or it is damaged.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        if folder.join(tables::DESCRIPTION).exists() {
            return TableModel::load(folder).map(Self::Table);
        }
        if folder.join(classifier::DESCRIPTION).exists() {
            return Classifier::load(folder).map(Self::Images);
        }
        if folder.join(pixel_classifier::DESCRIPTION).exists() {
            return PixelClassifier::load(folder).map(Self::Pixels);
        }
        #[cfg(feature = "audio")]
        if folder.join(sound::DESCRIPTION).exists() {
            return match sound::gives_score(folder)? {
                true => SoundRegressor::load(folder).map(Self::SoundScore),
                false => SoundClassifier::load(folder).map(Self::Sound),
            };
        }
        if folder.join(translation::DESCRIPTION).exists() {
            return Err(Error::value("it is a network that translates")
                .at(folder.display())
                .hint("`plywood translate` and `Translator::load` read it"));
        }
        let error = match folder.is_dir() {
            true => "there is no model in this folder",
            false => "there is no such folder",
        };
        Err(Error::data(error).at(folder.display()).hint(format!(
            "a finished training run leaves `{}`, `{}`, `{}` or `sound.json`",
            classifier::DESCRIPTION,
            tables::DESCRIPTION,
            pixel_classifier::DESCRIPTION
        )))
    }
}
