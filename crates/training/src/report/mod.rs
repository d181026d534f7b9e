//! A report of a run: one HTML page for those who didn't train, and may not program.

mod embedded;
mod figure;
mod learning;
mod mistakes;
mod model;
mod origin;
mod page;
mod quality;
mod regression;
mod sound;
mod times;
mod verdict;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

use plywood_autodiff::Params;
use plywood_datasets::Image;
use plywood_layers::{Profile, Summary, replace_file};
use plywood_tensor::Result;

use crate::evaluation::Evaluation;
use crate::history::EpochRecord;
use crate::metrics::{Baseline, Metric};
use crate::predictions::Predictions;
use crate::steps::StepRecord;
pub use embedded::EmbeddedImage;
pub use figure::Figure;
use model::Parts;
use page::{Content, Section, render};
use regression::Numbers;
pub use sound::Sound;

/// What a run knows of itself.
pub(crate) struct Facts<'a> {
    pub(crate) settings: &'a BTreeMap<String, String>,
    pub(crate) history: &'a [EpochRecord],
    pub(crate) steps: &'a [StepRecord],
    pub(crate) metrics: &'a [Box<dyn Metric>],
    pub(crate) best_epoch: usize,
    pub(crate) stopped: Option<&'a str>,
    pub(crate) train_seconds: f64,
}

/// The image of a sample, by its place in the data set.
type ImageOf<'a> = Box<dyn Fn(usize) -> Result<Image> + 'a>;

/// What else is known of a sample: names of columns, and a sample's cells, by its place in the data set.
struct Beside<'a> {
    names: Vec<String>,
    cells: Box<dyn Fn(usize) -> Vec<String> + 'a>,
}

