//! A U-Net that tells what is where in front of a car.

use std::path::Path;

use plywood_datasets::transforms::ColorJitter;
use plywood_datasets::{MaskedImages, RandomScaleCrop};
use plywood_layers::{CrossEntropy, Layer, Summary, median_frequency_weights, summary};
use plywood_optimizers::{AdamW, Average, OneCycle};
use plywood_tensor::{Error, Result, Seed, Shape};
use plywood_training::{Evaluation, MeanIou, PixelAccuracy, Run, Supervised, Trainer};

use crate::PixelClassifier;

/// The classes of CamVid, in the order of its masks as SegNet's authors published them.
pub const ROAD_CLASSES: [&str; 11] = [
    "sky",
    "building",
    "pole",
    "road",
    "pavement",
    "tree",
    "sign",
    "fence",
    "car",
    "pedestrian",
    "bicycle",
];

/// The colours of [`ROAD_CLASSES`], about as the set's authors draw them.
pub const ROAD_COLORS: [[u8; 3]; 11] = [
    [128, 128, 128],
    [128, 0, 0],
    [192, 192, 128],
    [128, 64, 128],
    [60, 40, 222],
    [128, 128, 0],
    [192, 128, 128],
    [64, 64, 128],
    [64, 0, 128],
    [64, 64, 0],
    [0, 128, 192],
];

/// What stands for void in CamVid's masks.
pub const ROAD_VOID: u8 = 11;

/// The height and width that images are brought to.
const SIZE: [usize; 2] = [180, 240];
/// The channels of the first block.
const WIDTH: usize = 24;
/// The part of an image that is learnt from at once.
const CROP: [usize; 2] = [144, 192];

/// Everything that a training run needs of a network that gives each pixel a class.
///
/// ```
/// use plywood_datasets::Dataset;
/// use plywood_tensor::Seed;
/// use plywood_zoo::recipes;
///
/// // data/camvid/train/0001TP_006690.png, data/camvid/trainannot/0001TP_006690.png and so on.
/// if let Ok(recipe) = recipes::road("data/camvid", Seed(7)) {
///     assert_eq!((recipe.train.len(), recipe.valid.len(), recipe.test.len()), (367, 101, 233));
/// }
/// ```
pub struct PixelRecipe {
    /// The network with its first values, and what its classes are called.
    pub classifier: PixelClassifier,
    /// What it learns from.
    pub train: MaskedImages,
    /// What is looked at after each epoch.
    pub valid: MaskedImages,
    /// What is looked at once, at the end.
    pub test: MaskedImages,
    /// How it is trained.
    pub trainer: Trainer<Supervised<CrossEntropy>>,
}

/// What a [`PixelRecipe`] came to.
///
/// ```
/// use plywood_zoo::recipes::PixelOutcome;
///
/// /// How far classes and answers overlap, in percent.
/// fn percent(outcome: &PixelOutcome) -> Option<f64> {
///     outcome.result.metric("mean IoU").map(|iou| 100.0 * iou)
/// }
/// # let _ = percent;
/// ```
pub struct PixelOutcome {
    /// The trained network.
    pub classifier: PixelClassifier,
    /// The training run.
    pub run: Run<Supervised<CrossEntropy>>,
    /// The network on the test set.
    pub result: Evaluation,
    /// The test set.
    pub test: MaskedImages,
}

impl PixelRecipe {
    /// The model's table of operations.
    ///
    /// # Errors
    /// When the model doesn't fit the images.
    pub fn summary(&self) -> Result<Summary> {
        summary(&self.classifier.model, Shape::new(&[&[1], &self.valid.shape()[..]].concat())?)
    }

    /// Trains, looks at the test set once, and writes everything into a folder: the checkpoint while it trains, then
    /// metrics, figures, and the classifier, as [`PixelClassifier::load`] reads it.
    ///
    /// # Errors
    /// When training fails, or a file can't be written.
    pub fn run(self, folder: impl AsRef<Path>) -> Result<PixelOutcome> {
        let Self { mut classifier, train, valid, test, trainer } = self;
        let folder = folder.as_ref();
        let model: &mut Box<dyn Layer> = &mut classifier.model;
        let run = trainer.checkpoint_in(folder).fit(model, &train, &valid)?;
        let result = run.evaluate(&classifier.model, &test)?;
        run.write(folder, &classifier.model, &result)?;
        classifier.save(folder)?;
        Ok(PixelOutcome { classifier, run, result, test })
    }
}

/// A U-Net on CamVid, frames of a drive through Cambridge in which each pixel is of one of [`ROAD_CLASSES`] or void,
/// with its own split of 367, 101 and 233 frames. `folder` is the set as SegNet's authors published it: `train`,
/// `val` and `test` with the frames, `trainannot`, `valannot` and `testannot` with the masks. Frames are brought to
/// 240×180, the network works on half of that and gives scores at the whole.
///
/// Void is left out of loss and metrics. Rare classes count more, by the root of the median frequency.
///
/// The validation frames are of a drive that more than half of the training frames are of, most of the test's are of a
/// drive of their own, and the rest at dusk: figures of validation flatter, and say little about what helps on a new
/// drive.
///
/// Source of the frames: Brostow et al., "Semantic object classes in video: a high-definition ground truth database"
/// (2009), CC BY-NC; of split and classes: Badrinarayanan et al., "SegNet" (2017).
///
/// # Errors
/// When a file is missing or damaged, or a mask doesn't fit its image.
pub fn road(folder: impl AsRef<Path>, seed: Seed) -> Result<PixelRecipe> {
    let folder = folder.as_ref();
    let part = |name: &str| {
        let masks = folder.join(format!("{name}annot"));
        MaskedImages::open(folder.join(name), masks, ROAD_CLASSES, Some(ROAD_VOID), SIZE)
            .map_err(|error: Error| error.operation("road"))
    };
    let (train, valid, test) = (part("train")?, part("val")?, part("test")?);
    let weights = median_frequency_weights(&train.pixels_by_class(), 0.5)?;
    let classifier = PixelClassifier::new(SIZE, WIDTH, true, ROAD_CLASSES, seed)?;
    let normalize = classifier.normalization()?;
    let views = RandomScaleCrop::new(CROP).scale([0.7, 1.6]);
    let light = ColorJitter::new().brightness(0.3).contrast(0.3).saturation(0.3);
    let void = u32::from(ROAD_VOID);
    Ok(PixelRecipe {
        classifier,
        train: train.transform_together(views)?.transform(light)?.normalize(&normalize)?,
        valid: valid.normalize(&normalize)?,
        test: test.normalize(&normalize)?,
        trainer: Trainer::new(AdamW::scheduled().weight_decay(0.02))
            .schedule(OneCycle::new(3e-3).warm_up(0.1))
            .loss(CrossEntropy::new().class_weights(weights).ignore_index(void))
            .average(Average::ema(0.99).use_buffers(true))
            .metric(MeanIou::new().ignore_index(void))
            .metric(PixelAccuracy::new().ignore_index(void))
            .epochs(50)
            .batch_size(8)
            .seed(seed),
    })
}
