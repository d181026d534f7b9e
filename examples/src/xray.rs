//! What the examples `xray` and `xray_folds` share: a network is trained, its probabilities are calibrated and its
//! threshold chosen on validation images, and a report shows what that comes to on the test images.

use std::path::{Path, PathBuf};

use plywood::datasets::transforms::Resize;
use plywood::datasets::{Context, Image, Transform};
use plywood::look::{Lens, grad_cam, last_maps, overlay};
use plywood::prelude::*;
use plywood::training::{
    Baseline, Calibration, ConfusionMatrix, Figure, Predictions, RocCurve, RocPoint,
    TemperatureScaling, plots,
};
use plywood::zoo::Recipe;
use serde_json::{Map, Value, json};

/// What everybody is told who sees a probability.
pub const NO_DIAGNOSIS: &str = "This is an exercise in machine learning and no diagnosis: the network has seen small \
                                images of children of one clinic, and knows nothing else of a patient.";

/// The class that is looked for.
const PNEUMONIA: usize = 1;
const BINS: usize = 10;
/// Test images whose decision is shown, and the pixels of their sides.
const SHOWN: usize = 6;
const SIDE: usize = 168;
/// The pixels of their sides where all are in one picture.
const PICTURED: usize = 128;

/// What a trained network came to on the test images, which were looked at once.
pub struct Judged {
    /// The probabilities' scaling, fitted to the validation images.
    pub scaling: TemperatureScaling,
    /// The probability from which up pneumonia is answered, chosen on the validation images: that of the best balanced
    /// accuracy.
    pub threshold: RocPoint,
    /// The ROC curve of the test images, and where the threshold is on it.
    pub roc: RocCurve,
    /// What the threshold comes to there.
    pub point: RocPoint,
    /// The part of the test images that is answered right at the threshold.
    pub accuracy: f64,
    /// The expected calibration error of the probability of pneumonia on the test images, before and after.
    pub calibration_errors: [f64; 2],
    /// The time of training.
    pub seconds: f64,
}

/// Trains a recipe with its checkpoint in a folder, judges it, and writes there what a run leaves, the report and
/// what was judged.
///
/// # Errors
/// When training fails, or a file can't be written.
pub fn train(
    recipe: Recipe,
    folder: &Path,
    about: &[(&str, &str)],
    command: &str,
) -> Result<Judged> {
    let summary = recipe.summary()?;
    let Recipe { mut model, train, valid, test, trainer } = recipe;
    let trainer = crate::shortened(trainer).stop_on_signals(true).checkpoint_in(folder);
    let run = trainer.fit(&mut model, &train, &valid)?;
    let chosen_on = run.predictions(&model, &valid)?;
    let (result, test_predictions) = run.examine(&model, &test)?;

    let scaling = TemperatureScaling::fit(chosen_on.outputs(), chosen_on.target())?;
    let threshold = chosen_on.scaled(&scaling)?.roc(PNEUMONIA)?.youden();
    let scaled = test_predictions.scaled(&scaling)?;
    let (scores, is_ill) = scaled.probabilities(PNEUMONIA)?;
    let roc = RocCurve::new(&scores, &is_ill)?;
    let point = roc.at_threshold(threshold.threshold)?;
    let answers = ConfusionMatrix::at_threshold(&scores, &is_ill, threshold.threshold)?
        .named(scaled.class_names());
    let calibrations = [&test_predictions, &scaled].map(calibration);
    let [before, after] = calibrations;
    let (before, after) = (before?, after?);
    let judged = Judged {
        scaling,
        threshold,
        point,
        accuracy: answers.accuracy().unwrap_or(f64::NAN),
        calibration_errors: [before.error(), after.error()],
        seconds: run.train_seconds(),
        roc,
    };

    let normalize = Normalize::measured_on(&train);
    let mut report = run
        .report()
        .title("Who has pneumonia, by an X-ray of the chest")
        .command(command)
        .model(&model)
        .summary(summary)
        .baseline(Baseline::of(&Tensor::from(train.labels()))?)
        .evaluation(&result)
        .predictions(&scaled)
        .images(|sample| large(&unit(&test, sample)?))
        .figure(Figure::note("No diagnosis", NO_DIAGNOSIS));
    for (name, description) in about {
        report = report.data(*name, *description);
    }
    let parts = format!(
        "{} to learn from, {} to validate, {} to test",
        train.len(),
        valid.len(),
        test.len()
    );
    report = report.data("images", parts).figure(judged.chosen()?).figure(judged.curve()?);
    for (when, own) in [("before", &before), ("after", &after)] {
        let title = format!("Its probability of pneumonia, {when} temperature scaling");
        let caption = format!(
            "Of the images that it gives a probability of 0.8, 80 % should be of pneumonia: the diagonal. The scores \
             were divided by {:.2}, which makes the log loss of the validation images least.",
            scaling.temperature()
        );
        report = report.figure(Figure::svg(title, caption, plots::calibration(own)?));
    }
    if let Some(shown) = looked_at(&*model, normalize, &test, &scaled)? {
        picture(&shown)?.write_png(folder.join("decided.png"))?;
        report = report.figure(decided(shown)?);
    }
    report.write_html(folder.join("report.html"))?;
    run.write(folder, &model, &result)?;
    judged.add_to_metrics(folder)?;
    Ok(judged)
}

