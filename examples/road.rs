//! Tells what each pixel in front of a car is: road, car, pedestrian, or one of eight more.
//!
//! Shows a recipe whose data are images with masks, and a report with figures of its own: photos with what is there
//! and what was answered, and how well each class is found. `--data` names the folder of CamVid as SegNet's authors
//! published it (`train`, `trainannot` and so on), if it isn't `camvid` in `PLYWOOD_DATA` or in `data`. Everything that
//! comes of it is written to `runs/road`; the photos are CC BY-NC, so keep report and weights to yourself.
//! `plywood predict runs/road photo.jpg` draws what it makes of a photo of yours.
//!
//! Run it with `cargo run --release --example road -- --data DIR`; `--seed N` takes another seed.

use std::path::Path;

use plywood::autodiff::{Pass, Var};
use plywood::datasets::transforms::{Resize, Transform};
use plywood::datasets::{Context, Dataset, Draw, Image, Mask, MaskedImages};
use plywood::layers::Module;
use plywood::prelude::*;
use plywood::training::{Figure, PixelCounts};
use plywood::zoo::PixelClassifier;
use plywood::zoo::recipes::{PixelRecipe, ROAD_CLASSES, ROAD_COLORS, ROAD_VOID};
use plywood_examples::{DataChoice, finish, println};

/// How much of an image's colour is its class's.
const OPACITY: f64 = 0.6;
/// Frames that are shown of the whole drive, and of those that are told worst.
const SPREAD: usize = 6;
const WORST: usize = 3;

/// What the command line may say.
const HINT: &str = "`--data DIR` names the folder of CamVid, `--seed N` is a whole number from 0";

fn main() -> Result<()> {
    threads::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut choice = DataChoice::parse(&arguments, "road", "camvid", HINT)?;
    if plywood_examples::is_smoke_run() {
        choice.data = plywood_examples::camvid_folder()?;
    }
    let DataChoice { data, seed } = choice;
    let recipe = zoo::recipes::road(data, seed)?;
    let folder = plywood_examples::folder_of("road", seed);
    let summary = recipe.summary()?;
    println!("{summary}\n");
    let PixelRecipe { mut classifier, train, valid, test, trainer } = recipe;
    let run = plywood_examples::shortened(trainer)
        .checkpoint_in(&folder)
        .stop_on_signals(true)
        .fit(&mut classifier.model, &train, &valid)?;
    let result = run.evaluate(&classifier.model, &test)?;
    println!("{result}\n");
    run.write(&folder, &classifier.model, &result)?;
    classifier.save(&folder)?;

    let answers = Answers::of(&classifier, &test)?;
    for (class, name) in ROAD_CLASSES.iter().enumerate() {
        println!("{name:>12}  IoU {:>6}", percent(answers.all.iou(class)));
    }
    let parts = format!(
        "{} frames to learn from, {} to validate, {} to test",
        train.len(),
        valid.len(),
        test.len()
    );
    run.report()
        .title("A U-Net tells what is where in front of a car")
        .headline(format!(
            "It gives {} of the test frames' pixels the right class; in the mean over classes its answers and a \
             person's share {} of what either has (mean IoU).",
            percent(result.metric("pixel accuracy")),
            percent(result.metric("mean IoU"))
        ))
        .data(
            "CamVid",
            format!(
                "frames of a drive through Cambridge, brought to 240 × 180 (CC BY-NC): {parts}"
            ),
        )
        .command(format!("cargo run --release --example road -- --seed {}", seed.0))
        .model(&classifier.model)
        .summary(summary)
        .evaluation(&result)
        .figure(legend()?)
        .figure(answers.spread(&test)?)
        .figure(answers.by_class())
        .figure(answers.worst(&test)?)
        .write_html(Path::new(&folder).join("report.html"))?;
    println!(
        "\ntrained for {:.1} s, written to {folder}: look at report.html, or try `plywood predict {folder} PHOTO.jpg`",
        run.train_seconds()
    );
    finish()
}

/// What was answered of the test images.
struct Answers {
    masks: Vec<Mask>,
    all: PixelCounts,
    /// The mean IoU of each image by itself.
    each: Vec<f64>,
}

