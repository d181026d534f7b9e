//! What a network hears in a recording: its spectrogram, to be looked into.

use std::path::Path;

use plywood::datasets::transforms::Transform;
use plywood::datasets::{Context, Normalize, Recording};
use plywood::look::{Lens, Page};
use plywood::tensor::{Error, Result, Tensor};
use plywood::training::Sound;
use plywood::zoo::SavedModel;

use crate::missing;
use crate::sound::files::read;
use crate::sound::heard::{playable, spectrogram, unit};

/// A recording and a network that has learnt from such.
pub(crate) struct Looked {
    saved: SavedModel,
    class_names: Vec<String>,
    title: String,
    sound: Sound,
    /// The picture from 0 to 1, and what brings its numbers back.
    unit: Tensor,
    normalize: Normalize,
}

impl Looked {
    pub(crate) fn of(model: &str, file: &Path) -> Result<Self> {
        let saved =
            SavedModel::load(model).map_err(|error| missing::hinted(error, Path::new(model)))?;
        let recording = read(file)?;
        let at_file = |error: Error| error.at(file.display());
        let (preprocess, class_names, title) = match &saved {
            SavedModel::Sound(classifier) => {
                (classifier.preprocess(), classifier.class_names().to_vec(), "melnet".to_owned())
            }
            SavedModel::SoundScore(regressor) => {
                let (name, score) =
                    (regressor.name(), regressor.score(&recording).map_err(at_file)?);
                let names = vec![format!("{name}, in standard deviations from its mean")];
                (regressor.preprocess(), names, format!("melnet, which says {name} {score:.2},"))
            }
            SavedModel::Images(_) | SavedModel::Pixels(_) | SavedModel::Table(_) => {
                return Err(Error::value("it hasn't learnt from recordings").at(model).hint(
                    "`--audio` is for the folder of a network that `train --audio` has made",
                ));
            }
        };
        let picture = preprocess.input.apply(&recording).map_err(at_file)?;
        let picture = preprocess.norm.apply(picture, &mut Context::evaluation())?;
        let (unit, normalize) = unit(&picture)?;
        let sound =
            Sound::new(playable(&recording)?, spectrogram(&picture)?, told(file, &recording))?;
        Ok(Self { saved, class_names, title, sound, unit, normalize })
    }

    pub(crate) fn class_names(&self) -> &[String] {
        &self.class_names
    }

    pub(crate) fn lens(&self) -> Lens<'_> {
        let lens = match &self.saved {
            SavedModel::Sound(classifier) => Lens::new(&*classifier.model),
            SavedModel::SoundScore(regressor) => Lens::new(&*regressor.model),
            SavedModel::Images(classifier) => Lens::new(&*classifier.model),
            SavedModel::Pixels(classifier) => Lens::new(&*classifier.model),
            SavedModel::Table(_) => unreachable!("`of` refuses tables"),
        };
        lens.normalize(self.normalize.clone())
    }

    pub(crate) fn page<'a>(&'a self, lens: &'a Lens<'a>) -> Result<Page<'a>> {
        Ok(Page::new(lens, &self.unit)
            .title(&self.title)
            .class_names(self.class_names.clone())
            .sound(self.sound.clone()))
    }
}

fn told(file: &Path, recording: &Recording) -> String {
    format!("{}, {:.2} s at {} Hz", file.display(), recording.seconds(), recording.rate())
}