/// The calibration of the probability of pneumonia.
fn calibration(predictions: &Predictions) -> Result<Calibration> {
    let (scores, is_ill) = predictions.probabilities(PNEUMONIA)?;
    Calibration::new(&scores, &is_ill, BINS)
}

impl Judged {
    /// The part of the ill that is found where 95 % of the healthy are left alone, by the test images' own curve.
    ///
    /// # Errors
    /// Never: 0.95 is a specificity.
    pub fn sensitivity(&self) -> Result<f64> {
        Ok(self.roc.at_specificity(0.95)?.true_positive_rate)
    }

    /// All of it in a few lines.
    ///
    /// # Errors
    /// As [`sensitivity`](Self::sensitivity).
    pub fn lines(&self) -> Result<String> {
        let [before, after] = self.calibration_errors;
        Ok(format!(
            "area under the ROC curve {:.4}; sensitivity {:.3} at 95 % specificity\n\
             threshold {:.3}, chosen on the validation images: accuracy {:.4}, sensitivity {:.3}, specificity {:.3}\n\
             expected calibration error {before:.3}, {after:.3} with scores divided by {:.2}",
            self.roc.area(),
            self.sensitivity()?,
            self.threshold.threshold,
            self.accuracy,
            self.point.true_positive_rate,
            1.0 - self.point.false_positive_rate,
            self.scaling.temperature(),
        ))
    }

    fn chosen(&self) -> Result<Figure> {
        let row = |what: &str, point: &RocPoint| {
            [
                what.to_owned(),
                format!("{:.3}", point.true_positive_rate),
                format!("{:.3}", 1.0 - point.false_positive_rate),
            ]
        };
        let at_95 = self.roc.at_specificity(0.95)?;
        let caption = format!(
            "Pneumonia is answered from a probability of {:.3} up, with which the mean of sensitivity and specificity \
             of the validation images is largest; on the test images that is right in {:.1} % of the cases. \
             Sensitivity: of those with pneumonia, the share that is found. Specificity: of those without, the share \
             that is left alone. The last row isn't a choice: it is a point of the test images' own curve.",
            self.threshold.threshold,
            100.0 * self.accuracy
        );
        let rows = [
            row("validation images, at the threshold", &self.threshold),
            row("test images, at the threshold", &self.point),
            row("test images, at 95 % specificity", &at_95),
        ];
        Ok(Figure::table("The threshold", caption, ["", "sensitivity", "specificity"], rows))
    }

    fn curve(&self) -> Result<Figure> {
        let name = format!("threshold {:.3}", self.threshold.threshold);
        let svg = plots::roc_with_points(&[("", &self.roc)], &[(&name, self.point)])?;
        let caption = "How many of those with pneumonia are found (upward) for how many of the others that are taken \
                       for ill (across). The point is the threshold that was chosen before the test images were \
                       looked at.";
        Ok(Figure::svg("ROC curve with the threshold", caption, svg))
    }