impl Answers {
    fn of(classifier: &PixelClassifier, test: &MaskedImages) -> Result<Self> {
        let counts = || PixelCounts::new().ignore_index(u32::from(ROAD_VOID));
        let mut answers = Self { masks: Vec::new(), all: counts(), each: Vec::new() };
        let model = &classifier.model;
        for sample in 0..test.len() {
            let batch = test.batch(&[sample], &Draw::evaluation())?;
            let scores = model.forward(&Var::constant(batch.images), &mut Pass::eval(model))?;
            let scores = scores.value()?;
            let mut own = counts();
            own.update(scores, &batch.masks)?;
            answers.all.update(scores, &batch.masks)?;
            answers.each.push(own.mean_iou().unwrap_or(f64::NAN));
            let best = scores.argmax(1)?.squeeze(0)?;
            answers.masks.push(Mask::new(best.map(|class| class as u8))?);
        }
        Ok(answers)
    }

    fn by_class(&self) -> Figure {
        let rows = ROAD_CLASSES.iter().enumerate().map(|(class, name)| {
            [
                (*name).to_owned(),
                percent(self.all.iou(class)),
                percent(self.all.recall(class)),
                percent(Some(self.all.pixels(class) as f64 / self.pixels())),
            ]
        });
        Figure::table(
            "By class",
            "The intersection over union (IoU): of the pixels that are of a class or were said to be, the part that are \
             both. Thin and rare things are hardest: a pixel more or less is much of a pole. Beside it the part of a \
             class's pixels that were found.",
            ["class", "IoU", "found", "of all pixels"],
            rows,
        )
    }

    fn pixels(&self) -> f64 {
        let all: u64 = (0..ROAD_CLASSES.len()).map(|class| self.all.pixels(class)).sum();
        all.max(1) as f64
    }

    /// Some test images, evenly from the whole of it.
    fn spread(&self, test: &MaskedImages) -> Result<Figure> {
        let every = test.len().div_ceil(SPREAD).max(1);
        let samples: Vec<usize> = (0..test.len()).step_by(every).collect();
        self.shown(
            "What is there, and what was answered",
            "Test frames at even distances: the photo, the classes that people have drawn, and the network's. Where the \
             middle one has no colour it is void: nobody knows, and nobody asks.",
            &samples,
            test,
        )
    }

    /// Those whose classes overlap least with the answers.
    fn worst(&self, test: &MaskedImages) -> Result<Figure> {
        let mut samples: Vec<usize> = (0..test.len()).collect();
        samples.sort_by(|&a, &b| self.each[a].total_cmp(&self.each[b]));
        samples.truncate(WORST);
        self.shown(
            "The worst frames",
            "Those with the lowest mean IoU of the classes in them.",
            &samples,
            test,
        )
    }

    fn shown(
        &self,
        title: &str,
        caption: &str,
        samples: &[usize],
        test: &MaskedImages,
    ) -> Result<Figure> {
        let mut images = Vec::new();
        for &sample in samples {
            let (pixels, truth) = test.image(sample)?;
            let (photo, truth) = (Image::new(pixels)?, Mask::new(truth)?);
            let name = test.sample_name(sample);
            let name = Path::new(&name).file_stem().unwrap_or_default().to_string_lossy();
            let answer = self.masks[sample].over(&photo, &ROAD_COLORS, OPACITY)?;
            let truth = truth.over(&photo, &ROAD_COLORS, OPACITY)?;
            images.push((photo, name.into_owned()));
            images.push((truth, "what is there".to_owned()));
            images
                .push((answer, format!("answered: mean IoU {}", percent(Some(self.each[sample])))));
        }
        Ok(Figure::images(title, caption, images))
    }
}

/// The colour of each class.
fn legend() -> Result<Figure> {
    let context = &mut Context::evaluation();
    let mut images = Vec::new();
    for (name, color) in ROAD_CLASSES.iter().zip(ROAD_COLORS) {
        let pixel =
            Tensor::from_vec(color.map(|byte| f32::from(byte) / 255.0).to_vec(), [3, 1, 1])?;
        let square = Image::from_unit(&Resize::new([24, 48]).apply(pixel, context)?)?;
        images.push((square, (*name).to_owned()));
    }
    Ok(Figure::images("The colours", "Each class has one in the images below.", images))
}

fn percent(part: Option<f64>) -> String {
    part.filter(|part| part.is_finite())
        .map_or_else(|| "–".to_owned(), |part| format!("{:.1} %", 100.0 * part))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_command_line_is_understood_in_any_order() {
        let parse = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            DataChoice::parse(&words, "road", "camvid", HINT)
        };
        let choice = parse("--seed 8 --data there").unwrap();
        assert_eq!((choice.data, choice.seed), (PathBuf::from("there"), Seed(8)));
        assert!(parse("").unwrap().data.ends_with("camvid"));
        assert_eq!(
            parse("--seed x").err().unwrap().to_string(),
            "road: `--seed x` isn't understood; `--data DIR` names the folder of CamVid, `--seed N` is a whole number \
             from 0",
        );
    }
}
