//! The report of a network that gives each pixel a class: how well each class is found, and images with both masks.

use std::path::Path;

use plywood::autodiff::{Pass, Var};
use plywood::datasets::{Dataset, Draw, Image, Mask, MaskedImages};
use plywood::layers::{Module, summary};
use plywood::tensor::{Result, Tensor};
use plywood::training::{Figure, PixelCounts, Report};
use plywood::zoo::PixelClassifier;

use super::command_line;

/// Images that are shown.
const SHOWN: usize = 6;
/// How much of an image's colour is its class's.
pub(crate) const OPACITY: f64 = 0.6;
/// The height and width of what shows a class's colour.
const SWATCH: [usize; 3] = [3, 24, 48];

/// Adds to a report what is known of a network that learnt from images with masks, of so many in each part.
pub(crate) fn of_pixels<'a>(
    report: Report<'a>,
    classifier: &PixelClassifier,
    test: &MaskedImages,
    [train, valid, tested]: [usize; 3],
) -> Result<Report<'a>> {
    let names = classifier.class_names();
    let colors = Mask::colors(names.len());
    let mut counts = PixelCounts::new();
    if let Some(void) = test.void() {
        counts = counts.ignore_index(u32::from(void));
    }
    let (mut images, every) = (Vec::new(), test.len().div_ceil(SHOWN).max(1));
    for sample in 0..test.len() {
        let batch = test.batch(&[sample], &Draw::evaluation())?;
        let model = &classifier.model;
        let scores = model.forward(&Var::constant(batch.images), &mut Pass::eval(model))?;
        let scores = scores.value()?;
        counts.update(scores, &batch.masks)?;
        if sample % every != 0 {
            continue;
        }
        let answer = Mask::new(scores.argmax(1)?.squeeze(0)?.map(|class| class as u8))?;
        let (pixels, truth) = test.image(sample)?;
        let (image, truth) = (Image::new(pixels)?, Mask::new(truth)?);
        let name = test.sample_name(sample);
        let name = Path::new(&name).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let truth = truth.over(&image, &colors, OPACITY)?;
        let answer = answer.over(&image, &colors, OPACITY)?;
        images.extend([
            (image, name),
            (truth, "what is there".to_owned()),
            (answer, "answered".to_owned()),
        ]);
    }
    let [height, width] = classifier.size();
    Ok(report
        .headline(format!(
            "It gives {} of the test images' pixels the right class; in the mean over classes its answers and the masks \
             share {} of what either has (mean IoU).",
            percent(counts.accuracy()),
            percent(counts.mean_iou())
        ))
        .title(format!("A U-Net tells {} classes of pixels", names.len()))
        .data("images with masks", format!("{train} to learn from, {valid} to validate, {tested} to test"))
        .command(command_line())
        .model(&classifier.model)
        .summary(summary(&classifier.model, [1, 3, height, width])?)
        .figure(legend(names, &colors)?)
        .figure(Figure::images(
            "What is there, and what was answered",
            "Test images at even distances: the image, its mask and the network's. Void has no colour.",
            images,
        ))
        .figure(by_class(names, &counts)))
}

fn legend(names: &[String], colors: &[[u8; 3]]) -> Result<Figure> {
    let swatch = |color: [u8; 3]| Image::new(Tensor::from_fn(SWATCH, |at| color[at[0]]));
    let pairs = names.iter().zip(colors);
    let swatches = pairs.map(|(name, &color)| Ok((swatch(color)?, name.clone())));
    let swatches = swatches.collect::<Result<Vec<_>>>()?;
    Ok(Figure::images("The colours", "Each class has one in the images below.", swatches))
}

fn by_class(names: &[String], counts: &PixelCounts) -> Figure {
    let all: u64 = (0..names.len()).map(|class| counts.pixels(class)).sum();
    let rows = names.iter().enumerate().map(|(class, name)| {
        let part = counts.pixels(class) as f64 / all.max(1) as f64;
        [
            name.clone(),
            percent(counts.iou(class)),
            percent(counts.recall(class)),
            percent(Some(part)),
        ]
    });
    Figure::table(
        "By class",
        "The intersection over union (IoU): of the pixels that are of a class or were said to be, the part that are \
         both. Beside it the part of a class's pixels that were found.",
        ["class", "IoU", "found", "of all pixels"],
        rows,
    )
}

fn percent(part: Option<f64>) -> String {
    part.map_or_else(|| "–".to_owned(), |part| format!("{:.1} %", 100.0 * part))
}
