//! How a trained network does on other recordings.

use std::path::Path;

use plywood::datasets::{AudioFolder, AudioInput, RowTarget, Split};
use plywood::layers::{cross_entropy, mse_loss};
use plywood::tensor::{Error, Result};
use plywood::training::{Accuracy, Evaluator, RSquared};
use plywood::zoo::{SavedModel, SoundPreprocess};

use crate::how_good;
use crate::image_files::same_classes;
use crate::learnt_from::{Part, places_of};
use crate::say::Output;
use crate::sound::files::{ListOptions, Source, any_input, readable};
use crate::table_file::Columns;

/// What is to be evaluated on what.
pub(crate) struct Task<'a> {
    /// The run's.
    pub(crate) folder: &'a Path,
    /// Of the recordings.
    pub(crate) path: &'a Path,
    pub(crate) target: Option<&'a str>,
    pub(crate) list: &'a ListOptions,
    pub(crate) skip_broken: bool,
    pub(crate) part: Option<Part>,
}

pub(crate) fn run(task: &Task<'_>, model: SavedModel, out: &mut Output) -> Result<()> {
    let evaluator = Evaluator::new().batch_size(64);
    match model {
        SavedModel::Sound(classifier) => {
            let source = task.source(task.target)?;
            let names = classifier.class_names();
            same_classes(names, &source.classes(&any_input())?, task.path)?;
            let open = |input: &AudioInput| source.classes(input);
            let recordings = task.recordings(open, classifier.preprocess())?;
            let evaluator = evaluator.loss(cross_entropy).metric(Accuracy::top(1));
            let (result, predictions) = evaluator.examine(&classifier.model, &recordings)?;
            out.say(result);
            how_good::classes(&predictions, out)
        }
        SavedModel::SoundScore(regressor) => {
            let name = regressor.name();
            let source = task.source(Some(task.target.unwrap_or(name)))?;
            let open = |input: &AudioInput| source.scores(input);
            let recordings = task.recordings(open, regressor.preprocess())?;
            let truth = recordings.targets()?;
            let paths = recordings.paths().into_iter().map(Path::to_owned).collect();
            let standard = regressor.standardized(&truth);
            let input = &regressor.preprocess().input;
            let recordings = AudioFolder::from_files(paths, standard, Vec::<String>::new(), input)?;
            let recordings = recordings.transform(regressor.preprocess().norm.clone())?;
            let evaluator = evaluator.loss(mse_loss).metric(RSquared::new());
            let (result, predictions) = evaluator.examine(&regressor.model, &recordings)?;
            out.say(result);
            let predicted = regressor.scores(predictions.outputs());
            out.say(how_good::scores(name, &predicted, &truth.rows(predictions.samples())?)?);
            Ok(())
        }
        SavedModel::Images(_) => Err(task.refused("images", "--images FOLDER")),
        SavedModel::Pixels(_) => {
            Err(Error::value("it is a model of pixels, and not of recordings")
                .at(task.folder.display())
                .hint("`plywood predict` draws what it makes of images"))
        }
        SavedModel::Table(_) => Err(task.refused("tables", "--csv FILE")),
    }
}

impl Task<'_> {
    fn source(&self, target: Option<&str>) -> Result<Source> {
        // A folder has no columns, whatever the score is called.
        let target = if self.path.is_dir() { self.target } else { target };
        Source::of(self.path, target, self.list, &Columns::default())
    }

    /// The recordings of the part that is asked for, as the network is given them.
    fn recordings<T: RowTarget>(
        &self,
        open: impl Fn(&AudioInput) -> Result<AudioFolder<T>>,
        preprocess: &SoundPreprocess,
    ) -> Result<AudioFolder<T>> {
        let mut recordings = open(&preprocess.input)?;
        if let Some(places) = places_of(self.folder, &recordings.paths(), self.part, "recordings")?
        {
            recordings = recordings.subset(&places)?;
        }
        readable(&recordings, false, self.skip_broken)?.transform(preprocess.norm.clone())
    }

    fn refused(&self, what: &str, option: &str) -> Error {
        Error::value(format!("it is a model of {what}, and not of recordings"))
            .at(self.folder.display())
            .hint(format!("give it {what} by `{option}`"))
    }
}
