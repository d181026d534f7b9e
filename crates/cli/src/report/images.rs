//! The report of a classifier of images: its mistakes with their images, and where it looks.

use std::path::Path;

use plywood::datasets::transforms::Resize;
use plywood::datasets::{Context, Dataset, Image, ImageBatch, Images, Transform};
use plywood::layers::{Layer, summary};
use plywood::look::{Lens, grad_cam, last_maps, overlay};
use plywood::tensor::{Result, Tensor};
use plywood::training::{Evaluation, Figure, Objective, Predictions, Run};
use plywood::zoo::Classifier;

use super::{REPORT, command_line};

/// Images that are asked what decided.
const ASKED: usize = 6;
/// Pixels of a side at most, so that a report of photos stays small.
const SIDE: usize = 160;

/// Writes the report of a run whose classifier learnt from the images of a folder. `parts` says how many were in
/// which part.
pub(crate) fn of_images<S>(
    folder: &Path,
    classifier: &Classifier,
    run: &Run<S>,
    result: &Evaluation,
    test: &Images,
    parts: [usize; 3],
) -> Result<()>
where
    S: Objective<Box<dyn Layer>, ImageBatch>,
{
    let preprocess = classifier.preprocess();
    let (side, normalize) = (preprocess.side(), preprocess.normalization()?);
    let predictions = run.predictions(&classifier.model, &test.normalize(&normalize)?)?;
    let [train, valid, tested] = parts;
    let mut report = run
        .report()
        .title(format!("{} tells {}", classifier.name(), listed(classifier.class_names())))
        .data("images", format!("{train} to learn from, {valid} to validate, {tested} to test"))
        .command(command_line())
        .model(&classifier.model)
        .summary(summary(&classifier.model, [1, 3, side, side])?)
        .evaluation(result)
        .predictions(&predictions)
        .images(|sample| small(&unit(test, sample)?));
    if let Some(figure) = what_decided(classifier, test, &predictions)? {
        report = report.figure(figure);
    }
    report.write_html(folder.join(REPORT))
}

/// Some classes by their names.
fn listed(names: &[String]) -> String {
    const MOST: usize = 5;
    match names {
        [rest @ .., last] if (1..MOST).contains(&rest.len()) => {
            format!("{} and {last}", rest.join(", "))
        }
        _ => format!("{} classes", names.len()),
    }
}

/// Grad-CAM of a few images, if the network has maps.
fn what_decided(
    classifier: &Classifier,
    test: &Images,
    predictions: &Predictions,
) -> Result<Option<Figure>> {
    let normalize = classifier.preprocess().normalization()?;
    let lens = Lens::new(&*classifier.model).normalize(normalize);
    let Some(place) = last_maps(&lens, test.shape())? else { return Ok(None) };
    let answers = predictions.outputs().argmax(1)?;
    let asked = predictions.len().min(ASKED);
    let mut images = Vec::new();
    for number in 0..asked {
        let at = number * predictions.len() / asked;
        let (sample, class) = (predictions.samples()[at], answers.as_slice()[at] as usize);
        let image = unit(test, sample)?;
        let map = grad_cam(&lens, &image, &place.name, class)?;
        let shown = overlay(&image, &map)?;
        let name = &classifier.class_names()[class];
        let text = format!("speaks for {name}: {}", test.sample_name(sample));
        images.push((small(&shown.to_unit())?, text));
    }
    let caption = "Where the last layer that has places sees what speaks for its answer (Grad-CAM): bright is where it \
                   looks. Where that is beside the thing, the model may have learnt the background instead.";
    Ok(Some(Figure::images("What decided", caption, images)))
}

/// An image of the set, from 0 to 1.
fn unit(images: &Images, sample: usize) -> Result<Tensor> {
    Ok(images.image(sample)?.map(|byte| f32::from(byte) / 255.0))
}

/// The image, brought down to at most so many pixels a side.
fn small(image: &Tensor) -> Result<Image> {
    let shape = image.shape();
    let longer = shape[1].max(shape[2]);
    if longer <= SIDE {
        return Image::from_unit(image);
    }
    let size = [shape[1], shape[2]].map(|pixels| (pixels * SIDE / longer).max(1));
    Image::from_unit(&Resize::new(size).apply(image.clone(), &mut Context::evaluation())?)
}
