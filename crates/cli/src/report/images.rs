//! The report of a classifier of images: its mistakes with their images, and where it looks.

use std::time::Instant;

use plywood::datasets::transforms::Resize;
use plywood::datasets::{Context, Dataset, Draw, Image, Images, Transform};
use plywood::layers::{Profile, profile, summary};
use plywood::look::{Lens, grad_cam, last_maps, overlay};
use plywood::tensor::{Result, Tensor};
use plywood::training::{Figure, Predictions, Report};
use plywood::zoo::Classifier;

use super::command_line;

/// Images that are asked what decided.
const ASKED: usize = 6;
/// The part of the training's time that asking them may take, and the seconds that it may always take.
const SHARE: f64 = 0.05;
const LEAST_SECONDS: f64 = 0.3;
/// Images that the layers' time is taken on, at most.
const TIMED: usize = 32;
/// Pixels of a side at most, so that a report of photos stays small.
const SIDE: usize = 160;

/// Adds to a report what is known of a classifier that learnt from the images of a folder, which took so many seconds.
/// `parts` says how many were in which part.
pub(crate) fn of_images<'a>(
    report: Report<'a>,
    classifier: &Classifier,
    predictions: &Predictions,
    test: &'a Images,
    parts: [usize; 3],
    train_seconds: f64,
) -> Result<Report<'a>> {
    let [channels, height, width] = test.shape();
    let [train, valid, tested] = parts;
    let report = report
        .title(format!("{} tells {}", classifier.name(), listed(classifier.class_names())))
        .data("images", format!("{train} to learn from, {valid} to validate, {tested} to test"))
        .command(command_line())
        .model(&classifier.model)
        .summary(summary(&classifier.model, [1, channels, height, width])?)
        .profile(times(classifier, test)?)
        .images(|sample| small(&unit(test, sample)?));
    let seconds = (SHARE * train_seconds).max(LEAST_SECONDS);
    Ok(match what_decided(classifier, test, predictions, seconds)? {
        Some(figure) => report.figure(figure),
        None => report,
    })
}

/// How long each layer takes on a few images.
fn times(classifier: &Classifier, test: &Images) -> Result<Profile> {
    let test = test.normalize(&classifier.preprocess().normalization()?)?;
    let places: Vec<usize> = (0..test.len().min(TIMED)).collect();
    profile(&classifier.model, &test.batch(&places, &Draw::evaluation())?.images)
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

/// Grad-CAM of a few images, if the network has maps: of one, then of others as long as there are seconds.
fn what_decided(
    classifier: &Classifier,
    test: &Images,
    predictions: &Predictions,
    seconds: f64,
) -> Result<Option<Figure>> {
    let begun = Instant::now();
    let normalize = classifier.preprocess().normalization()?;
    let lens = Lens::new(&*classifier.model).normalize(normalize);
    let Some(place) = last_maps(&lens, test.shape())? else { return Ok(None) };
    let answers = predictions.outputs().argmax(1)?;
    let asked = predictions.len().min(ASKED);
    let mut images = Vec::new();
    for number in 0..asked {
        if number > 0 && begun.elapsed().as_secs_f64() >= seconds {
            break;
        }
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
    Image::from_unit(&Resize::at_most(SIDE).apply(image.clone(), &mut Context::evaluation())?)
}