    /// Adds what was judged to the `metrics.json` that the run has written.
    fn add_to_metrics(&self, folder: &Path) -> Result<()> {
        let path = folder.join("metrics.json");
        let text = std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
        let metrics: Map<String, Value> = serde_json::from_slice(&text)
            .map_err(|error| Error::data(format!("it is broken: {error}")).at(path.display()))?;
        let own = json!({
            "auc": self.roc.area(),
            "accuracy_at_threshold": self.accuracy,
            "threshold": self.threshold.threshold,
            "sensitivity_at_threshold": self.point.true_positive_rate,
            "specificity_at_threshold": 1.0 - self.point.false_positive_rate,
            "sensitivity_at_95_specificity": self.sensitivity()?,
            "temperature": self.scaling.temperature(),
            "calibration_errors": self.calibration_errors,
        });
        let all: Map<String, Value> =
            metrics.into_iter().chain(own.as_object().cloned().unwrap_or_default()).collect();
        crate::write_metrics(folder, &all)
    }
}

/// A test image above what spoke for its answer, `[3, 2 * SIDE, SIDE]`, and what is written below.
struct Shown {
    image: Tensor,
    text: String,
}

/// A few test images.
fn looked_at(
    model: &dyn Layer,
    normalize: Normalize,
    test: &Images,
    predictions: &Predictions,
) -> Result<Option<Vec<Shown>>> {
    let lens = Lens::new(model).normalize(normalize);
    let Some(place) = last_maps(&lens, test.shape())? else { return Ok(None) };
    let (scores, is_ill) = predictions.probabilities(PNEUMONIA)?;
    let names = predictions.class_names();
    let mut shown = Vec::new();
    for number in 0..SHOWN.min(scores.len()) {
        let at = (2 * number + 1) * scores.len() / (2 * SHOWN);
        let image = unit(test, predictions.samples()[at])?;
        let answer = if scores[at] >= 0.5 { PNEUMONIA } else { 1 - PNEUMONIA };
        let map = grad_cam(&lens, &image, &place.name, answer)?;
        let (image, map) = (enlarged(&image)?, enlarged(&map.unsqueeze(0)?)?.squeeze(0)?);
        let is = &names[usize::from(is_ill[at])];
        let grey = Tensor::concat(&[&image; 3], 0)?;
        shown.push(Shown {
            image: Tensor::concat(&[&grey, &overlay(&image, &map)?.to_unit()], 1)?,
            text: format!("it is: {is}; probability of pneumonia: {:.2}", scores[at]),
        });
    }
    Ok(Some(shown))
}

fn decided(shown: Vec<Shown>) -> Result<Figure> {
    let one = |Shown { image, text }| Ok((Image::from_unit(&image)?, text));
    let caption = "Test images, each above where the last layer that has places sees what speaks for its answer \
                   (Grad-CAM): bright is where it looks. It should look at the lungs; where it looks at the edge, it \
                   may go by how the image was taken. Nine places or a few more are all that this layer has.";
    let images = shown.into_iter().map(one).collect::<Result<Vec<_>>>()?;
    Ok(Figure::images("What decided", caption, images))
}

/// All of them side by side, as a picture for a page.
fn picture(shown: &[Shown]) -> Result<Image> {
    let smaller = Resize::new([2 * PICTURED, PICTURED]);
    let column = |one: &Shown| smaller.apply(one.image.clone(), &mut Context::evaluation());
    let columns = shown.iter().map(column).collect::<Result<Vec<_>>>()?;
    Image::from_unit(&Tensor::concat(&columns.iter().collect::<Vec<_>>(), 2)?)
}

/// An image of the set, from 0 to 1.
fn unit(images: &Images, sample: usize) -> Result<Tensor> {
    Ok(images.image(sample)?.map(|byte| f32::from(byte) / 255.0))
}

fn large(image: &Tensor) -> Result<Image> {
    Image::from_unit(&enlarged(image)?)
}

fn enlarged(image: &Tensor) -> Result<Tensor> {
    Resize::new([SIDE, SIDE]).apply(image.clone(), &mut Context::evaluation())
}

/// Where the sets are: what `--data` names, what the variable `PLYWOOD_DATA` names, or `data`; in a smoke run a folder
/// with a few small images in the same formats, made here.
///
/// # Errors
/// When the folder can't be written.
pub fn data_folder(given: Option<PathBuf>) -> Result<PathBuf> {
    if crate::is_smoke_run() {
        let folder = PathBuf::from("data");
        crate::small_sets::pneumonia_mnist(&folder)?;
        crate::small_sets::chest_xray(&folder)?;
        return Ok(folder);
    }
    let named = || std::env::var_os("PLYWOOD_DATA").map(PathBuf::from);
    Ok(given.or_else(named).unwrap_or_else(|| "data".into()))
}