/// A report of a run as one HTML page: how good the model is, where it is wrong, how it learnt, what it is, and
/// what would repeat it. [`Run::report`](crate::Run::report) begins one.
///
/// It is one file that loads nothing from anywhere, without scripts, for phones and large screens, light and
/// dark. What nobody told it is left out: after training alone it has curves and settings; an evaluation, predictions
/// and the model add the rest.
///
/// ```
/// use plywood_datasets::{Digits, Split};
/// use plywood_layers::{Flatten, Linear, Sequential, cross_entropy};
/// use plywood_optimizers::AdamW;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_training::{Accuracy, Figure, Trainer};
///
/// let [train, test] = Digits::embedded()?.split([0.8, 0.2], Seed(7))?;
/// let linear = Linear::new(64, 10, &mut Rng::new(Seed(7)))?;
/// let mut model = Sequential::new().add(Flatten).add(linear);
/// let trainer = Trainer::new(AdamW::new(1e-2)).loss(cross_entropy).metric(Accuracy::top(1));
/// # let trainer = trainer.quiet(true);
/// let run = trainer.epochs(3).fit(&mut model, &train, None)?;
///
/// let (result, predictions) = (run.evaluate(&model, &test)?, run.predictions(&model, &test)?);
/// let html = run
///     .report()
///     .title("Digits by a single layer")
///     .data("digits", "1,797 images of 8 × 8 pixels")
///     .model(&model)
///     .evaluation(&result)
///     .predictions(&predictions)
///     .figure(Figure::table("Cost", "Fewer is cheaper.", ["layer", "numbers"], [["0", "650"]]))
///     .html()?;
/// assert!(html.starts_with("<!doctype html>") && html.contains("always answering"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Report<'a> {
    facts: Facts<'a>,
    title: String,
    headline: Option<String>,
    data: Vec<(String, String)>,
    command: Option<String>,
    parts: Option<Parts>,
    summary: Option<Summary>,
    profile: Option<Profile>,
    baseline: Option<Baseline>,
    evaluation: Option<&'a Evaluation>,
    predictions: Option<&'a Predictions>,
    numbers: Option<Numbers>,
    image: Option<ImageOf<'a>>,
    beside: Option<Beside<'a>>,
    figures: Vec<Figure>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(facts: Facts<'a>) -> Self {
        Self {
            facts,
            title: "A training run".to_owned(),
            headline: None,
            data: Vec::new(),
            command: None,
            parts: None,
            summary: None,
            profile: None,
            baseline: None,
            evaluation: None,
            predictions: None,
            numbers: None,
            image: None,
            beside: None,
            figures: Vec::new(),
        }
    }

    /// What the page is called.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// How good the model is, in a sentence: by default it is said of the classes that are right or of how far numbers
    /// are off, and of any other model only its loss.
    #[must_use]
    pub fn headline(mut self, sentence: impl Into<String>) -> Self {
        self.headline = Some(sentence.into());
        self
    }

    /// What the model learnt from, such as a file's name and how many rows it has; several calls are several lines.
    #[must_use]
    pub fn data(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.data.push((name.into(), description.into()));
        self
    }

    /// The line that repeats the run.
    #[must_use]
    pub fn command(mut self, line: impl Into<String>) -> Self {
        self.command = Some(line.into());
        self
    }

    /// The model: its parameters, and the filters of a first layer that is a convolution.
    #[must_use]
    pub fn model(mut self, model: &(impl Params + ?Sized)) -> Self {
        self.parts = Some(Parts::of(model));
        self
    }

    /// The model's operations, in the place of a table of its parameters.
    #[must_use]
    pub fn summary(mut self, summary: Summary) -> Self {
        self.summary = Some(summary);
        self
    }

    /// How long each layer takes, as [`profile`](plywood_layers::profile) measures it: a section of which no two
    /// reports have the same numbers.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// What the model has to beat: [of](Baseline::of) the training labels, in the unit of the
    /// [`numbers`](Self::numbers) where there are some. Without, it is made of the samples that it was tested on.
    #[must_use]
    pub fn baseline(mut self, baseline: Baseline) -> Self {
        self.baseline = Some(baseline);
        self
    }

    /// What the model came to on samples that it didn't learn from.
    #[must_use]
    pub fn evaluation(mut self, evaluation: &'a Evaluation) -> Self {
        self.evaluation = Some(evaluation);
        self
    }

    /// What the model answers to each of these samples: curves and mistakes are made of them.
    #[must_use]
    pub fn predictions(mut self, predictions: &'a Predictions) -> Self {
        self.predictions = Some(predictions);
        self
    }

    /// What was true and what was predicted, in a unit that people know, where the model learnt numbers of another
    /// scale. `what` names them and their unit. They are of the same samples as the
    /// [`predictions`](Self::predictions), if there are any.
    #[must_use]
    pub fn numbers(
        mut self,
        what: impl Into<String>,
        actual: impl Into<Vec<f64>>,
        predicted: impl Into<Vec<f64>>,
    ) -> Self {
        let (what, actual, predicted) = (what.into(), actual.into(), predicted.into());
        self.numbers = Some(Numbers { what, actual, predicted });
        self
    }

    /// The image of a sample by its place in the data set of the [`predictions`](Self::predictions): the worst
    /// mistakes are shown with theirs.
    #[must_use]
    pub fn images(mut self, image: impl Fn(usize) -> Result<Image> + 'a) -> Self {
        self.image = Some(Box::new(image));
        self
    }

    /// Columns that are shown beside the worst mistakes: their names, and what a sample has in them, by its place in
    /// the data set of the [`predictions`](Self::predictions).
    #[must_use]
    pub fn columns<Name: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = Name>,
        cells: impl Fn(usize) -> Vec<String> + 'a,
    ) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        self.beside = Some(Beside { names, cells: Box::new(cells) });
        self
    }

    /// One more figure, of what this crate can't know: what a network looks at, which columns matter.
    #[must_use]
    pub fn figure(mut self, figure: Figure) -> Self {
        self.figures.push(figure);
        self
    }

    /// The page.
    ///
    /// # Errors
    /// When predictions and true numbers are not as many, a figure's SVG is none, a table's row has not a cell for
    /// each column, or an image can't be had.
    pub fn html(&self) -> Result<String> {
        let numbers = match (&self.numbers, self.predictions) {
            (Some(numbers), _) => Some(numbers.clone()),
            (None, Some(predictions)) => Numbers::of(predictions)?,
            (None, None) => None,
        };
        if let Some(numbers) = &numbers {
            numbers.check(self.predictions)?;
        }
        let numbers = numbers.as_ref();
        let mut sections = vec![
            Section::new(
                "How good it is",
                "Measured on samples that the model did not learn from.",
                self.quality(numbers)?,
            ),
            Section::new(
                "Where it is wrong",
                "The samples that it is most wrong about: mistakes in the data are found here, too.",
                self.mistakes(numbers)?,
            ),
            Section::new("How it learnt", learning::INTRO, self.learning()?),
        ];
        let mut looks: Vec<Figure> = Vec::new();
        if let Some(parts) = &self.parts {
            looks.extend(parts.filters()?);
        }
        looks.extend(self.figures.iter().cloned());
        sections.push(Section::new("What it goes by", "", looks));
        let mut model = self.table_of_the_model();
        model.extend(self.profile.as_ref().map(times::by_layer));
        sections.push(Section::new("The model", "", model));
        sections.push(Section::new(
            "What was trained on what",
            "With the same data, settings, version and vector instructions, the result is the same to the bit, on any \
             number of processor cores.",
            self.origin(),
        ));
        let verdict = self.verdict(numbers);
        render(&Content::new(&self.title, verdict, self.key_facts(), &sections)?)
    }

    /// Writes the page to a file, whole or not at all.
    ///
    /// # Errors
    /// As [`html`](Self::html), or when the file can't be written.
    pub fn write_html(&self, path: impl AsRef<Path>) -> Result<()> {
        replace_file(path, self.html()?.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::history::Scores;
    use crate::steps::StepLog;

    /// A million steps in 10,000 epochs.
    #[test]
    fn a_long_run_has_a_small_report() {
        let mut log = StepLog::new();
        for step in 0..1_000_000_u32 {
            let noise = f64::from(step.wrapping_mul(2_654_435_761)) / 4e9;
            let epoch = step as usize / 100 + 1;
            log.push(epoch, 1e-3, 1.0 / (1.0 + 1e-5 * f64::from(step)) + 0.1 * noise, 1.0 + noise);
        }
        let scores = |epoch: usize| Scores {
            loss: 1.0 / epoch as f64,
            metrics: vec![("accuracy".to_owned(), 1.0 - 1.0 / epoch as f64)],
        };
        let record = |epoch: usize| EpochRecord {
            epoch,
            learning_rate: 1e-3,
            train: scores(epoch),
            valid: Some(scores(epoch + 1)),
            grad_norm: 1.0,
            clipped: 0,
        };
        let (history, steps) = ((1..=10_000).map(record).collect::<Vec<_>>(), log.records());
        let settings = BTreeMap::new();
        let report = Report::new(Facts {
            settings: &settings,
            history: &history,
            steps: &steps,
            metrics: &[],
            best_epoch: 10_000,
            stopped: None,
            train_seconds: 3_600.0,
        });
        let begun = Instant::now();
        let html = report.html().unwrap();
        assert!(html.len() < 1_000_000, "{} bytes", html.len());
        // Optimised it takes a twentieth of that.
        assert!(begun.elapsed().as_secs() < 20);
    }
}
