//! What a training run has left in its folder.

use std::path::Path;

use plywood_tensor::{Error, Result};

use crate::classifier::{self, Classifier};
use crate::tables::{self, TableModel};

/// A model that a run has left in its folder, whatever it is of.
///
/// ```no_run
/// use plywood_datasets::Image;
/// use plywood_zoo::SavedModel;
///
/// match SavedModel::load("runs/houses-mlp")? {
///     SavedModel::Images(classifier) => {
///         println!("{:?}", classifier.classify(&Image::read("photo.jpg")?)?.top(1));
///     }
///     SavedModel::Table(model) => {
///         let rows = model.csv().read_file("unsold.csv")?;
///         println!("{:?}", model.predict(&rows)?.numbers());
///     }
/// }
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub enum SavedModel {
    /// A classifier of images.
    Images(Classifier),
    /// A model of tables.
    Table(TableModel),
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
        let error = match folder.is_dir() {
            true => "there is no model in this folder",
            false => "there is no such folder",
        };
        Err(Error::data(error).at(folder.display()).hint(format!(
            "a finished training run leaves `{}` or `{}`",
            classifier::DESCRIPTION,
            tables::DESCRIPTION
        )))
    }
}
