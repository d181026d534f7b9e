//! A network that learns the class of each pixel, of images and their masks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plywood::datasets::transforms::ColorJitter;
use plywood::datasets::{Dataset, Mask, MaskedImages, RandomScaleCrop};
use plywood::layers::{CrossEntropy, median_frequency_weights, summary};
use plywood::tensor::{Error, Result, Tensor};
use plywood::training::{MeanIou, PixelAccuracy};
use plywood::zoo::PixelClassifier;

use super::Arguments;
use crate::learnt_from::keep_images;
use crate::missing;
use crate::options::{Pace, Training};
use crate::report::{REPORT, of_pixels};
use crate::say::{self, Output};
use crate::split::{Parts, Splitting};

/// The network that learns from masks, and the channels of its first block.
const MODEL: &str = "unet";
const WIDTH: usize = 24;

/// What usually stands for void.
const USUAL_VOID: u8 = 255;
/// The longer side that images are brought to.
const SIDE: usize = 240;
/// The shortest side that the network takes.
const LEAST: usize = 32;

/// How much training varies images, as the recipe of streets has it: the scale, light and colours, and the part of each
/// side that is learnt from at once.
const SCALE: [f64; 2] = [0.7, 1.6];
const LIGHT: f64 = 0.3;
const CROP: f64 = 0.8;
/// How much more rare classes count than frequent ones.
const RARITY: f64 = 0.5;

#[derive(Default, PartialEq, clap::Args)]
#[group(skip)]
pub(crate) struct Options {
    /// The masks of the images: a folder of PNG files of the same names, in greys or with a palette, whose pixels are
    /// the numbers of classes. The network learns the class of each pixel
    #[arg(long, value_name = "FOLDER", requires = "images", conflicts_with = "grey")]
    masks: Option<PathBuf>,
    /// The names of the classes in masks, that of class 0 first [default: their numbers]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "masks")]
    classes: Vec<String>,
    /// The number that stands for void in masks: pixels that nobody asks for [default: 255, if it is there]
    #[arg(long, value_name = "N", requires = "masks")]
    void: Option<u8>,
}

impl Options {
    /// The folder of masks, if there is one.
    pub(super) fn masks(&self) -> Option<&Path> {
        self.masks.as_deref()
    }

    /// The names of the classes, and what stands for void.
    fn classes(&self, found: &Found) -> Result<(Vec<String>, Option<u8>)> {
        let usual = found.classes.contains(&USUAL_VOID).then_some(USUAL_VOID);
        let void = self.void.or(usual.filter(|_| self.classes.len() < 256));
        if let (None, Some(void)) = (self.void, void) {
            say::note(format!("{void} counts as void in the masks; `--void` names another number"));
        }
        let last = found.classes.iter().copied().filter(|&class| Some(class) != void).max();
        let names: Vec<String> = match &self.classes[..] {
            [] => (0..=last.unwrap_or(0)).map(|class| class.to_string()).collect(),
            names => names.to_vec(),
        };
        match names.len() {
            0 | 1 => Err(Error::data("all its pixels are of one class").hint(
                "a mask's pixels are numbers of classes: 0, 1 and so on, not colours or brightness",
            )),
            _ => Ok((names, void)),
        }
    }
}

/// What is in a folder of masks.
struct Found {
    classes: BTreeSet<u8>,
    /// The height and width of the first.
    size: [usize; 2],
}

impl Found {
    fn of(folder: &Path) -> Result<Self> {
        let failed = |error| missing::hinted(Error::io("list", folder, error), folder);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("png")) {
                paths.push(path);
            }
        }
        paths.sort();
        let (mut classes, mut size) = (BTreeSet::new(), None);
        for path in paths {
            // What can't be read is named with all others when images and masks are.
            let Ok(mask) = Mask::read(&path) else { continue };
            size = size.or(Some(mask.shape()));
            let mut has = [false; 256];
            mask.classes().as_slice().iter().for_each(|&class| has[usize::from(class)] = true);
            classes.extend((0..=255).filter(|&class| has[usize::from(class)]));
        }
        match size {
            Some(size) => Ok(Self { classes, size }),
            None => Err(Error::data("it has no masks that can be read")
                .at(folder.display())
                .hint("masks are PNG files in greys or with a palette, of their images' names")),
        }
    }

    /// The size that images are brought to: of so many pixels on the longer side, and no larger than they are.
    fn fitted(&self, side: usize) -> [usize; 2] {
        let longer = self.size[0].max(self.size[1]);
        self.size.map(|own| {
            let scaled = (own as u128 * side as u128 + longer as u128 / 2) / longer as u128;
            if side < longer { (scaled as usize).max(LEAST) } else { own.max(LEAST) }
        })
    }
}

/// What the network is taught, and of what.
pub(super) struct Task<'a> {
    arguments: &'a Arguments,
    images: &'a Path,
    masks: &'a Path,
    options: &'a Options,
    splitting: &'a Splitting,
    training: &'a Training,
}

impl<'a> Task<'a> {
    pub(super) fn of(arguments: &'a Arguments, images: &'a Path) -> Result<Self> {
        let Arguments { pixel_options: options, splitting, training, .. } = arguments;
        let masks = options.masks.as_deref().unwrap_or(images);
        let task = Self { arguments, images, masks, options, splitting, training };
        task.check()?;
        Ok(task)
    }

    /// Refuses what doesn't apply to masks.
    fn check(&self) -> Result<()> {
        let Arguments { model, image_options, .. } = self.arguments;
        if model != MODEL {
            return Err(Error::value(format!("`{model}` doesn't learn from masks"))
                .hint(format!("`{MODEL}` does")));
        }
        if image_options.skip_broken {
            return Err(Error::value("`--skip-broken` doesn't apply to images with masks")
                .hint("mend those that can't be read, or take them out of their folders"));
        }
        if self.splitting.test().is_some() {
            return Err(Error::value("`--test` doesn't apply to images with masks")
                .hint("`--split` says how large the part to test on is"));
        }
        if self.training.weighs_classes() {
            return Err(Error::value("`--class-weights` doesn't apply to images with masks")
                .hint("rare classes count more by themselves"));
        }
        Ok(())
    }
}

pub(super) fn run(task: &Task<'_>, out: &mut Output) -> Result<()> {
    let Task { images, masks, options, training, .. } = *task;
    let image_options = &task.arguments.image_options;
    let at_masks = |error: Error| error.at(masks.display());
    let found = Found::of(masks)?;
    let (names, void) = options.classes(&found).map_err(at_masks)?;
    let size @ [height, width] = found.fitted(image_options.size.unwrap_or(SIDE));
    let all = MaskedImages::open(images, masks, &names, void, size)
        .map_err(|error| missing::hinted(error, images))?;
    let Parts { train, valid, test } = task.splitting.parts(&all, None, training.seed())?;
    for (part, what) in [(&train, "learn from"), (&valid, "validate on"), (&test, "test on")] {
        if part.is_empty() {
            return Err(Error::data(format!("{} images leave none to {what}", all.len()))
                .at(images.display())
                .hint("ten and more are needed"));
        }
    }
    let mut classifier = PixelClassifier::new(size, WIDTH, true, &names, training.seed())?;
    let parameters = summary(&classifier.model, [1, 3, height, width])?.parameters;
    out.say(format!(
        "{} images of {width}×{height}, pixels of {} classes; {MODEL} has {parameters} parameters",
        all.len(),
        names.len()
    ));
    let counts = [&train, &valid, &test].map(Dataset::len);
    out.say(format!(
        "{} to learn from, {} to validate, {} to test",
        counts[0], counts[1], counts[2]
    ));

    let loss = CrossEntropy::new().class_weights(weights(&train.pixels_by_class())?);
    let normalize = classifier.normalization()?;
    let crop = size.map(|side| ((side as f64 * CROP) as usize).max(LEAST));
    let flip = if image_options.no_flip { 0.0 } else { 0.5 };
    let varied = train
        .transform_together(RandomScaleCrop::new(crop).scale(SCALE).flip(flip))?
        .transform(ColorJitter::new().brightness(LIGHT).contrast(LIGHT).saturation(LIGHT))?
        .normalize(&normalize)?;
    let (valid, test) = (valid.normalize(&normalize)?, test.normalize(&normalize)?);
    let folder = training.out(images, MODEL);
    // Where there is no void: a number that no pixel has.
    let void = void.map_or(u32::MAX, u32::from);
    let run = training
        .trainer(Pace::of_masks(), &folder)?
        .loss(loss.ignore_index(void))
        .metric(MeanIou::new().ignore_index(void))
        .metric(PixelAccuracy::new().ignore_index(void))
        .fit(&mut classifier.model, &varied, &valid)?;
    let result = run.evaluate(&classifier.model, &test)?;
    run.write(&folder, &classifier.model, &result)?;
    classifier.save(&folder)?;
    keep_images(&folder, [&train, &valid, &test].map(sample_names))?;
    of_pixels(run.report().evaluation(&result), &classifier, &test, counts)?
        .write_html(folder.join(REPORT))?;
    out.say(&result);
    out.say(format!(
        "\nwritten to {0}: look at {0}/{REPORT}, or try `plywood predict {0} PHOTO`",
        folder.display()
    ));
    Ok(())
}

fn sample_names(part: &MaskedImages) -> Vec<String> {
    (0..part.len()).map(|sample| part.sample_name(sample)).collect()
}

/// The weights of classes with so many pixels; of one without any it doesn't matter.
fn weights(pixels: &[u64]) -> Result<Tensor> {
    let present: Vec<u64> = pixels.iter().copied().filter(|&count| count > 0).collect();
    if present.is_empty() {
        return Err(Error::data("all pixels to learn from are void"));
    }
    let own = median_frequency_weights(&present, RARITY)?;
    let mut own = own.as_slice().iter().copied();
    let weight = |&count: &u64| if count > 0 { own.next().unwrap_or(1.0) } else { 1.0 };
    Ok(pixels.iter().map(weight).collect::<Vec<_>>().into())
}
